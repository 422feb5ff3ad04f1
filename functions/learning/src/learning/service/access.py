"""The access check that stands before every learner's read (JR-08)."""

from learning.errors import ModuleLocked
from learning.models.enrollments import Enrollment
from learning.models.programs import Stage
from learning.rules.locks import reason_locked
from lodestar.contracts.learning import switched_off
from lodestar.principal import Principal


def reason(enrollment: Enrollment, stage: Stage) -> str | None:
    """Why what belongs to the stage is locked; None when it is open."""
    return reason_locked(stars=enrollment.stars, status=enrollment.status, star=stage.star)


def require_shown(enrollment: Enrollment) -> None:
    """For who learns. Raises `FeatureOff` while the program is switched off (JR-14)."""
    if enrollment.hidden:
        raise switched_off()


def require_visible(principal: Principal, enrollment: Enrollment) -> None:
    """Staff see what is switched off; others get `FeatureOff`."""
    if not principal.is_staff:
        require_shown(enrollment)


def require(enrollment: Enrollment, stage: Stage) -> None:
    """Raises `FeatureOff`, and `ModuleLocked` with what is missing."""
    require_shown(enrollment)
    locked = reason(enrollment, stage)
    if locked:
        raise ModuleLocked(
            locked,
            required_star=stage.star - 1,
            stars=enrollment.stars,
            enrollment_id=str(enrollment.id),
        )
