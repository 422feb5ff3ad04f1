"""Memberships."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from identity.models.memberships import Membership
from identity.models.users import User
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import Role


@dataclass(frozen=True, slots=True)
class Member:
    """A membership and whose it is."""

    id: UUID
    user_id: UUID
    display_name: str
    email: str
    role: str
    created_at: datetime
    version: int


def members(
    session: Session, page: PageQuery, *, role: Role | None, user_id: UUID | None, email: str | None
) -> Page[Member]:
    """The standing memberships, newest first."""
    statement = _members()
    if role is not None:
        statement = statement.where(Membership.role == role.value)
    if user_id is not None:
        statement = statement.where(Membership.user_id == user_id)
    if email is not None:
        statement = statement.where(User.email == email.lower())
    found = paginate(session, statement, page, keys=(Membership.id,))
    return Page([_member(row) for row in found.data], found.page)


def member_of(session: Session, membership_id: UUID) -> Member | None:
    row = session.execute(_members().where(Membership.id == membership_id)).first()
    return _member(row) if row else None


def membership_of(session: Session, membership_id: UUID) -> Membership | None:
    """The standing membership, locked."""
    query = select(Membership).where(Membership.id == membership_id, Membership.ended_at.is_(None))
    return session.scalar(query.with_for_update())


def was_here(session: Session, user_id: UUID) -> bool:
    """Whether the person is, or ever was, a member of the organization."""
    return session.scalar(select(Membership.id).where(Membership.user_id == user_id).limit(1)) is not None


def standing(session: Session, *, user_id: UUID, role: Role) -> Membership | None:
    """The person's membership in this role."""
    return session.scalar(_standing(user_id, role))


def stand(session: Session, *, user_id: UUID, role: Role) -> tuple[Membership, bool]:
    """The person's membership in this role, made if they have none; whether it was."""
    new = insert(Membership).values(user_id=user_id, role=role.value).on_conflict_do_nothing()
    made = session.scalar(new.returning(Membership))
    if made is not None:
        return made, True
    return session.scalars(_standing(user_id, role)).one(), False


def lock_holders(session: Session, role: Role) -> int:
    """How many hold the role; nobody takes it from another one meanwhile."""
    query = select(Membership.id).where(Membership.role == role.value, Membership.ended_at.is_(None))
    return len(session.scalars(query.order_by(Membership.id).with_for_update()).all())


def _standing(user_id: UUID, role: Role) -> Select[Membership]:
    return select(Membership).where(
        Membership.user_id == user_id, Membership.role == role.value, Membership.ended_at.is_(None)
    )


def _members() -> Select[Membership, User]:
    return (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.ended_at.is_(None))
    )


def _member(row: Row[Membership, User]) -> Member:
    held, user = row
    return Member(held.id, user.id, user.display_name, user.email, held.role, held.created_at, held.version)
