"""Organizations and people, as rows."""

from uuid import UUID

from sqlalchemy import text

from lodestar.db import unit_of_work, work_for
from lodestar.ids import new_id
from lodestar.principal import NOBODY, Principal, Role
from tests.gateway import Person

ZONE = "Europe/Berlin"


def an_organization(kind: str = "institution", *, name: str = "Riverside College") -> UUID:
    """A verified organization."""
    org_id = new_id()
    with work_for(org_id) as session:
        statement = (
            "INSERT INTO identity.organizations (id, kind, name, slug) VALUES (:id, :kind, :name, :slug)"
        )
        session.execute(text(statement), {"id": org_id, "kind": kind, "name": name, "slug": f"org-{org_id}"})
    return org_id


def a_person(org_id: UUID, *roles: Role, email: str | None = None, name: str = "Ada Lovelace") -> Person:
    """A person with these roles in the organization, by default a learner."""
    held = roles or (Role.LEARNER,)
    address = email or f"{new_id()}@example.org"
    with unit_of_work(Principal(user_id=NOBODY, org_id=org_id)) as session:
        parameters = {"email": address, "name": name, "zone": ZONE}
        user_id: UUID = session.execute(
            text("SELECT identity.ensure_user(:email, :name, :zone)"), parameters
        ).scalar_one()
        session.execute(
            text("INSERT INTO identity.memberships (user_id, role) VALUES (:user, :role)"),
            [{"user": user_id, "role": role.value} for role in held],
        )
    return Person(user_id, {org_id: frozenset(held)})
