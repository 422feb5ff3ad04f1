"""/v1/assessment/prompt-templates - what is said to models, for staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from assessment.models.previews import Preview
from assessment.models.prompts import PromptTemplate
from assessment.schemas.previews import PreviewRead, PromptPreviewCreate
from assessment.schemas.prompt_templates import (
    PromptPurpose,
    PromptTemplateCreate,
    PromptTemplatePatch,
    PromptTemplateRead,
)
from assessment.service import content
from assessment.service import prompt_templates as service
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
from lodestar.pagination import Page, PageOf
from lodestar.problems import InvalidContent, NotFound, RateLimited, StaleVersion
from lodestar.responses import answered_again

router = APIRouter(tags=["assessment"])


@router.get(
    "/v1/assessment/prompt-templates",
    summary="List prompt templates",
    response_model=PageOf[PromptTemplateRead],
    responses=problems(NotFound),
)
def list_prompt_templates(
    _caller: Staff,
    session: ReadSession,
    page: Paging,
    *,
    purpose: PromptPurpose | None = None,
    strategy: Annotated[str | None, Query(max_length=60)] = None,
    active: bool | None = None,
) -> Page[PromptTemplate]:
    """Every revision, newest first."""
    return content.list_own(session, PromptTemplate, page, purpose=purpose, strategy=strategy, active=active)


@router.post(
    "/v1/assessment/prompt-templates",
    summary="Add a revision of a prompt",
    status_code=201,
    response_model=PromptTemplateRead,
    responses=answered_again() | problems(NotFound),
)
def create_prompt_template(
    body: PromptTemplateCreate, _caller: Staff, session: WriteSession, response: Response
) -> PromptTemplate:
    """It replaces the active revision of its purpose and strategy; the same words again answer 200 with that one."""
    template, is_new = service.create(session, body)
    response.status_code = 201 if is_new else 200
    return template


@router.get(
    "/v1/assessment/prompt-templates/{template_id}",
    summary="Read a prompt template",
    response_model=PromptTemplateRead,
    responses=problems(NotFound),
)
def read_prompt_template(template_id: UUID, _caller: Staff, session: ReadSession) -> PromptTemplate:
    """One revision."""
    return content.get(session, PromptTemplate, template_id)


@router.patch(
    "/v1/assessment/prompt-templates/{template_id}",
    summary="Put a revision into or out of use",
    response_model=PromptTemplateRead,
    responses=problems(NotFound, StaleVersion),
)
def change_prompt_template(
    template_id: UUID, body: PromptTemplatePatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> PromptTemplate:
    """Going back to an earlier revision is one call."""
    return service.change(session, template_id, body, if_match=if_match)


@router.post(
    "/v1/assessment/prompt-templates/{template_id}/previews",
    summary="Preview a prompt",
    status_code=202,
    response_model=PreviewRead,
    responses=problems(NotFound, InvalidContent, RateLimited),
)
def preview_prompt(
    template_id: UUID, body: PromptPreviewCreate, caller: Staff, session: WriteSession, response: Response
) -> Preview:
    """A sample of what these words lead to, before they become a revision: content, or the grade of given work."""
    from assessment.service import previews

    preview = previews.of_prompt(session, caller, template_id, body)
    response.headers["Location"] = f"/v1/identity/operations/{preview.operation_id}"
    return preview


@router.get(
    "/v1/assessment/prompt-templates/{template_id}/previews/{preview_id}",
    summary="Read a prompt's preview",
    response_model=PreviewRead,
    responses=problems(NotFound),
)
def read_prompt_preview(template_id: UUID, preview_id: UUID, _caller: Staff, session: ReadSession) -> Preview:
    """The sample, with what was said to models and what to mend before saving; for a day."""
    from assessment.service import previews

    return previews.read(session, "prompt_template", template_id, preview_id)


handler = lambda_handler(router)
