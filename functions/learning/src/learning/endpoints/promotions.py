"""/v1/learning/promotions - the way to the next tier: offered, taken in assessment, or skipped."""

from uuid import UUID

from learning.errors import IndividualsHidden, NoOffer
from learning.models.awards import PromotionDecline
from learning.schemas.promotions import DeclineRead, PromotionRead
from learning.service import promotions as service
from learning.service.enrollments import require_individuals
from lodestar.api import APIRouter, Caller, ReadSession, WriteSession, lambda_handler, problems
from lodestar.problems import FeatureOff, NotFound

router = APIRouter(tags=["learning"])


@router.get(
    "/v1/learning/promotions/{enrollment_id}",
    summary="Read a promotion offer",
    response_model=PromotionRead,
    responses=problems(NotFound, IndividualsHidden, FeatureOff),
)
def read_promotion(enrollment_id: UUID, caller: Caller, session: ReadSession) -> PromotionRead:
    """Whether an exam may be taken now, for which tier, and what became of earlier ones (JR-47, JR-50)."""
    require_individuals(caller)
    return service.read(session, caller, enrollment_id)


@router.post(
    "/v1/learning/promotions/{enrollment_id}/declines",
    summary="Skip a promotion offer",
    status_code=201,
    response_model=DeclineRead,
    responses=problems(NotFound, NoOffer, FeatureOff),
)
def decline_promotion(enrollment_id: UUID, caller: Caller, session: WriteSession) -> PromotionDecline:
    """Skipping never blocks; the next star may bring another offer (JR-48)."""
    return service.decline(session, caller, enrollment_id)


handler = lambda_handler(router)
