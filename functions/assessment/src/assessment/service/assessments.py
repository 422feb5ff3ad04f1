"""What can be attempted: staff write it, learners look it up."""

from uuid import UUID

from sqlalchemy.orm import Session

from assessment.models.assessments import Assessment, TierTemplate
from assessment.models.items import ItemBank
from assessment.models.prompts import PromptTemplate
from assessment.models.rubrics import Rubric
from assessment.repository import assessments as repository
from assessment.schemas.assessments import (
    AssessmentCreate,
    AssessmentPatch,
    TierTemplateWrite,
    check_time_limit,
)
from assessment.service import content
from lodestar.contracts import learning
from lodestar.contracts.assessment import AssessmentKind
from lodestar.db import VersionedRow
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Principal
from lodestar.problems import InvalidContent, NotFound


def list_assessments(
    session: Session,
    caller: Principal,
    page: PageQuery,
    *,
    kind: str | None,
    module_id: UUID | None,
    program_id: UUID | None,
) -> Page[Assessment]:
    """Staff see what their organization wrote; learners, what they are taught with."""
    filters = {"kind": kind, "module_id": module_id, "program_id": program_id}
    if caller.is_staff:
        return content.list_own(session, Assessment, page, **filters)
    given = {name: value for name, value in filters.items() if value is not None}
    return paginate(session, repository.readable().filter_by(**given), page, keys=(Assessment.id,))


def get_assessment(session: Session, caller: Principal, assessment_id: UUID) -> Assessment:
    """Raises `NotFound`."""
    if caller.is_staff:
        return content.get(session, Assessment, assessment_id)
    assessment = repository.find(session, assessment_id)
    if assessment is None:
        raise NotFound()
    return assessment


def create_assessment(session: Session, body: AssessmentCreate) -> Assessment:
    """Raises `NotFound` for a program, a module, a bank or a rubric that is not theirs."""
    if body.program_id is not None and not learning.has_written(session, "program", body.program_id):
        raise NotFound()
    if body.module_id is not None and not learning.has_written(session, "module", body.module_id):
        raise NotFound()
    _own(session, ItemBank, body.bank_id)
    _own(session, Rubric, body.rubric_id)
    return content.create(session, Assessment(**body.model_dump()))


def change_assessment(
    session: Session, assessment_id: UUID, body: AssessmentPatch, *, if_match: int | None
) -> Assessment:
    """Raises `NotFound`, `StaleVersion`, `InvalidContent`."""
    assessment = content.get(session, Assessment, assessment_id)
    _own(session, ItemBank, body.bank_id)
    _own(session, Rubric, body.rubric_id)
    check_settings(assessment, body)
    return content.change(session, assessment, body, if_match=if_match)


def check_settings(assessment: Assessment, body: AssessmentPatch) -> None:
    """Raises `InvalidContent` for what its kind cannot do without."""
    if "time_limit_seconds" in body.model_fields_set:
        try:
            check_time_limit(assessment.kind, body.time_limit_seconds)
        except ValueError as error:
            raise InvalidContent(str(error)) from None
    is_initial = assessment.kind == AssessmentKind.INITIAL
    if is_initial and "bank_id" in body.model_fields_set and body.bank_id is None:
        raise InvalidContent("an initial assessment has a bank_id")


def put_tier_template(
    session: Session, assessment_id: UUID, tier: str, body: TierTemplateWrite, *, if_match: int | None
) -> TierTemplate:
    """Write the template of a tier. Raises `NotFound`, `StaleVersion`."""
    content.get(session, Assessment, assessment_id)
    _own(session, ItemBank, body.bank_id)
    _own(session, PromptTemplate, body.prompt_template_id)
    template = repository.tier_template(session, assessment_id, tier)
    if template is None:
        made = TierTemplate(assessment_id=assessment_id, tier=tier, **body.model_dump())
        return content.create(session, made)
    return content.change(session, template, body.model_copy(update=body.model_dump()), if_match=if_match)


def _own(session: Session, model: type[VersionedRow], row_id: UUID | None) -> None:
    if row_id is not None:
        content.get(session, model, row_id)
