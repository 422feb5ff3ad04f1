"""Rollups equal the owners' tables in every cell: at once where an event tells, by the next night where none does."""

import random
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from insights.repository import facts
from insights.rules.catalogue import MetricName
from insights.service import rebuilding
from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests import bus
from tests.factories.assessment import a_background
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_cohort, a_program
from tests.gateway import post
from tests.insights.raw import RAW, differing

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe")
KINDS = ("quiz", "promotion_exam", "project", "interview")
STATES = (
    "draft", "in_progress", "submitted", "grading", "needs_review", "graded", "decided", "failed", "expired",
)  # fmt: skip
INTAKES = ("Spring", "Autumn")
NIGHT = date(2026, 6, 1)


class History:
    """Random lives of learners on two programs. What is done here is told as its owner tells of it, or not at all."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.org_id = an_organization()
        self.zone = ZONES[seed % len(ZONES)]
        self.sql("UPDATE identity.organizations SET time_zone = :zone WHERE id = :org", zone=self.zone)
        self.admin = a_person(self.org_id, Role.ORG_ADMIN)
        self.programs = [a_program(self.org_id), a_program(self.org_id, courses=2)]
        for program in self.programs:
            for title in INTAKES:
                a_cohort(self.org_id, program, title=title)
        self.background = a_background(self.org_id)
        self.enrollments: list[tuple[UUID, UUID]] = []

    def sql(self, statement: str, **values: Any) -> Any:
        with work_for(self.org_id) as session:
            return session.execute(text(statement), {"org": self.org_id, **values})

    def event(self, name: str, **data: Any) -> dict[str, Any]:
        """As it comes from the bus: an event that the owner published."""
        values = {key: str(value) if isinstance(value, UUID) else value for key, value in data.items()}
        return {
            "name": name,
            "event_id": str(new_id()),
            "org_id": str(self.org_id),
            "version": 1,
            "occurred_at": datetime.now(UTC).isoformat(),
            "correlation_id": "history",
            "data": values,
        }

    def tell(self, event: dict[str, Any]) -> None:
        """To the reaction of insights alone: the others' would answer with more than this history holds."""
        from insights.reactions import activity_told

        for _ in range(self.rng.choice((1, 1, 2))):
            assert activity_told.handler(bus.queue_event(event), None) == {"batchItemFailures": []}

    def enrol(self, *, tell: bool = True) -> None:
        """At any moment of a year, those around midnight and the change of clocks among them."""
        program = self.rng.choice(self.programs)
        learner = a_person(self.org_id).user_id
        moment = datetime(2025, 10, 26, 0, 30, tzinfo=UTC) + timedelta(
            minutes=self.rng.choice((0, 45, 90, 600, 60 * 24 * self.rng.randrange(200)))
        )
        enrollment = self.sql(
            """INSERT INTO learning.enrollments (learner_id, program_id, version_id, background_id, created_at)
               VALUES (:learner, :program, :version, :background, :at) RETURNING id""",
            learner=learner, program=program.program_id, version=program.version_id, at=moment,
            background=self.rng.choice((None, self.background)),
        ).scalar_one()  # fmt: skip
        self.enrollments.append((enrollment, learner))
        if not tell:
            return
        self.tell(
            self.event(
                "learning.enrollment_created", enrollment_id=enrollment, learner_id=learner,
                program_id=program.program_id, version_id=program.version_id,
            )
        )  # fmt: skip

    def override(self) -> None:
        """Up or down, by staff, through learning's own door: a star that is taken back is told of by nobody but this
        history, which tells it late."""
        enrollment, learner = self.rng.choice(self.enrollments)
        body = {
            "enrollment_id": str(enrollment), "star": self.rng.randrange(6), "reason": "A history.",
            "tier": self.rng.choice(("bronze", "silver", "gold")), "issue_credentials": False,
        }  # fmt: skip
        post("/v1/learning/overrides", body, as_=self.admin)
        self.tell(
            self.event(
                "learning.tier_changed", enrollment_id=enrollment, learner_id=learner, old=None,
                new=body["tier"], cause="override",
            )
        )  # fmt: skip

    def attempt(self) -> None:
        enrollment, learner = self.rng.choice(self.enrollments)
        kind, state = self.rng.choice(KINDS), self.rng.choice(STATES)
        scored = state in ("graded", "decided")
        attempt = self.a_row(enrollment, learner, kind=kind, state=state, scored=scored)
        self.tell(
            self.event(
                "assessment.attempt_submitted", attempt_id=attempt, kind=kind, submission_kind="answers"
            )
        )

    def rate(self) -> None:
        """A project, for the first time or in the place of what was said before."""
        enrollment, learner = self.rng.choice(self.enrollments)
        state = self.rng.choice(("graded", "decided", "needs_review"))
        rated = self.sql(
            "SELECT id FROM assessment.attempts WHERE enrollment_id = :id AND kind = 'project' ORDER BY id LIMIT 1",
            id=enrollment,
        ).scalar() or self.a_row(
            enrollment, learner, kind="project", state=state, scored=state != "needs_review"
        )
        rating = self.rng.randrange(1, 6)
        self.sql(
            """INSERT INTO assessment.attempt_ratings (attempt_id, learner_id, rating) VALUES (:attempt, :learner, :rating)
               ON CONFLICT (org_id, attempt_id) DO UPDATE SET rating = excluded.rating""",
            attempt=rated, learner=learner, rating=rating,
        )  # fmt: skip
        self.tell(
            self.event(
                "assessment.attempt_rated", attempt_id=rated, enrollment_id=enrollment, learner_id=learner,
                kind="project", rating=rating,
            )
        )  # fmt: skip

    def move(self) -> None:
        """Into another cohort or out of one: nobody tells it, so it is right with whatever comes next."""
        enrollment, learner = self.rng.choice(self.enrollments)
        self.change_cohort(enrollment)
        self.tell(
            self.event(
                "learning.lesson_completed", enrollment_id=enrollment, learner_id=learner, lesson_id=new_id()
            )
        )

    def change_cohort(self, enrollment: UUID) -> None:
        self.sql(
            """UPDATE learning.enrollments AS e SET cohort_id = (
                 SELECT c.id FROM learning.cohorts AS c WHERE c.program_id = e.program_id AND c.title = :title)
               WHERE id = :id""",
            id=enrollment, title=self.rng.choice((*INTAKES, "")),
        )  # fmt: skip

    def a_row(self, enrollment: UUID, learner: UUID, *, kind: str, state: str, scored: bool) -> UUID:
        with work_for(self.org_id) as session:
            found: UUID = session.scalar(
                text("""
                    INSERT INTO assessment.attempts (learner_id, enrollment_id, program_id, assessment_id, kind,
                      module_id, lesson_id, title, star, tier_used, target_tier, submission_kind, state, passing_score,
                      source, score, passed)
                    SELECT :learner, e.id, e.program_id, uuidv7(), :kind, :module, :lesson, 'An attempt', :star, 'bronze',
                      :target, 'answers', :state, 70, :source, CAST(:score AS numeric), CAST(:score AS numeric) >= 70
                    FROM learning.enrollments AS e WHERE e.id = :id RETURNING id"""),
                {
                    "learner": learner,
                    "id": enrollment,
                    "kind": kind,
                    "module": None if kind == "promotion_exam" else self.open_module(enrollment),
                    "lesson": new_id() if kind == "quiz" else None,
                    "star": self.rng.randrange(1, 6),
                    "target": self.rng.choice(("silver", "gold")) if kind == "promotion_exam" else None,
                    "state": state,
                    "source": self.rng.choice((None, "model", "bank", "generic", "person")),
                    "score": self.rng.choice((0, 59.99, 60, 72.5, 79.99, 80, 100)) if scored else None,
                },
            )
        return found

    def open_module(self, enrollment: UUID) -> UUID:
        """Any that the data layer lets attempts be made in: those of the first stage always are."""
        found: UUID = self.sql(
            "SELECT module_id FROM learning.v_module_access WHERE enrollment_id = :id AND kind = :kind LIMIT 1",
            id=enrollment, kind=ModuleKind.ASSESSMENT.value,
        ).scalar_one()  # fmt: skip
        return found

    def complete_module(self) -> None:
        enrollment, learner = self.rng.choice(self.enrollments)
        self.sql(
            """INSERT INTO learning.module_progress (enrollment_id, module_id)
               SELECT enrollment_id, module_id FROM learning.v_module_access
               WHERE enrollment_id = :id AND open ORDER BY random() LIMIT 1 ON CONFLICT DO NOTHING""",
            id=enrollment,
        )
        self.tell(
            self.event(
                "learning.lesson_completed", enrollment_id=enrollment, learner_id=learner, lesson_id=new_id()
            )
        )

    def silent(self) -> None:
        """What nobody tells: another background or cohort, an enrollment that is gone or one that nobody saw."""
        self.enrol(tell=False)
        enrollment, _ = self.rng.choice(self.enrollments)
        self.sql(
            "UPDATE learning.enrollments SET background_id = :new WHERE id = :id", id=enrollment, new=new_id()
        )
        self.change_cohort(self.rng.choice(self.enrollments)[0])
        self.sql(
            "UPDATE insights.enrollment_facts SET enrollment_id = uuidv7() WHERE enrollment_id = :id",
            id=enrollment,
        )
        self.sql("UPDATE insights.daily_metrics SET numerator = numerator + 1 WHERE random() < 0.2")


