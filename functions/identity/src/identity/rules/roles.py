"""Who may give and take which role."""

from collections.abc import Set as AbstractSet

from lodestar.principal import ADMINISTRATORS, Role

STAFF_GRANTS = frozenset({Role.LEARNER, Role.INTERVIEWER})
ORGANIZATION_ROLES = frozenset(Role) - ADMINISTRATORS


def grantable(holding: AbstractSet[Role]) -> frozenset[Role]:
    """The roles that a holder of these may give and take: staff bring in learners and interviewers, an
    organization's administrator everybody but administrators, the platform's administrator everybody."""
    if Role.PLATFORM_ADMIN in holding:
        return frozenset(Role)
    if Role.ORG_ADMIN in holding:
        return ORGANIZATION_ROLES
    return STAFF_GRANTS if Role.ORG_STAFF in holding else frozenset()
