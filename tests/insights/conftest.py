"""An institution with a program, and people on it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.db import work_for
from lodestar.principal import Role
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import ProgramRows, a_program, an_enrollment
from tests.gateway import Person, get

LEARNERS = "/v1/insights/learners"


@dataclass
class Institution:
    """Its staff, its program, and its learners' enrollments by learner."""

    org_id: UUID
    staff: Person
    program: ProgramRows
    enrollments: dict[UUID, UUID] = field(default_factory=dict)

    def enrol(
        self,
        *,
        name: str = "Ada Lovelace",
        email: str | None = None,
        program: ProgramRows | None = None,
        **standing: Any,
    ) -> Person:
        """A new learner on the program, with `stars`, `tier` and `background_id` as given."""
        person = a_person(self.org_id, name=name, email=email)
        taken = program or self.program
        self.enrollments[person.user_id] = an_enrollment(self.org_id, person.user_id, taken, **standing)
        return person

    def set(self, learner: Person, **columns: Any) -> None:
        """Change the learner's enrollment where only its owner could."""
        changes = ", ".join(f"{column} = :{column}" for column in columns)
        with work_for(self.org_id) as session:
            statement = f"UPDATE learning.enrollments SET {changes} WHERE id = :id"
            session.execute(text(statement), {"id": self.enrollments[learner.user_id], **columns})

    def listed(self, query: str = "") -> list[UUID]:
        """The learners that a list shows, in its order."""
        found = get(f"{LEARNERS}?{query}", as_=self.staff).expect(200)
        return [UUID(row["learner_id"]) for row in found["data"]]


@pytest.fixture
def institution(product: None) -> Institution:
    """One with nobody on its program yet."""
    org_id = an_organization()
    return Institution(org_id, a_person(org_id, Role.ORG_STAFF, name="Grace Hopper"), a_program(org_id))