@pytest.fixture(params=range(5))
def history(product: None, request: pytest.FixtureRequest) -> History:
    made = History(request.param)
    for _ in range(4):
        made.enrol()
    return made


def test_after_every_event_every_cell_equals_the_raw_tables(history: History) -> None:
    steps = [
        history.enrol, history.override, history.attempt, history.attempt, history.complete_module, history.rate,
        history.move,
    ]  # fmt: skip
    for _ in range(35):
        with suppress(IntegrityError):  # a second open attempt, a second exam of a star
            history.rng.choice(steps)()
        assert differing(history.org_id) == {}


def test_what_nobody_tells_is_right_after_the_night(history: History) -> None:
    for night in range(3):
        for _ in range(4):
            history.silent()
        assert differing(history.org_id) != {}
        rebuilding.rebuild(history.org_id, NIGHT + timedelta(days=night))
        assert differing(history.org_id) == {}


def test_a_moved_zone_moves_the_days_by_the_next_night(history: History) -> None:
    history.sql("UPDATE identity.organizations SET time_zone = 'Pacific/Kiritimati' WHERE id = :org")
    rebuilding.rebuild(history.org_id, NIGHT)
    assert differing(history.org_id) == {}


def test_without_reading_facts_anew_the_same_history_leaves_wrong_cells(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "SETTLE", "SELECT 1")
    history.complete_module()
    history.enrol()
    assert differing(history.org_id) != {}


def test_every_metric_has_a_raw_statement() -> None:
    assert set(RAW) == set(MetricName)
