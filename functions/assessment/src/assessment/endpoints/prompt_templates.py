"""/v1/assessment/prompt-templates - what is said to models, for staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from assessment.models.prompts import PromptTemplate
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
from lodestar.problems import NotFound, StaleVersion
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


handler = lambda_handler(router)
