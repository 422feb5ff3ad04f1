"""Learners' progress as staff see it: who is listed, in which order, with which facts, to whom."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import event, text

from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.db import engine, work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.factories.assessment import a_background, an_attempt
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_program, an_enrollment
from tests.gateway import Person, get, post
from tests.insights.conftest import LEARNERS, Institution
from tests.learning.telling import Learner


def test_a_row_says_all_that_a_screen_needs(institution: Institution) -> None:
    background_id = a_background(institution.org_id)
    learner = institution.enrol(stars=4, tier=Tier.SILVER, background_id=background_id)
    enrollment_id = institution.enrollments[learner.user_id]
    work = Learner(institution.org_id, learner.user_id, enrollment_id, institution.program)
    work.hand_in(ModuleKind.PROJECT, passed=False)
    work.hand_in(ModuleKind.PROJECT)
    an_attempt(
        org_id=institution.org_id, learner_id=learner.user_id, enrollment_id=enrollment_id,
        module_id=institution.program.module(ModuleKind.INTERVIEW), kind="interview", state="needs_review",
    )  # fmt: skip
    (row,) = get(LEARNERS, as_=institution.staff).expect(200)["data"]
    assert row["learner_id"] == str(learner.user_id)
    assert row["display_name"] == "Ada Lovelace"
    assert row["program"] == {
        "id": str(institution.program.program_id),
        "title": "Job Readiness",
        "version": 1,
    }
    assert (row["stars"], row["possible_stars"], row["stars_text"]) == (4, 5, "4 of 5 stars")
    assert [earned["star"] for earned in row["stars_earned"]] == [1, 2, 3, 4]
    assert row["tier"] == {"tier": "silver", "label": "Silver"}
    assert row["background"] == {"id": str(background_id), "title": "Economics"}
    assert (row["status"], row["status_text"]) == ("active", "Active")
    assert (row["modules_completed"], row["modules_total"], row["modules_text"]) == (1, 9, "1 of 9 modules")
    assert (row["progress_percent"], row["progress_text"]) == (11, "11 % of the program")
    assert (row["best_project_score"], row["best_interview_score"]) == (80.0, None)
    assert row["waiting_for_review"] == 1


def test_the_details_tell_stars_modules_tiers_and_attempts(institution: Institution) -> None:
    learner = institution.enrol(stars=3)
    enrollment_id = institution.enrollments[learner.user_id]
    override = {"enrollment_id": str(enrollment_id), "star": 4, "tier": "gold", "reason": "Shown in class."}
    post("/v1/learning/overrides", override, as_=institution.staff).expect(201)
    Learner(institution.org_id, learner.user_id, enrollment_id, institution.program).hand_in(
        ModuleKind.INTERVIEW
    )
    found = get(f"{LEARNERS}/{learner.user_id}", as_=institution.staff).expect(200)
    (program,) = found["programs"]
    assert found["display_name"] == "Ada Lovelace"
    assert [stage["by_override"] for stage in program["stages"]] == [False, False, False, True, False]
    assert [change["text"] for change in program["tier_changes"]] == [
        "Bronze by the initial assessments",
        "From Bronze to Gold by a decision of staff",
    ]
    assert len(program["modules"]) == 9
    assert {module["kind"]: module["locked"] for module in program["modules"]}["interview"] is False
    (tried,) = program["attempts"]
    assert (tried["kind"], tried["attempts"], tried["passed"], tried["best_score"]) == (
        "interview",
        1,
        1,
        80.0,
    )


def test_every_filter_keeps_whom_it_describes(institution: Institution) -> None:
    other = a_program(institution.org_id)
    background_id = a_background(institution.org_id)
    starter = institution.enrol()
    silver = institution.enrol(stars=2, tier=Tier.SILVER, background_id=background_id)
    elsewhere = institution.enrol(program=other, stars=1)
    gone = institution.enrol()
    institution.set(gone, status="withdrawn")
    expected: dict[str, list[Person]] = {
        "star=0": [starter, gone],
        "star=2": [silver],
        "tier=silver": [silver],
        f"background_id={background_id}": [silver],
        f"program_id={other.program_id}": [elsewhere],
        "status=withdrawn": [gone],
        "status=active&star=0": [starter],
        f"star=2&program_id={other.program_id}": [],
    }
    for query, people in expected.items():
        assert set(institution.listed(query)) == {person.user_id for person in people}, query


def test_each_sort_has_its_order_over_several_pages(institution: Institution) -> None:
    people = [institution.enrol(stars=stars).user_id for stars in (2, 0, 3, 0, 1)]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with work_for(institution.org_id) as session:
        for days, learner_id in zip((3, 1, 5, 2, 4), people, strict=True):
            session.execute(
                text("UPDATE learning.enrollments SET progressed_at = :at WHERE learner_id = :learner"),
                {"at": start + timedelta(days=days), "learner": learner_id},
            )
    orders = {
        "enrolled_at": [0, 1, 2, 3, 4],
        "last_active_at": [1, 3, 0, 4, 2],
        "stars": [1, 3, 4, 0, 2],
    }
    for name, order in orders.items():
        for sort, expected in ((name, order), (f"-{name}", order[::-1])):
            seen, cursor = [], ""
            while cursor is not None:
                url = f"{LEARNERS}?sort={sort}&limit=2{cursor and f'&cursor={cursor}'}"
                page = get(url, as_=institution.staff).expect(200)
                seen += [row["learner_id"] for row in page["data"]]
                cursor = page["page"]["next_cursor"]
            assert seen == [str(people[nth]) for nth in expected], sort


@pytest.mark.parametrize(
    ("q", "found"),
    [("lovel", True), ("LOVELACE", True), ("ada lov", True), ("lov ada", True), ("countess@", True), ("hopper", False),
     ("velace", False), ("ada hop", False), ("%%%", False), ("ada' | 'x", False), ("ada\\", True), ("ada:*", True),
     ("o'brien", True), ("lovelace-by", True)],
)  # fmt: skip
def test_words_of_the_name_or_the_email_find_a_learner(
    institution: Institution, q: str, *, found: bool
) -> None:
    name = "Ada Lovelace-Byron O'Brien"
    learner = institution.enrol(name=name, email=f"countess@{new_id()}.example.org")
    assert institution.listed(f"q={quote(q)}") == ([learner.user_id] if found else [])


def test_a_search_finds_no_learner_of_another_organization(institution: Institution) -> None:
    word = f"x{new_id().hex[-12:]}"
    elsewhere = an_organization()
    theirs = a_person(elsewhere, name=f"Ada {word}")
    an_enrollment(elsewhere, theirs.user_id, a_program(elsewhere))
    assert institution.listed(f"q={word}") == []
    with work_for(institution.org_id) as session:
        assert list(session.scalars(text("SELECT identity.members_matching(:q)"), {"q": word})) == []
    with work_for(elsewhere) as session:
        assert list(session.scalars(text("SELECT identity.members_matching(:q)"), {"q": word})) == [
            theirs.user_id
        ]


def test_another_organizations_learner_is_as_absent_as_nobody(institution: Institution) -> None:
    elsewhere = an_organization()
    theirs = a_person(elsewhere)
    an_enrollment(elsewhere, theirs.user_id, a_program(elsewhere))
    not_enrolled = a_person(institution.org_id)
    answers = [
        get(f"{LEARNERS}/{learner_id}", as_=institution.staff)
        for learner_id in (theirs.user_id, not_enrolled.user_id, new_id())
    ]
    assert {(answer.status, answer.json["code"], answer.json["detail"]) for answer in answers} == {
        (404, "not_found", answers[0].json["detail"])
    }


def test_somebody_who_left_is_listed_without_a_name(institution: Institution) -> None:
    learner = institution.enrol()
    with work_for(institution.org_id) as session:
        leave = "UPDATE identity.memberships SET ended_at = now() WHERE user_id = :user"
        session.execute(text(leave), {"user": learner.user_id})
    (row,) = get(LEARNERS, as_=institution.staff).expect(200)["data"]
    assert (row["display_name"], row["email"], row["learner_id"]) == (None, None, str(learner.user_id))
    assert institution.listed("q=lovelace") == []


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ORG_STAFF, Role.ORG_ADMIN, Role.PLATFORM_ADMIN}))
def test_only_staff_see_individuals(institution: Institution, role: Role) -> None:
    learner = institution.enrol()
    asking = a_person(institution.org_id, role)
    for url in (LEARNERS, f"{LEARNERS}/{learner.user_id}"):
        assert get(url, as_=asking).status == 403


@pytest.mark.parametrize(
    "query", ["q=ab", "star=6", "tier=platinum", "status=asleep", "sort=name", "limit=101"]
)
def test_what_the_list_does_not_know_is_refused(institution: Institution, query: str) -> None:
    assert get(f"{LEARNERS}?{query}", as_=institution.staff).status == 422


def test_the_total_counts_what_the_filters_keep(institution: Institution) -> None:
    for stars in (0, 1, 1):
        institution.enrol(stars=stars)
    page = get(f"{LEARNERS}?star=1&limit=1&include=total", as_=institution.staff).expect(200)["page"]
    assert page["total"] == 2


def test_a_page_of_any_length_takes_three_statements(institution: Institution) -> None:
    for _ in range(5):
        institution.enrol(stars=1)
    counts = []
    for limit in (1, 5):
        seen: list[str] = []

        def note(*told: object, seen: list[str] = seen) -> None:
            seen.append(str(told[2]))

        event.listen(engine(), "after_cursor_execute", note)
        try:
            get(f"{LEARNERS}?limit={limit}", as_=institution.staff).expect(200)
        finally:
            event.remove(engine(), "after_cursor_execute", note)
        counts.append(len(seen))
    assert counts == [3, 3]
