"""Prompt templates: words that never change once used; a change is a new revision."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.prompts import PromptTemplate
from assessment.repository import prompt_templates as repository
from assessment.schemas.prompt_templates import PromptTemplateCreate, PromptTemplatePatch
from assessment.service import content
from lodestar.db import expect_version


def create(session: Session, body: PromptTemplateCreate) -> tuple[PromptTemplate, bool]:
    """The next revision, which replaces the active one, and True; the active one, when it has the same words."""
    revision = repository.next_revision(session, purpose=body.purpose, strategy=body.strategy)
    active = repository.active_revision(session, purpose=body.purpose, strategy=body.strategy)
    if active and (active.system_prompt, active.input_prompt) == (body.system_prompt, body.input_prompt):
        return active, False
    repository.retire(session, purpose=body.purpose, strategy=body.strategy)
    template = PromptTemplate(revision=revision, active=True, **body.model_dump(mode="json"))
    return content.create(session, template), True


def change(
    session: Session, template_id: UUID, body: PromptTemplatePatch, *, if_match: int | None
) -> PromptTemplate:
    """Put a revision into use, in place of the active one, or take it out of use."""
    template = content.get(session, PromptTemplate, template_id)
    expect_version(template, if_match)
    if body.active and not template.active:
        repository.retire(session, purpose=template.purpose, strategy=template.strategy)
    return content.change(session, template, body, if_match=if_match)
