"""What learners did: taken in once from every domain, listed for staff."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from insights.schedules import retain_exports
from lodestar import clock
from lodestar.contracts.assessment import AssessmentKind, AttemptRated, AttemptSubmitted
from lodestar.contracts.learning import EnrollmentCreated, ModuleKind, ProgramCompleted, StarAwarded, Tier
from lodestar.db import work_for
from lodestar.events import Event, emit
from lodestar.ids import new_id
from lodestar.principal import Role
from tests import bus
from tests.factories.assessment import an_attempt
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, get
from tests.insights.conftest import Institution
from tests.privacy import approved, asked, fulfilled

ACTIVITY = "/v1/insights/activity"


def told(org_id: UUID, *events: Event) -> None:
    """The events, emitted and delivered."""
    with work_for(org_id) as session:
        for event in events:
            emit(session, event)
    bus.deliver(org_id)


def star(institution: Institution, learner: Person, number: int = 1) -> StarAwarded:
    return StarAwarded(
        enrollment_id=institution.enrollments[learner.user_id],
        learner_id=learner.user_id,
        program_id=institution.program.program_id,
        star=number,
        tier=Tier.SILVER,
        by_override=False,
    )


def listed(institution: Institution, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = get(f"{ACTIVITY}?{query}", as_=institution.staff).expect(200)["data"]
    return rows


def test_work_is_handed_in_once_however_often_its_grading_is_asked_for(institution: Institution) -> None:
    """Reconcile tells of it again after a crash; killing workers at every point found the activity doubled."""
    ada = institution.enrol(name="Ada Lovelace", stars=4)
    attempt_id = an_attempt(
        org_id=institution.org_id, learner_id=ada.user_id, enrollment_id=institution.enrollments[ada.user_id],
        module_id=institution.program.module(ModuleKind.INTERVIEW), kind="interview", state="submitted",
    )  # fmt: skip
    for _ in range(2):
        handed_in = AttemptSubmitted(
            attempt_id=attempt_id, kind=AssessmentKind.INTERVIEW, submission_kind="video"
        )
        told(institution.org_id, handed_in)
    assert [row["text"] for row in listed(institution, "verb=submitted")] == [
        "Ada Lovelace handed in: interview on Job Readiness"
    ]


def test_what_happened_is_told_in_a_sentence_newest_first(institution: Institution) -> None:
    ada = institution.enrol(name="Ada Lovelace", stars=1)
    enrolled = EnrollmentCreated(
        enrollment_id=institution.enrollments[ada.user_id], learner_id=ada.user_id,
        program_id=institution.program.program_id, version_id=institution.program.version_id,
    )  # fmt: skip
    told(institution.org_id, enrolled, star(institution, ada))
    rows = listed(institution)
    assert [row["text"] for row in rows[:2]] == [
        "Ada Lovelace earned star 1 on Job Readiness",
        "Ada Lovelace was enrolled on Job Readiness",
    ]
    assert (rows[0]["verb"], rows[0]["result"]) == ("earned_star", {"star": 1, "tier": "silver"})
    assert rows[0]["actor_id"] == str(ada.user_id)


def test_a_rating_is_told_with_what_was_given(institution: Institution) -> None:
    ada = institution.enrol()
    rated = AttemptRated(
        attempt_id=new_id(), enrollment_id=institution.enrollments[ada.user_id], learner_id=ada.user_id,
        program_id=institution.program.program_id, background_id=None, kind=AssessmentKind.PROJECT, rating=4,
        rated_at=clock.now(),
    )  # fmt: skip
    told(institution.org_id, rated)
    (row,) = listed(institution, "verb=rated")
    assert row["text"] == "Ada Lovelace rated an attempt 4 of 5 (project) on Job Readiness"
    assert (row["object_type"], row["result"]) == ("attempt", {"rating": 4})


def test_an_event_told_twice_is_one_row(institution: Institution) -> None:
    ada = institution.enrol(stars=1)
    told(institution.org_id, star(institution, ada))
    before = listed(institution)
    bus.deliver(institution.org_id, again=True)
    assert listed(institution) == before


def test_filters_keep_a_learner_a_verb_and_a_program(institution: Institution) -> None:
    ada, mary = institution.enrol(stars=1), institution.enrol(stars=1)
    done = ProgramCompleted(
        enrollment_id=institution.enrollments[mary.user_id], learner_id=mary.user_id,
        program_id=institution.program.program_id,
    )  # fmt: skip
    told(institution.org_id, star(institution, ada), star(institution, mary), done)
    assert {row["actor_id"] for row in listed(institution, f"learner_id={ada.user_id}")} == {str(ada.user_id)}
    assert [row["actor_id"] for row in listed(institution, "verb=completed_program")] == [str(mary.user_id)]
    assert len(listed(institution, f"program_id={institution.program.program_id}")) == 3
    assert listed(institution, f"program_id={new_id()}") == []
    assert get(f"{ACTIVITY}?verb=flew", as_=institution.staff).status == 422


def test_another_organization_sees_none_of_it_and_an_analyst_may_not_look(institution: Institution) -> None:
    ada = institution.enrol(stars=1)
    told(institution.org_id, star(institution, ada))
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    assert [
        row for row in get(ACTIVITY, as_=stranger).expect(200)["data"] if row["actor_id"] == str(ada.user_id)
    ] == []
    for role in (Role.ANALYST, Role.LEARNER, Role.INSTRUCTOR):
        assert get(ACTIVITY, as_=a_person(institution.org_id, role)).status == 403


def test_an_erasure_takes_what_a_learner_did_and_what_is_told_late_leaves_nothing(
    institution: Institution,
) -> None:
    ada = institution.enrol(stars=1)
    admin = a_person(institution.org_id, Role.ORG_ADMIN)
    told(institution.org_id, star(institution, ada))
    request_id = asked(ada, "erase")
    approved(request_id, admin)
    assert fulfilled(institution.org_id, request_id) == "Erased"
    told(institution.org_id, star(institution, ada))
    for table in ("activity_events", "enrollment_facts"):
        with work_for(institution.org_id) as session:
            query = f"SELECT count(*) FROM insights.{table} WHERE learner_id = :id"
            assert session.scalar(text(query), {"id": ada.user_id}) == 0


@pytest.mark.parametrize("column", ["numerator", "denominator", "amount", "counted"])
def test_an_erasure_takes_a_learner_out_of_the_rollups(institution: Institution, column: str) -> None:
    ada = institution.enrol(stars=1)
    told(institution.org_id, star(institution, ada))

    def total() -> int:
        with work_for(institution.org_id) as session:
            found = session.scalar(text(f"SELECT sum({column}) FROM insights.daily_metrics"))
            return int(found or 0)

    assert total() > 0
    request_id = asked(ada, "erase")
    approved(request_id, a_person(institution.org_id, Role.ORG_ADMIN))
    assert fulfilled(institution.org_id, request_id) == "Erased"
    assert total() == 0


def test_activity_ends_with_the_period_for_records_of_members(institution: Institution) -> None:
    ada = institution.enrol(stars=1)
    told(institution.org_id, star(institution, ada, 2))
    with work_for(institution.org_id) as session:
        query = """INSERT INTO insights.activity_events (id, created_at, occurred_at, verb, object_type, object_id, learner_id)
                   VALUES (uuidv7(), now() - interval '1096 days', now() - interval '1096 days', 'watched', 'asset',
                     uuidv7(), :learner)"""
        session.execute(text(query), {"learner": ada.user_id})
    assert len(listed(institution, "verb=watched")) == 1
    assert retain_exports.run()["activity"] >= 1
    assert listed(institution, "verb=watched") == []
    assert len(listed(institution, "verb=earned_star")) == 1
