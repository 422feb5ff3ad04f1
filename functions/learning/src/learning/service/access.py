"""The access check that stands before every learner's read (JR-08)."""

from learning.errors import ModuleLocked
from learning.models.enrollments import Enrollment
from learning.models.programs import Stage
from learning.rules.locks import reason_locked


def reason(enrollment: Enrollment, stage: Stage) -> str | None:
    """Why what belongs to the stage is locked; None when it is open."""
    return reason_locked(stars=enrollment.stars, status=enrollment.status, star=stage.star)


def require(enrollment: Enrollment, stage: Stage) -> None:
    """Raises `ModuleLocked` with what is missing."""
    locked = reason(enrollment, stage)
    if locked:
        raise ModuleLocked(
            locked,
            required_star=stage.star - 1,
            stars=enrollment.stars,
            enrollment_id=str(enrollment.id),
        )
