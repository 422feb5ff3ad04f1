"""Users, as row-level security shows them: oneself, and whoever has to do with the organization."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.users import User

ENSURE = text("SELECT identity.ensure_user(:email, :display_name, :time_zone)")
LINK = text("SELECT identity.link_subject(:subject, :email)")
SOMEWHERE = text("SELECT identity.is_member_somewhere(:email)")
OWN_ORGANIZATIONS = text(
    "SELECT id, kind, name, slug, state, roles FROM identity.organizations_of_caller() ORDER BY name, id"
)


@dataclass(frozen=True, slots=True)
class OwnOrganization:
    """An organization and the caller's roles in it."""

    id: UUID
    kind: str
    name: str
    slug: str
    state: str
    roles: list[Any]


def user_of(session: Session, user_id: UUID) -> User | None:
    return session.get(User, user_id)


def has_verified_email(session: Session, user_id: UUID) -> bool:
    """Whether the user pool, or an invitation, has proven the person's address."""
    query = select(User.email_verified_at).where(User.id == user_id)
    return session.scalar(query) is not None


def own_organizations(session: Session) -> list[OwnOrganization]:
    """The caller's organizations, those that they founded and that wait for verification among them."""
    return [OwnOrganization(*row) for row in session.execute(OWN_ORGANIZATIONS)]


def ensure(session: Session, *, email: str, display_name: str, time_zone: str) -> UUID:
    """The user of this address, made if absent. Nothing changes for a person who has signed in before."""
    parameters = {"email": email, "display_name": display_name, "time_zone": time_zone}
    return session.execute(ENSURE, parameters).scalar_one()  # type: ignore[no-any-return]


def link(session: Session, *, subject: str, email: str) -> UUID | None:
    """Note the person's account and that their address is theirs. None when another account has the address."""
    return session.scalar(LINK, {"subject": subject, "email": email})  # type: ignore[no-any-return]


def is_member_somewhere(session: Session, email: str) -> bool:
    """Whether any organization counts on whoever has this address."""
    return bool(session.scalar(SOMEWHERE, {"email": email}))
