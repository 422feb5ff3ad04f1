"""A template's text: whether it may be kept, and what it says when it is filled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from messaging.rules import rendering
from messaging.rules.html_texts import faults as html_faults
from messaging.rules.html_texts import plain
from messaging.rules.rendering import BadTemplate
from messaging.rules.variables import STANDARD, Declaration, Type

UNSUBSCRIBE_HTML = '<p style="color:#666;font-size:12px"><a href="{}">Unsubscribe</a></p>'
UNSUBSCRIBE_TEXT = "\n\nUnsubscribe: {}"


@dataclass(frozen=True, slots=True)
class Text:
    """One revision of a template for one channel. A built-in one has no id, and revision 0."""

    key: str
    channel: str
    category: str
    locale: str
    variables: tuple[Declaration, ...] = ()
    subject: str = ""
    body_html: str = ""
    body_text: str = ""
    vendor_template: str | None = None
    approval: str = "not_needed"
    id: UUID | None = None
    revision: int = 0

    @property
    def plain_text(self) -> str:
        """The text part: as written, else derived from the HTML."""
        return self.body_text or plain(self.body_html)


@dataclass(frozen=True, slots=True)
class Composed:
    """What a recipient gets. `parameters` are the values in the order in which the variables are declared."""

    subject: str
    html: str | None
    text: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldFault:
    """Why a template is refused, by field."""

    field: str
    code: str
    words: str


def faults(text: Text) -> list[FieldFault]:
    """Why it cannot be kept; none if it can."""
    found = list[FieldFault]()
    declared = {variable.name for variable in (*STANDARD, *text.variables)}
    if len(declared) < len(STANDARD) + len(text.variables):
        words = "Each variable is declared once; recipient_name and organization_name always are."
        found.append(FieldFault("variables", "declared_twice", words))
    for field in ("subject", "body_html", "body_text"):
        try:
            named = rendering.names(rendering.parse(getattr(text, field)))
        except BadTemplate as error:
            found.append(FieldFault(field, "bad_template", str(error)))
            continue
        found += [
            FieldFault(field, "unknown_variable", f"{{{{{name}}}}} is not declared in variables.")
            for name in sorted(named - declared)
        ]
    addresses = frozenset(v.name for v in text.variables if v.type is Type.URL)
    found += [
        FieldFault("body_html", "unsafe_html", words)
        for words in html_faults(text.body_html, addresses=addresses)
    ]
    return [*found, *_channel_faults(text)]


def _channel_faults(text: Text) -> list[FieldFault]:
    found = list[FieldFault]()
    if text.channel in {"email", "in_app"} and not text.subject.strip():
        found.append(FieldFault("subject", "missing", "This channel needs a subject."))
    if any(not character.isprintable() for character in text.subject):
        found.append(FieldFault("subject", "not_one_line", "A subject is one line of visible characters."))
    if text.channel != "email" and text.body_html:
        found.append(FieldFault("body_html", "not_for_channel", "Only e-mail has an HTML part."))
    if not text.plain_text.strip():
        found.append(FieldFault("body_text", "missing", "Write a text, or for e-mail an HTML part."))
    if text.channel in {"whatsapp", "voice"} and not text.vendor_template:
        words = "Name the vendor's approved campaign (WhatsApp) or agent (voice)."
        found.append(FieldFault("vendor_template", "missing", words))
    return found


def compose(text: Text, values: Mapping[str, str], *, unsubscribe_url: str | None = None) -> Composed:
    """Fill it in; values are text, whatever they hold."""
    subject = _filled(text.subject, values, rendering.as_line)
    html = _filled(text.body_html, values, rendering.as_html) if text.body_html else None
    plain_text = _filled(text.plain_text, values, rendering.as_text)
    if unsubscribe_url:
        plain_text += UNSUBSCRIBE_TEXT.format(unsubscribe_url)
        html = html + UNSUBSCRIBE_HTML.format(unsubscribe_url) if html else None
    parameters = tuple(values.get(variable.name, "") for variable in text.variables)
    return Composed(subject, html, plain_text, parameters)


@dataclass(frozen=True, slots=True)
class Shared:
    """A text that is alike for many recipients, with each one's own values beside it."""

    subject: str
    html: str | None
    text: str
    substitutions: dict[str, str]


def compose_shared(
    text: Text, values: Mapping[str, str], *, nonce: str, unsubscribe_url: str | None = None
) -> Shared:
    """`compose`, with a mark for each value instead of the value, so that one call of a vendor can carry many.

    No value holds a mark, for nobody knows the `nonce` beforehand.
    """
    own = dict[str, str]()

    def mark(kind: str, put: Callable[[str, str], str]) -> Callable[[str, str], str]:
        def keep(name: str, value: str) -> str:
            own[f"%{nonce}.{kind}.{name}%"] = put(name, value)
            return f"%{nonce}.{kind}.{name}%"

        return keep

    subject = _filled(text.subject, values, mark("s", rendering.as_line))
    html = _filled(text.body_html, values, mark("h", rendering.as_html)) if text.body_html else None
    plain_text = _filled(text.plain_text, values, mark("t", rendering.as_text))
    if unsubscribe_url:
        place = f"%{nonce}.unsubscribe%"
        own[place] = unsubscribe_url
        plain_text += UNSUBSCRIBE_TEXT.format(place)
        html = html + UNSUBSCRIBE_HTML.format(place) if html else None
    return Shared(subject, html, plain_text, own)


def _filled(template: str, values: Mapping[str, str], put: Callable[[str, str], str]) -> str:
    return rendering.render(rendering.parse(template), values, put=put)
