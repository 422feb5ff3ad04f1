"""/v1/messaging/templates - what messages say, by key, channel and locale, in revisions."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from lodestar.api import (
    APIRouter,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.contracts.messaging import Channel
from lodestar.pagination import Page, PageOf
from lodestar.problems import NotFound, StaleVersion
from lodestar.responses import answered_again
from messaging.errors import CannotBeFilled, NotApproved, NothingToApprove, RevisionFixed, TemplateRefused
from messaging.models.templates import MessageTemplate
from messaging.schemas.templates import (
    State,
    TemplateCreate,
    TemplatePatch,
    TemplatePreviewCreate,
    TemplatePreviewRead,
    TemplateRead,
)
from messaging.service import templates as service

router = APIRouter(tags=["messaging"])


@router.get(
    "/v1/messaging/templates",
    summary="List templates",
    response_model=PageOf[TemplateRead],
    responses=problems(),
)
def list_templates(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    *,
    key: Annotated[str | None, Query(max_length=60)] = None,
    channel: Channel | None = None,
    locale: Annotated[str | None, Query(max_length=35)] = None,
    state: State | None = None,
) -> Page[MessageTemplate]:
    """The organization's own revisions, newest first. Keys without an active one use the built-in text."""
    return service.list_templates(
        session, page, key=key, channel=channel.value if channel else None, locale=locale, state=state
    )


@router.post(
    "/v1/messaging/templates",
    summary="Write a new revision of a template",
    status_code=201,
    response_model=TemplateRead,
    responses=answered_again() | problems(TemplateRefused),
)
def create_template(
    body: TemplateCreate, _caller: Staff, session: WriteSession, response: Response
) -> MessageTemplate:
    """It is a draft until it is made active; the newest draft's words again answer 200 with that one."""
    template, is_new = service.create(session, body)
    response.status_code = 201 if is_new else 200
    return template


@router.get(
    "/v1/messaging/templates/{message_template_id}",
    summary="Read a revision of a template",
    response_model=TemplateRead,
    responses=problems(NotFound),
)
def read_template(message_template_id: UUID, _caller: Staff, session: ReadSession) -> MessageTemplate:
    """Its text, variables and state."""
    return service.template_of(session, message_template_id)


@router.patch(
    "/v1/messaging/templates/{message_template_id}",
    summary="Change a draft, or a template's state",
    response_model=TemplateRead,
    responses=problems(NotFound, StaleVersion, RevisionFixed, NotApproved, NothingToApprove, TemplateRefused),
)
def change_template(
    message_template_id: UUID, body: TemplatePatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> MessageTemplate:
    """Making a revision active retires the one before; a retired one may become active again."""
    return service.change(session, message_template_id, body, if_match=if_match)


@router.post(
    "/v1/messaging/templates/{message_template_id}/previews",
    summary="Preview a template",
    response_model=TemplatePreviewRead,
    responses=problems(NotFound, CannotBeFilled),
)
def preview_template(
    message_template_id: UUID, body: TemplatePreviewCreate, _caller: Staff, session: WriteSession
) -> TemplatePreviewRead:
    """With the given values, and examples for the others. Nothing is sent."""
    return service.preview(session, message_template_id, body)


handler = lambda_handler(router)
