"""Dashboards: real counts with a week's trend, for whoever runs the place."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from insights.repository import dashboards as repository
from insights.rules import kpis as rules
from insights.rules.kpis import DEFINITIONS, Figure, Kpi
from insights.schedules import kpis_due
from lodestar import clock
from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.factories.assessment import an_attempt
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, get
from tests.insights.conftest import Institution
from tests.insights.test_metrics import counted

DASHBOARDS = "/v1/insights/dashboards"


def opened(name: str, as_: Person) -> dict[str, Any]:
    found: dict[str, Any] = get(f"{DASHBOARDS}/{name}", as_=as_).expect(200)
    return found


def figures(name: str, as_: Person) -> dict[str, tuple[float | None, float | None, float | None]]:
    return {kpi["name"]: (kpi["value"], kpi["previous"], kpi["change"]) for kpi in opened(name, as_)["kpis"]}


def told(name: str, as_: Person) -> dict[str, str]:
    return {kpi["name"]: kpi["text"] for kpi in opened(name, as_)["kpis"]}


def run(org_id: UUID, statement: str, **given: Any) -> None:
    with work_for(org_id) as session:
        session.execute(text(statement), given)


@pytest.fixture
def admin(institution: Institution) -> Person:
    return a_person(institution.org_id, Role.ORG_ADMIN)


def test_whoever_runs_nothing_yet_sees_that_nothing_is(institution: Institution, admin: Person) -> None:
    page = opened("admin", admin)
    assert [kpi["name"] for kpi in page["kpis"]] == [kpi.value for kpi in Kpi]
    assert {kpi["value"] for kpi in page["kpis"]} == {0, None}
    assert told("admin", admin)["learners"] == "0 learners, as many as the week before."
    assert (page["title"], page["time_zone"]) == ("Administration", "UTC")
    assert page["metrics"][0]["url"].startswith("/v1/insights/metrics/")


def test_learners_are_counted_with_those_of_the_week(institution: Institution, admin: Person) -> None:
    learners = [institution.enrol(stars=1, tier=Tier.SILVER) for _ in range(3)]
    for learner, days in zip(learners, (0, 8, 30), strict=True):
        institution.set(learner, created_at=clock.now() - timedelta(days=days))
        counted(institution, learner)
    assert figures("staff", institution.staff)["learners"] == (3, 2, 1)
    assert figures("staff", institution.staff)["new-enrollments"] == (1, 1, 0)
    assert told("admin", admin)["learners"] == "3 learners, 1 more than the week before."


def test_what_waits_and_what_failed_is_counted(institution: Institution, admin: Person) -> None:
    learner = institution.enrol(stars=4)
    given: dict[str, Any] = {"org_id": institution.org_id, "learner_id": learner.user_id}
    given |= {"enrollment_id": institution.enrollments[learner.user_id], "kind": "interview"}
    given["module_id"] = institution.program.module(ModuleKind.INTERVIEW)
    an_attempt(**given, state="needs_review")
    attempt_id = an_attempt(**given, state="graded", score=40, passed=False)
    appeal = "INSERT INTO assessment.appeals (attempt_id, learner_id, reason) VALUES (:attempt, :learner, 'Look again.')"
    run(institution.org_id, appeal, attempt=attempt_id, learner=learner.user_id)
    for outcome, days in (
        ("succeeded", 1),
        ("succeeded", 2),
        ("unavailable", 3),
        ("unavailable", 9),
        ("failed", 20),
    ):
        called = """INSERT INTO backbone.ai_runs (id, purpose, model, source, latency_ms, outcome, created_at)
          VALUES (uuidv7(), 'quiz', 'm', 'model', 5, :outcome, :at)"""
        run(institution.org_id, called, outcome=outcome, at=clock.now() - timedelta(days=days))
    failed = """INSERT INTO insights.exports (requested_by, format, operation_id, state, updated_at)
      VALUES (:person, 'csv', uuidv7(), 'failed', :at)"""
    for days in (1, 2, 10):
        run(institution.org_id, failed, person=admin.user_id, at=clock.now() - timedelta(days=days))
    message = """INSERT INTO messaging.deliveries (id, channel, category, template_key, dedupe_key, address, state)
      VALUES (:id, 'email', 'operational', 'x', :key, 'a@example.org', :state)"""
    for days, state in ((1, "failed"), (1, "sent"), (8, "failed"), (9, "failed")):
        made = rules.first_id(clock.now() - timedelta(days=days))
        given = {"id": UUID(int=made.int + new_id().int % 10**9), "key": str(new_id()), "state": state}
        run(institution.org_id, message, **given)
    found = figures("admin", admin)
    assert (found["reviews-waiting"], found["appeals-open"]) == ((1, None, None), (1, None, None))
    assert found["ai-failure-rate"] == (33.3, 100.0, -66.7)
    assert found["exports-failed"] == (2, 1, 1)
    assert found["deliveries-failed"] == (1, 2, -1)
    said = told("admin", admin)
    assert said["ai-failure-rate"] == "33.3 %, 66.7 points fewer than the week before."
    assert said["reviews-waiting"] == "1 attempt. There is nothing yet to compare it with."


def test_a_figure_links_to_the_list_of_what_it_counts(institution: Institution, admin: Person) -> None:
    learner = institution.enrol(stars=4)
    given: dict[str, Any] = {
        "org_id": institution.org_id,
        "learner_id": learner.user_id,
        "kind": "interview",
        "state": "needs_review",
    }
    given |= {
        "enrollment_id": institution.enrollments[learner.user_id],
        "module_id": institution.program.module(ModuleKind.INTERVIEW),
    }
    an_attempt(**given)
    for kpi in opened("admin", admin)["kpis"]:
        listed = get(kpi["url"], as_=admin).expect(200)
        if kpi["name"] in {"reviews-waiting", "appeals-open", "exports-failed", "deliveries-failed"}:
            assert len(listed["data"]) == kpi["value"], kpi["name"]


def test_what_no_row_tells_of_a_week_ago_is_kept_each_night(institution: Institution, admin: Person) -> None:
    active, silent = institution.enrol(), institution.enrol()
    institution.set(silent, progressed_at=clock.now() - timedelta(days=8))
    institution.set(active, progressed_at=clock.now())
    assert figures("admin", admin)["active-learners"] == (None, None, None)
    assert "in the night" in told("admin", admin)["active-learners"]
    assert kpis_due.run()["failed"] == 0
    assert figures("admin", admin)["active-learners"] == (1, None, None)
    with work_for(institution.org_id) as session:
        assert repository.keep(session, clock.now()) == 0
        assert institution.org_id not in repository.due(session, most=10_000)
    institution.set(active, progressed_at=clock.now() - timedelta(days=8))
    run(institution.org_id, "UPDATE insights.kpi_snapshots SET day = day - 7, value = value + 4")
    kpis_due.run()
    found = figures("admin", admin)
    assert found["active-learners"] == (0, 5, -5)
    assert found["appeals-open"] == (0, 4, -4)
    run(institution.org_id, "UPDATE insights.kpi_snapshots SET day = day - 30")
    kpis_due.run()
    with work_for(institution.org_id) as session:
        days = session.scalars(
            text("SELECT DISTINCT current_date - day FROM insights.kpi_snapshots ORDER BY 1")
        ).all()
    assert days[-1] < repository.KEPT_DAYS


def test_one_organizations_trouble_is_not_the_others(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, keep = an_organization(), repository.keep

    def fail_here(session: Any, now: Any) -> int:
        return 1 // 0 if session.info["principal"].org_id == institution.org_id else keep(session, now)

    monkeypatch.setattr(repository, "keep", fail_here)
    assert kpis_due.run()["failed"] == 1
    with work_for(other) as session:
        waiting = repository.due(session, most=10_000)
    assert (institution.org_id in waiting, other in waiting) == (True, False)


def test_an_analyst_reads_aggregates_that_were_released(institution: Institution) -> None:
    analyst = a_person(institution.org_id, Role.ANALYST)
    for _ in range(3):
        counted(institution, institution.enrol(stars=5))
    page = opened("analyst", analyst)
    assert {kpi["value"] for kpi in page["kpis"]} == {None}  # three people are too few to tell of
    assert [kpi["unit"] for kpi in page["kpis"]] == ["percent"] * 3
    assert "of 3 learners" not in str(page)
    assert get(page["kpis"][0]["url"], as_=analyst).status == 200


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.ORG_ADMIN, ["admin", "staff"]),
        (Role.ORG_STAFF, ["staff"]),
        (Role.ANALYST, ["analyst"]),
    ],
)
def test_a_role_opens_its_own_and_no_other(institution: Institution, role: Role, names: list[str]) -> None:
    person = a_person(institution.org_id, role)
    assert [one["name"] for one in get(DASHBOARDS, as_=person).expect(200)["data"]] == names
    answers = {name: get(f"{DASHBOARDS}/{name}", as_=person).status for name in ("admin", "staff", "analyst")}
    assert answers == {name: 200 if name in names else 403 for name in answers}
    assert get(f"{DASHBOARDS}/weather", as_=person).status == 422


@pytest.mark.parametrize("role", [Role.LEARNER, Role.INSTRUCTOR, Role.RECRUITER])
def test_others_open_none(institution: Institution, role: Role) -> None:
    person = a_person(institution.org_id, role)
    assert [get(url, as_=person).status for url in (DASHBOARDS, f"{DASHBOARDS}/staff")] == [403, 403]


def test_another_organizations_learners_are_not_counted(institution: Institution) -> None:
    counted(institution, institution.enrol())
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    assert figures("admin", stranger)["learners"] == (0, 0, 0)


@pytest.mark.parametrize(
    ("kpi", "figure", "said"),
    [
        (Kpi.LEARNERS, Figure(1, 2), "1 learner, 1 fewer than the week before."),
        (Kpi.STARS_EARNED, Figure(1200, 1200), "1,200 stars, as many as the week before."),
        (Kpi.AI_FAILURE_RATE, Figure(2.5, 2.5), "2.5 %, as the week before."),
        (Kpi.AI_FAILURE_RATE, Figure(None, 3.0), "There were no calls."),
    ],
)
def test_a_trend_is_a_sentence(kpi: Kpi, figure: Figure, said: str) -> None:
    assert rules.said(kpi, figure) == said
    assert DEFINITIONS[kpi].definition
