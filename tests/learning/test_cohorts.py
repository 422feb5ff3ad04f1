"""Cohorts: who takes a program together, how many fit in, who may see and change it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.bus import emitted
from tests.database import Database
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import ProgramRows, a_program, an_enrollment, assign
from tests.gateway import Answer, Person, get, patch, post
from tests.security.canaries import unguarded

COHORTS, ENROLLMENTS = "/v1/learning/cohorts", "/v1/learning/enrollments"


@dataclass
class Institution:
    """An organization with staff and a program."""

    org_id: UUID
    staff: Person
    program: ProgramRows

    def open(self, title: str = "Autumn 2026", **fields: Any) -> Answer:
        body = {
            "program_id": str(self.program.program_id),
            "title": title,
            "starts_on": "2026-09-01",
            "ends_on": "2026-12-18",
            **fields,
        }
        return post(COHORTS, body, as_=self.staff)

    def enrol(self, learner: Person, cohort_id: str | None = None) -> Answer:
        body = {
            "program_id": str(self.program.program_id),
            "learner_id": str(learner.user_id),
            "cohort_id": cohort_id,
        }
        return post(ENROLLMENTS, body, as_=self.staff)

    def learner(self) -> Person:
        return a_person(self.org_id)


@pytest.fixture
def institution(product: None) -> Institution:
    org_id = an_organization()
    return Institution(org_id, a_person(org_id, Role.ORG_STAFF), a_program(org_id))


def test_learners_are_enrolled_into_a_cohort_which_says_how_full_it_is(institution: Institution) -> None:
    opened = institution.open(capacity=3).expect(201)
    assert (opened["program_title"], opened["learners"], opened["places_left"]) == ("Job Readiness", 0, 3)
    learner = institution.learner()
    enrolled = institution.enrol(learner, opened["id"]).expect(201)
    assert enrolled["cohort"] == {
        "id": opened["id"],
        "title": "Autumn 2026",
        "starts_on": "2026-09-01",
        "ends_on": "2026-12-18",
    }
    read = get(f"{ENROLLMENTS}/{enrolled['id']}", as_=learner).expect(200)
    assert read == {**enrolled, "learner_name": None}, "what the enrolment answered is what is read later"
    for shown in (
        get(f"{COHORTS}/{opened['id']}", as_=institution.staff).expect(200),
        *get(COHORTS, as_=institution.staff).expect(200)["data"],
    ):
        assert (shown["learners"], shown["places_left"]) == (1, 2)


def test_lists_keep_a_program_a_cohort_and_what_is_archived(institution: Institution) -> None:
    other = a_program(institution.org_id)
    autumn, spring = (institution.open(title).expect(201)["id"] for title in ("Autumn 2026", "Spring 2027"))
    elsewhere = institution.open(program_id=str(other.program_id)).expect(201)["id"]
    patch(f"{COHORTS}/{autumn}", {"archived": True}, as_=institution.staff).expect(200)
    expected = {
        "": [elsewhere, spring, autumn],
        f"program_id={other.program_id}": [elsewhere],
        "archived=true": [autumn],
        "archived=false": [elsewhere, spring],
    }
    for query, ids in expected.items():
        found = get(f"{COHORTS}?{query}", as_=institution.staff).expect(200)["data"]
        assert [row["id"] for row in found] == ids, query
    inside = institution.enrol(institution.learner(), spring).expect(201)["id"]
    institution.enrol(institution.learner()).expect(201)
    found = get(f"{ENROLLMENTS}?cohort_id={spring}", as_=institution.staff).expect(200)["data"]
    assert [row["id"] for row in found] == [inside]
    (row,) = get(f"/v1/insights/learners?cohort_id={spring}", as_=institution.staff).expect(200)["data"]
    assert (row["enrollment_id"], row["cohort"]) == (inside, {"id": spring, "title": "Spring 2027"})
    assert get(f"/v1/insights/learners?cohort_id={new_id()}", as_=institution.staff).expect(200)["data"] == []


def test_staff_move_a_learner_into_a_cohort_and_out_of_it(institution: Institution) -> None:
    learner = institution.learner()
    url = f"{ENROLLMENTS}/{institution.enrol(learner).expect(201)['id']}"
    cohort_id = institution.open().expect(201)["id"]
    moved = patch(url, {"cohort_id": cohort_id}, as_=institution.staff).expect(200)
    assert moved["cohort"]["title"] == "Autumn 2026"
    again = patch(url, {"cohort_id": cohort_id}, as_=institution.staff).expect(200)
    assert again["version"] == moved["version"]
    assert patch(url, {"cohort_id": None}, as_=institution.staff).expect(200)["cohort"] is None
    assert patch(url, {"cohort_id": cohort_id}, as_=learner).expect(403)["code"] == "forbidden"
    assert patch(url, {"cohort_id": None}, as_=learner).status == 403
    told = [e["data"] for e in emitted(institution.org_id, "backbone.audit_recorded")]
    assert [(e["action"], e["before"], e["after"]) for e in told if e["subject_type"] == "enrollment"] == [
        ("enrollment.created", None, {"fields": ["cohort_id", "learner_id", "program_id"]}),
        ("enrollment.cohort_changed", {"cohort_id": None}, {"cohort_id": cohort_id}),
        ("enrollment.cohort_changed", {"cohort_id": cohort_id}, {"cohort_id": None}),
    ]


def test_a_full_or_archived_cohort_takes_nobody_and_who_withdraws_gives_the_place_free(
    institution: Institution,
) -> None:
    cohort_id = institution.open(capacity=1).expect(201)["id"]
    first = institution.enrol(institution.learner(), cohort_id).expect(201)["id"]
    second = institution.learner()
    refused = institution.enrol(second, cohort_id).expect(409)
    assert (refused["code"], refused["detail"]) == (
        "cohort_full",
        "The cohort Autumn 2026 takes 1 learners, and so many are in it.",
    )
    patch(f"{ENROLLMENTS}/{first}", {"status": "withdrawn"}, as_=institution.staff).expect(200)
    institution.enrol(second, cohort_id).expect(201)
    back = patch(f"{ENROLLMENTS}/{first}", {"status": "active"}, as_=institution.staff).expect(409)
    assert (back["code"], back["guard"]) == ("conflict", "cohort_full")
    changed = patch(f"{COHORTS}/{cohort_id}", {"capacity": None, "archived": True}, as_=institution.staff)
    assert changed.expect(200)["places_left"] is None
    assert institution.enrol(institution.learner(), cohort_id).expect(409)["code"] == "cohort_archived"
    patch(f"{ENROLLMENTS}/{first}", {"status": "active"}, as_=institution.staff).expect(200)


def test_two_who_take_the_last_place_at_once_do_not_both_get_it(
    institution: Institution, database: Database
) -> None:
    """The service's own look sees a free place for both: the data layer decides. Without it both get in."""
    cohort_id = UUID(institution.open(capacity=1).expect(201)["id"])
    enrollments = [
        an_enrollment(institution.org_id, institution.learner().user_id, institution.program)
        for _ in range(4)
    ]
    join = text("UPDATE learning.enrollments SET cohort_id = :cohort WHERE id = :id")

    def take(enrollment_id: UUID) -> bool:
        try:
            with work_for(institution.org_id) as session:
                session.execute(join, {"cohort": cohort_id, "id": enrollment_id})
        except DBAPIError as refused:
            return "cohort_full" not in str(refused.orig)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, enrollments)) == 1
    count = text("SELECT count(*) FROM learning.enrollments WHERE cohort_id = :cohort")
    with unguarded(database.migrator_url, keep=False) as connection:
        for enrollment_id in enrollments:
            connection.execute(join, {"cohort": cohort_id, "id": enrollment_id})
        assert connection.scalar(count, {"cohort": cohort_id}) == 4


