"""The caller themselves."""

from uuid import UUID

from identity.schemas.fields import DisplayName, Locale, TimeZone
from lodestar.api import ReadModel, WriteModel
from lodestar.principal import Role


class OwnOrganizationRead(ReadModel):
    """An organization of the caller, and their roles there; none while it waits for its verification."""

    id: UUID
    kind: str
    name: str
    slug: str
    state: str
    roles: list[Role]


class MeRead(ReadModel):
    """The caller, and where they may go: `organization_id` is the one of this request, null when none was chosen."""

    id: UUID
    email: str
    email_verified: bool
    display_name: str
    time_zone: str
    locale: str
    organization_id: UUID | None
    organizations: list[OwnOrganizationRead]
    version: int


class MeUpdate(WriteModel):
    """What people change about themselves. What is left out stays."""

    display_name: DisplayName | None = None
    time_zone: TimeZone | None = None
    locale: Locale | None = None


class PermissionsRead(ReadModel):
    """What the caller may do in the request's organization. `scopes` bound an API key; a person has none."""

    organization_id: UUID
    roles: list[Role]
    permissions: list[str]
    grantable_roles: list[Role]
    scopes: list[str]
