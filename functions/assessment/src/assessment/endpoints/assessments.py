"""/v1/assessment/assessments - what can be attempted, and how each tier differs."""

from uuid import UUID

from fastapi import Response

from assessment.models.assessments import Assessment, TierTemplate
from assessment.models.previews import Preview
from assessment.schemas.assessments import (
    AssessmentCreate,
    AssessmentPatch,
    AssessmentRead,
    TierTemplateRead,
    TierTemplateWrite,
)
from assessment.schemas.previews import AssessmentPreviewCreate, PreviewRead
from assessment.service import assessments as service
from lodestar.api import (
    APIRouter,
    Caller,
    IfMatch,
    Paging,
    ReadSession,
    Staff,
    WriteSession,
    lambda_handler,
    problems,
)
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Tier
from lodestar.pagination import Page, PageOf
from lodestar.problems import Conflict, InvalidContent, NotFound, RateLimited, StaleVersion

router = APIRouter(tags=["assessment"])


@router.get(
    "/v1/assessment/assessments",
    summary="List assessments",
    response_model=PageOf[AssessmentRead],
    responses=problems(NotFound),
)
def list_assessments(
    caller: Caller,
    session: ReadSession,
    page: Paging,
    *,
    kind: AssessmentKind | None = None,
    module_id: UUID | None = None,
    program_id: UUID | None = None,
) -> Page[Assessment]:
    """Staff see what their organization wrote; learners, what they are taught with."""
    return service.list_assessments(
        session, caller, page, kind=kind, module_id=module_id, program_id=program_id
    )


@router.post(
    "/v1/assessment/assessments",
    summary="Add an assessment",
    status_code=201,
    response_model=AssessmentRead,
    responses=problems(NotFound, Conflict),
)
def create_assessment(body: AssessmentCreate, _caller: Staff, session: WriteSession) -> Assessment:
    """One a module, and one promotion exam a program; the same again is a conflict."""
    return service.create_assessment(session, body)


@router.get(
    "/v1/assessment/assessments/{assessment_id}",
    summary="Read an assessment",
    response_model=AssessmentRead,
    responses=problems(NotFound),
)
def read_assessment(assessment_id: UUID, caller: Caller, session: ReadSession) -> Assessment:
    """Its kind, texts and limits; never what it asks."""
    return service.get_assessment(session, caller, assessment_id)


@router.patch(
    "/v1/assessment/assessments/{assessment_id}",
    summary="Change an assessment",
    response_model=AssessmentRead,
    responses=problems(NotFound, StaleVersion),
)
def change_assessment(
    assessment_id: UUID, body: AssessmentPatch, _caller: Staff, session: WriteSession, if_match: IfMatch
) -> Assessment:
    """Attempts already made keep their limits."""
    return service.change_assessment(session, assessment_id, body, if_match=if_match)


@router.put(
    "/v1/assessment/assessments/{assessment_id}/tier-templates/{tier}",
    summary="Write how an assessment differs at a tier",
    response_model=TierTemplateRead,
    responses=problems(NotFound, StaleVersion),
)
def put_tier_template(
    assessment_id: UUID,
    tier: Tier,
    body: TierTemplateWrite,
    _caller: Staff,
    session: WriteSession,
    if_match: IfMatch,
) -> TierTemplate:
    """Prompt, number of questions and passing score (JR-20); for a promotion exam, the bank of the tier aimed at."""
    return service.put_tier_template(session, assessment_id, tier, body, if_match=if_match)


@router.post(
    "/v1/assessment/assessments/{assessment_id}/previews",
    summary="Preview an assessment",
    status_code=202,
    response_model=PreviewRead,
    responses=problems(NotFound, InvalidContent, RateLimited),
)
def preview_assessment(
    assessment_id: UUID,
    body: AssessmentPreviewCreate,
    caller: Staff,
    session: WriteSession,
    response: Response,
) -> Preview:
    """A sample of what a learner would be asked if the draft were saved, made as learners' content is. Nothing changes."""
    from assessment.service import previews

    preview = previews.of_assessment(session, caller, assessment_id, body)
    response.headers["Location"] = f"/v1/identity/operations/{preview.operation_id}"
    return preview


@router.get(
    "/v1/assessment/assessments/{assessment_id}/previews/{preview_id}",
    summary="Read an assessment's preview",
    response_model=PreviewRead,
    responses=problems(NotFound),
)
def read_assessment_preview(
    assessment_id: UUID, preview_id: UUID, _caller: Staff, session: ReadSession
) -> Preview:
    """The sample, with what was said to models and what to mend before saving; for a day."""
    from assessment.service import previews

    return previews.read(session, "assessment", assessment_id, preview_id)


handler = lambda_handler(router)
