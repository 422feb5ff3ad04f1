"""The caller themselves."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from identity.models.users import User
from identity.repository import users
from identity.repository.users import OwnOrganization
from identity.rules.permissions import permissions_of
from identity.rules.roles import grantable
from identity.schemas.me import MeUpdate
from lodestar.db import expect_version
from lodestar.principal import NOBODY, Principal, Role
from lodestar.problems import NotFound


@dataclass(frozen=True, slots=True)
class Me:
    """The caller and where they may go."""

    id: UUID
    email: str
    email_verified: bool
    display_name: str
    time_zone: str
    locale: str
    organization_id: UUID | None
    organizations: list[OwnOrganization]
    version: int


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the caller may do in the organization of the request."""

    organization_id: UUID
    roles: list[Role]
    permissions: list[str]
    grantable_roles: list[Role]
    scopes: list[str]


def read(session: Session, caller: Principal) -> Me:
    """Who the caller is, and their organizations."""
    return _shown(session, caller, _user(session, caller))


def update(session: Session, caller: Principal, *, body: MeUpdate, if_match: int | None) -> Me:
    """Change what the body names."""
    user = _user(session, caller)
    expect_version(user, if_match)
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(user, name, value)
    session.flush()
    return _shown(session, caller, user)


def permissions(caller: Principal) -> Permissions:
    """From the caller's roles alone."""
    return Permissions(
        organization_id=caller.org_id,
        roles=sorted(caller.roles),
        permissions=permissions_of(caller.roles),
        grantable_roles=sorted(grantable(caller.roles)),
        scopes=sorted(caller.scopes),
    )


def _user(session: Session, caller: Principal) -> User:
    user = users.user_of(session, caller.user_id)
    if user is None:
        raise NotFound()
    return user


def _shown(session: Session, caller: Principal, user: User) -> Me:
    return Me(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified_at is not None,
        display_name=user.display_name,
        time_zone=user.time_zone,
        locale=user.locale,
        organization_id=None if caller.org_id == NOBODY else caller.org_id,
        organizations=users.own_organizations(session),
        version=user.version,
    )
