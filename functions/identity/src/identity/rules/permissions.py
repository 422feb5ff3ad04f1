"""What a role allows, in the words that screens ask for. The endpoints' own `allow(...)` decides; this tells."""

from collections.abc import Set as AbstractSet

from lodestar.principal import ADMINISTRATORS, STAFF, Role

PERMISSIONS: dict[str, frozenset[Role]] = {
    "learning.take": frozenset({Role.LEARNER}),
    "content.write": STAFF,
    "learners.read": STAFF | {Role.INSTRUCTOR, Role.SUPPORT_AGENT},
    "progress.override": STAFF,
    "attempts.decide": STAFF | {Role.INSTRUCTOR},
    "metrics.read": STAFF | {Role.ANALYST},
    "members.read": STAFF | {Role.INSTRUCTOR, Role.SUPPORT_AGENT},
    "members.write": STAFF,
    "invitations.write": STAFF,
    "role_requests.decide": ADMINISTRATORS,
    "organization.write": ADMINISTRATORS,
    "feature_flags.write": ADMINISTRATORS,
    "api_keys.write": ADMINISTRATORS,
    "audit.read": ADMINISTRATORS,
    "organizations.verify": frozenset({Role.PLATFORM_ADMIN}),
}


def permissions_of(roles: AbstractSet[Role]) -> list[str]:
    """The permissions of a holder of these roles, sorted."""
    return sorted(name for name, holders in PERMISSIONS.items() if holders & roles)
