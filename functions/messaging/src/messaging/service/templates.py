"""Templates are written in revisions: a draft is changed, made active, and later retired; what was sent stays."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lodestar import audit
from lodestar.contracts import identity
from lodestar.db import expect_version
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.problems import NotFound
from messaging import defaults
from messaging.errors import CannotBeFilled, NotApproved, NothingToApprove, RevisionFixed, TemplateRefused
from messaging.models.templates import MessageTemplate
from messaging.repository import templates as repository
from messaging.rules import texting
from messaging.rules import variables as variable_rules
from messaging.rules.texting import Text
from messaging.rules.variables import STANDARD, Fault
from messaging.schemas.templates import (
    TemplateCreate,
    TemplatePatch,
    TemplatePreviewCreate,
    TemplatePreviewRead,
)
from messaging.service import filling
from messaging.service.texts import text_of

SUBJECT = "message_template"
CONTENT = frozenset({"subject", "body_html", "body_text", "variables", "vendor_template"})


def list_templates(session: Session, page: PageQuery, **wanted: str | None) -> Page[MessageTemplate]:
    """The organization's revisions, newest first."""
    return paginate(session, repository.matching(**wanted), page, keys=(MessageTemplate.id,))


def template_of(session: Session, template_id: UUID, *, lock: bool = False) -> MessageTemplate:
    """One revision. Raises NotFound."""
    found = repository.template_of(session, template_id, lock=lock)
    if found is None:
        raise NotFound()
    return found


def create(session: Session, body: TemplateCreate) -> tuple[MessageTemplate, bool]:
    """A draft: the next revision of its key, channel and locale, and True. The newest one, where it is a draft of the
    same words, and False. Raises TemplateRefused."""
    values = body.model_dump(mode="json")
    newest = repository.newest(session, key=body.key, channel=body.channel.value, locale=body.locale)
    if newest and newest.state == "draft" and all(getattr(newest, name) == values[name] for name in values):
        return newest, False
    number = newest.revision + 1 if newest else 1
    approval = "pending" if body.channel == "whatsapp" else "not_needed"
    row = MessageTemplate(**values, revision=number, state="draft", approval=approval)
    _check(row)
    session.add(row)
    session.flush()
    _record(session, row, "created")
    return row, True


def change(
    session: Session, template_id: UUID, body: TemplatePatch, *, if_match: int | None
) -> MessageTemplate:
    """Rewrite a draft, or change the state or approval.

    Raises RevisionFixed, NotApproved, NothingToApprove and TemplateRefused.
    """
    row = template_of(session, template_id, lock=True)
    expect_version(row, if_match)
    changes = body.model_dump(mode="json", exclude_unset=True)
    state = changes.pop("state", row.state)
    if row.state != "draft" and (CONTENT & changes.keys() or state == "draft"):
        raise RevisionFixed()
    for name, value in changes.items():
        setattr(row, name, value)
    _check(row)
    if state != row.state:
        _enter(session, row, state)
    session.flush()
    _record(session, row, "changed")
    return row


def _enter(session: Session, row: MessageTemplate, state: str) -> None:
    if state == "active":
        if row.channel == "whatsapp" and row.approval == "rejected":
            raise NotApproved("WhatsApp rejected this template; write another one.")
        before = repository.active_one(session, row)
        if before is not None:
            before.state = "retired"
            session.flush()
    row.state = state


def _check(row: MessageTemplate) -> None:
    """Raises NothingToApprove, and TemplateRefused with every reason at once."""
    text = text_of(row)
    errors = [
        {"field": fault.field, "code": fault.code, "message": fault.words} for fault in texting.faults(text)
    ]
    zone = ZoneInfo("UTC")
    for variable in text.variables:
        if (
            variable.example is not None
            and variable_rules.written(variable.example, variable.type, zone) is None
        ):
            words = f"The example of {variable.name} is not a {variable.type.value}."
            errors.append({"field": "variables", "code": "wrong_variable", "message": words})
    for name in sorted(_sent_by_nobody(text)):
        words = f"Nobody sends {name} with {text.key}; make it optional, or leave it out."
        errors.append({"field": "variables", "code": "variable_nobody_sends", "message": words})
    if text.channel != "whatsapp" and row.approval not in (None, "not_needed"):
        raise NothingToApprove()
    if errors:
        raise TemplateRefused(errors[0]["message"], errors=errors)


def _sent_by_nobody(text: Text) -> set[str]:
    """Required variables of a built-in key that its senders do not know. Other keys are sent by batches alone."""
    sent = {
        variable.name
        for (key, _), built_in in defaults.templates().items()
        if key == text.key
        for variable in built_in.variables
    }
    if not sent:
        return set()
    for policy in defaults.policies().values():
        if policy.template_key == text.key:
            sent |= {variable.name for variable in defaults.kinds()[policy.anchor_kind]}
    known = sent | {variable.name for variable in STANDARD}
    return {variable.name for variable in text.variables if variable.required} - known


def _record(session: Session, row: MessageTemplate, what: str) -> None:
    after = {
        "key": row.key,
        "channel": row.channel,
        "locale": row.locale,
        "revision": row.revision,
        "state": row.state,
    }
    audit.record(session, f"message_template.{what}", subject_type=SUBJECT, subject_id=row.id, after=after)


def preview(session: Session, template_id: UUID, body: TemplatePreviewCreate) -> TemplatePreviewRead:
    """What a recipient would get. Raises CannotBeFilled."""
    text = text_of(template_of(session, template_id))
    unknown = variable_rules.unknown(text.variables, body.variables)
    given: dict[str, Any] = {**filling.example(text), **body.variables}
    organization = identity.organization(session)
    values, faults = filling.values(
        text,
        given,
        name=str(given.get("recipient_name", "")),
        organization=organization.name if organization else "",
        zone=ZoneInfo(body.time_zone),
    )
    refuse([*unknown, *faults])
    composed = texting.compose(text, values)
    return TemplatePreviewRead(
        template_id=text.id,
        subject=composed.subject,
        html=composed.html,
        text=composed.text,
        parameters=list(composed.parameters),
    )


def refuse(faults: list[Fault]) -> None:
    """Raises CannotBeFilled when there is any fault."""
    if faults:
        errors = [
            {"field": f"variables.{one.name}", "code": one.code, "message": one.words} for one in faults
        ]
        raise CannotBeFilled(faults[0].words, errors=errors)
