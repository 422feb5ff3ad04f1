"""Which text is sent: the organization's own, else the built-in one, in the recipient's language if there is one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from messaging import defaults
from messaging.models.templates import MessageTemplate
from messaging.repository import templates as repository
from messaging.rules.texting import Text

FALLBACK = "en"


def text_of(row: MessageTemplate) -> Text:
    """A row as the rules read it."""
    return Text(
        key=row.key,
        channel=row.channel,
        category=row.category,
        locale=row.locale,
        variables=defaults.declared(row.variables),
        subject=row.subject,
        body_html=row.body_html,
        body_text=row.body_text,
        vendor_template=row.vendor_template,
        approval=row.approval,
        id=row.id,
        revision=row.revision,
    )


@dataclass(frozen=True, slots=True)
class Texts:
    """The active texts of some keys."""

    own: Mapping[tuple[str, str, str], Text]

    def find(self, key: str, channel: str, locale: str | None = None) -> Text | None:
        """In the locale, else its language, else English; the organization's own before the built-in one."""
        wanted = [locale, locale.partition("-")[0]] if locale else []
        for one in (*wanted, FALLBACK):
            text = self.own.get((key, channel, one or ""))
            if text is not None:
                return text
        return defaults.templates().get((key, channel))


def load(session: Session, keys: Iterable[str]) -> Texts:
    """The texts of these keys, in one query."""
    rows = repository.active(session, keys)
    return Texts({(row.key, row.channel, row.locale): text_of(row) for row in rows})