def test_a_title_names_one_cohort_of_a_program(institution: Institution) -> None:
    cohort_id = institution.open().expect(201)["id"]
    other = institution.open("Spring 2027").expect(201)["id"]
    assert institution.open().expect(409)["code"] == "cohort_title_taken"
    renamed = patch(f"{COHORTS}/{other}", {"title": "Autumn 2026"}, as_=institution.staff)
    assert renamed.expect(409)["code"] == "cohort_title_taken"
    stale = patch(
        f"{COHORTS}/{cohort_id}", {"title": "X"}, as_=institution.staff, headers={"If-Match": '"7"'}
    )
    assert stale.status == 412


@pytest.mark.parametrize(
    "fields",
    [
        {"ends_on": "2026-08-31"},
        {"capacity": 0},
        {"title": " "},
        {"starts_on": "soon"},
        {"learners": 3},
        {"ends_on": None},
    ],
)
def test_what_makes_no_cohort_is_refused(institution: Institution, fields: dict[str, Any]) -> None:
    assert institution.open(**fields).status == 422
    cohort_id = institution.open().expect(201)["id"]
    assert patch(f"{COHORTS}/{cohort_id}", fields, as_=institution.staff).status == 422


def test_an_organization_has_cohorts_of_an_assigned_program_of_its_own(institution: Institution) -> None:
    taught = an_organization()
    assign(institution.program, taught)
    guest = Institution(taught, a_person(taught, Role.ORG_ADMIN), institution.program)
    theirs = guest.open().expect(201)["id"]
    guest.enrol(guest.learner(), theirs).expect(201)
    ours = institution.open().expect(201)["id"]
    assert guest.enrol(guest.learner(), ours).status == 404
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    for asking in (guest.staff, stranger):
        absent = get(f"{COHORTS}/{new_id()}", as_=asking)
        for answer in (
            get(f"{COHORTS}/{ours}", as_=asking),
            patch(f"{COHORTS}/{ours}", {"title": "Mine"}, as_=asking),
        ):
            assert (answer.status, answer.json["detail"]) == (404, absent.json["detail"])
    assert Institution(stranger.org_id, stranger, institution.program).open().status == 404
    assert [row["id"] for row in get(COHORTS, as_=guest.staff).expect(200)["data"]] == [theirs]


def test_a_cohort_of_another_program_is_not_joined(institution: Institution) -> None:
    other = a_program(institution.org_id)
    elsewhere = institution.open(program_id=str(other.program_id)).expect(201)["id"]
    assert institution.enrol(institution.learner(), elsewhere).status == 404
    enrolled = institution.enrol(institution.learner()).expect(201)["id"]
    assert patch(f"{ENROLLMENTS}/{enrolled}", {"cohort_id": elsewhere}, as_=institution.staff).status == 404


@pytest.mark.parametrize("role", [Role.LEARNER, Role.ANALYST, Role.INSTRUCTOR])
def test_only_staff_keep_cohorts(institution: Institution, role: Role) -> None:
    cohort_id = institution.open().expect(201)["id"]
    asking = a_person(institution.org_id, role)
    assert get(COHORTS, as_=asking).status == 403
    assert get(f"{COHORTS}/{cohort_id}", as_=asking).status == 403
    assert patch(f"{COHORTS}/{cohort_id}", {"archived": True}, as_=asking).status == 403
