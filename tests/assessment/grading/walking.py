"""An attempt that was handed in, and its way through the machine."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from assessment.models.attempts import Attempt
from assessment.models.grading import Grade, GradeEvidence, IntegritySignal, SubmittedWork
from lodestar.clock import now
from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.bus import emitted
from tests.factories.assessment import an_assessment, an_attempt
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_program, an_enrollment
from tests.gateway import Person
from tests.machine import Around, Execution


@dataclass(frozen=True)
class HandedIn:
    """A submitted attempt and the people around it."""

    org_id: UUID
    learner: Person
    staff: Person
    enrollment_id: UUID
    assessment_id: UUID
    module_id: UUID
    attempt_id: UUID

    @property
    def event(self) -> dict[str, Any]:
        """What starts the machine."""
        data = {"attempt_id": str(self.attempt_id)}
        return {"detail": {"org_id": str(self.org_id), "correlation_id": str(new_id()), "data": data}}

    def graded(self, *, around: Around | None = None) -> Execution:
        """One execution from its start to its end."""
        execution = Execution("grade_attempt", self.event, around=around)
        execution.run()
        return execution

    @property
    def attempt(self) -> Attempt:
        with work_for(self.org_id) as session:
            return session.scalars(select(Attempt).where(Attempt.id == self.attempt_id)).one()

    @property
    def standing(self) -> tuple[str, float | None, bool | None]:
        """The attempt's state, score and verdict."""
        attempt = self.attempt
        return attempt.state, None if attempt.score is None else float(attempt.score), attempt.passed

    @property
    def grades(self) -> list[Grade]:
        with work_for(self.org_id) as session:
            return list(
                session.scalars(select(Grade).where(Grade.attempt_id == self.attempt_id).order_by(Grade.run))
            )

    @property
    def evidence(self) -> list[GradeEvidence]:
        """Of the settled grade."""
        with work_for(self.org_id) as session:
            statement = select(GradeEvidence).join(Grade, Grade.id == GradeEvidence.grade_id)
            return list(session.scalars(statement.where(Grade.attempt_id == self.attempt_id, Grade.settled)))

    @property
    def signs(self) -> dict[str, dict[str, Any]]:
        with work_for(self.org_id) as session:
            rows = session.scalars(
                select(IntegritySignal).where(IntegritySignal.attempt_id == self.attempt_id)
            )
            return {row.kind: row.detail for row in rows}

    @property
    def work(self) -> SubmittedWork | None:
        with work_for(self.org_id) as session:
            return session.scalar(select(SubmittedWork).where(SubmittedWork.attempt_id == self.attempt_id))

    @property
    def runs(self) -> list[str]:
        """The outcome of every call to a model."""
        with work_for(self.org_id) as session:
            query = "SELECT outcome FROM backbone.ai_runs WHERE subject_id = :id ORDER BY created_at, id"
            return list(session.scalars(text(query), {"id": self.attempt_id}))

    def events(self) -> list[str]:
        """The names of what was told of this attempt, in order."""
        own = str(self.attempt_id)
        return [event["name"] for event in emitted(self.org_id) if event["data"].get("attempt_id") == own]


def handed_in(kind: ModuleKind, submission: dict[str, Any], *, stars: int = 4, **fields: Any) -> HandedIn:
    """A submitted project or interview; `fields` are the attempt's columns."""
    org_id = an_organization()
    learner = a_person(org_id)
    program = a_program(org_id)
    enrollment_id = an_enrollment(org_id, learner.user_id, program, stars=stars)
    assessment_id = an_assessment(org_id, kind.value, module_id=program.module(kind))
    return again(
        HandedIn(
            org_id, learner, a_person(org_id, Role.ORG_STAFF), enrollment_id, assessment_id,
            program.module(kind), new_id(),
        ),
        kind, submission, **fields,
    )  # fmt: skip


def again(first: HandedIn, kind: ModuleKind, submission: dict[str, Any], **fields: Any) -> HandedIn:
    """The same learner hands in again."""
    attempt_id = an_attempt(
        org_id=first.org_id,
        learner_id=first.learner.user_id,
        enrollment_id=first.enrollment_id,
        module_id=first.module_id,
        kind=kind.value,
        **{
            "state": "submitted",
            "assessment_id": first.assessment_id,
            "submission_kind": submission["kind"],
            "submission": submission,
            "submitted_at": now(),
            **fields,
        },
    )
    return HandedIn(
        first.org_id,
        first.learner,
        first.staff,
        first.enrollment_id,
        first.assessment_id,
        first.module_id,
        attempt_id,
    )


def a_text(work: str, **fields: Any) -> HandedIn:
    """A project of which this text was handed in."""
    return handed_in(ModuleKind.PROJECT, {"kind": "text", "text": work}, **fields)
