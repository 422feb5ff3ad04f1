"""Who is asking, on behalf of which organization, in which roles."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

NOBODY = UUID(int=0)
"""The id under which an unauthenticated request, or work that no person asked for, is recorded."""


CALLS_PER_MINUTE = 600
"""What an API key may do for which nobody chose another number: ten calls a second."""


class Role(StrEnum):
    """What a membership allows (DOMAINS.md, C1 #2)."""

    PLATFORM_ADMIN = "platform_admin"
    ORG_ADMIN = "org_admin"
    ORG_STAFF = "org_staff"
    ANALYST = "analyst"
    INSTRUCTOR = "instructor"
    SUPPORT_AGENT = "support_agent"
    LEARNER = "learner"
    INTERVIEWER = "interviewer"
    RECRUITER = "recruiter"


ADMINISTRATORS = frozenset({Role.PLATFORM_ADMIN, Role.ORG_ADMIN})
STAFF = ADMINISTRATORS | {Role.ORG_STAFF}


@dataclass(frozen=True, slots=True)
class Principal:
    """One caller in one organization. With an API key, `api_key_id` names it, `scopes` and `calls_per_minute` bound it."""

    user_id: UUID
    org_id: UUID
    roles: frozenset[Role] = field(default_factory=frozenset)
    api_key_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    calls_per_minute: int = CALLS_PER_MINUTE

    def has(self, *roles: Role) -> bool:
        """Whether any of these roles is theirs."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        """Whether they administer or run programmes here."""
        return not self.roles.isdisjoint(STAFF)


NO_TENANT = Principal(user_id=NOBODY, org_id=NOBODY)
"""Work that belongs to no organization yet, or looks across all of them: row-level security shows it no tenant's row."""
