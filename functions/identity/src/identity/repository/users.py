"""Users, as row-level security shows them: oneself, and whoever has to do with the organization."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.users import User
from lodestar.db import turn_to
from lodestar.principal import Principal

ENSURE = text("SELECT identity.ensure_user(:email, :display_name, :time_zone)")
ENTER_ACCOUNT = text(
    """
    SELECT owner.id, backbone.enter(:org_id, owner.id, false) FROM (
      SELECT CASE WHEN known.id IS NOT NULL THEN identity.link_subject(:subject, :email) END AS id FROM (
        SELECT identity.ensure_user(:email, :display_name, :time_zone) AS id OFFSET 0
      ) AS known OFFSET 0
    ) AS owner WHERE owner.id IS NOT NULL
    """
)
"""One after the other: PostgreSQL does not merge sub-selects that have an OFFSET."""
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


def enter_account(
    session: Session, org_id: UUID, *, subject: str, email: str, display_name: str, time_zone: str
) -> UUID | None:
    """The user of this address, made if absent; the account `subject` is theirs, their address is proven, and the
    transaction goes on for them in the organization. None when another account has the address."""
    person = {"email": email, "display_name": display_name, "time_zone": time_zone}
    user_id = session.scalar(ENTER_ACCOUNT, {**person, "org_id": org_id, "subject": subject})
    if user_id is not None:
        turn_to(session, Principal(user_id=user_id, org_id=org_id))
    return user_id  # type: ignore[no-any-return]
