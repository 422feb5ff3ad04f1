"""Scheduled reports: written down, changed, deleted, and due once a period."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from insights.repository import reports as repository
from insights.rules import reports as rules
from insights.schedules import reports_due
from insights.service import report_runs
from lodestar import clock
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests import bus
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_program
from tests.gateway import Person, delete, get, patch, post

pytestmark = pytest.mark.usefixtures("product")
SCHEDULES = "/v1/insights/report-schedules"
WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 7, tzinfo=UTC)
"""Seven o'clock in an organization without a zone of its own, which lives by UTC."""


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF, name="Grace Hopper")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets our clock; the database keeps its own, so that a sweep is told which schedules are due."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_to


def body(*recipients: Person, **fields: Any) -> dict[str, Any]:
    named = [str(person.user_id) for person in recipients]
    return {"title": "Our learners", "metrics": ["tier-distribution"], "recipients": named, **fields}


def scheduled(staff: Person, *recipients: Person, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = post(SCHEDULES, body(*(recipients or (staff,)), **fields), as_=staff).expect(201)
    return made


def swept(staff: Person, *schedules: dict[str, Any]) -> int:
    return report_runs.fall_due(staff.org_id, [UUID(one["id"]) for one in schedules])


def runs(staff: Person, schedule: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(f"{SCHEDULES}/{schedule['id']}/runs", as_=staff).expect(200)["data"]
    return found


def audited(staff: Person) -> list[str]:
    return [e["data"]["action"] for e in bus.emitted(staff.org_id, "backbone.audit_recorded")]


def test_a_report_is_weekly_on_monday_at_seven_in_the_organizations_zone(staff: Person, at: Any) -> None:
    with work_for(staff.org_id) as session:
        session.execute(
            text("UPDATE identity.organizations SET time_zone = 'Asia/Kolkata' WHERE id = :id"),
            {"id": staff.org_id},
        )
    at(WEDNESDAY)
    answer = post(SCHEDULES, body(staff), as_=staff)
    made = answer.expect(201)
    assert answer.headers["location"] == f"{SCHEDULES}/{made['id']}"
    assert made["rhythm_text"] == "Every Monday at 07:00 (Asia/Kolkata)"
    assert (made["next_at"], made["time_zone"]) == ("2026-11-30T01:30:00Z", None)
    assert (made["format"], made["with_learners"], made["active"]) == ("xlsx", False, True)
    assert [(one["display_name"], one["audience"], one["text"]) for one in made["recipients"]] == [
        ("Grace Hopper", "staff", None)
    ]
    assert get(f"{SCHEDULES}/{made['id']}", as_=staff).expect(200) == made
    assert get(SCHEDULES, as_=staff).expect(200)["data"] == [made]
    assert audited(staff) == ["report_schedule.created"]


def test_whoever_names_nobody_gets_it_themselves(staff: Person) -> None:
    made = post(SCHEDULES, {"title": "Mine", "metrics": ["ai-quality"]}, as_=staff).expect(201)
    assert [one["user_id"] for one in made["recipients"]] == [str(staff.user_id)]


def test_a_second_click_makes_no_second_report(staff: Person) -> None:
    scheduled(staff)
    again = post(SCHEDULES, body(staff, title="our LEARNERS"), as_=staff)
    assert (again.status, again.json["code"]) == (409, "schedule_exists")
    keyed = [
        post(SCHEDULES, body(staff, title="Weekly"), as_=staff, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert keyed[0].expect(201)["id"] == keyed[1].expect(201)["id"]
    assert len(get(SCHEDULES, as_=staff).expect(200)["data"]) == 2


def test_an_organization_has_so_many_and_no_more(staff: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_SCHEDULES", 2)
    first, _ = (scheduled(staff, title=f"Report {nth}") for nth in range(2))
    refused = post(SCHEDULES, body(staff), as_=staff)
    assert (refused.status, refused.json["code"]) == (409, "too_many_schedules")
    delete(f"{SCHEDULES}/{first['id']}", as_=staff).expect(204)
    scheduled(staff)


def test_only_who_may_see_reports_is_named_a_recipient(staff: Person) -> None:
    analyst = a_person(staff.org_id, Role.ANALYST)
    learner, stranger = a_person(staff.org_id), a_person(an_organization(), Role.ORG_ADMIN)
    refused = [post(SCHEDULES, body(analyst, one), as_=staff) for one in (learner, stranger)]
    refused.append(
        post(SCHEDULES, body(analyst) | {"recipients": [str(analyst.user_id), str(new_id())]}, as_=staff)
    )
    assert [answer.status for answer in refused] == [422] * 3
    assert {answer.json["code"] for answer in refused} == {"recipient_refused"}
    assert refused[0].json["errors"] == refused[1].json["errors"] == refused[2].json["errors"]
    assert refused[0].json["errors"][0]["field"] == "recipients.1"
    assert scheduled(staff, analyst)["recipients"][0]["audience"] == "analyst"


@pytest.mark.parametrize(
    "wrong",
    [
        {"metrics": []}, {"metrics": ["shoe-sizes"]}, {"metrics": ["ai-quality"] * 7, "recipients": []},
        {"recipients": []}, {"title": " "}, {"title": "a\nb"}, {"cadence": "hourly"}, {"weekday": "Monday"},
        {"local_time": "07:00:30"}, {"local_time": "07:00+01:00"}, {"time_zone": "Mars/Olympus"}, {"format": "pdf"},
        {"filters": {"q": "lovelace"}}, {"next_at": "2026-11-30T01:30:00Z"},
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(staff: Person, wrong: dict[str, Any]) -> None:
    assert post(SCHEDULES, body(staff) | wrong, as_=staff).status == 422


def test_a_program_that_is_not_here_is_absent(staff: Person) -> None:
    theirs = a_program(an_organization()).program_id
    answers = [
        post(SCHEDULES, body(staff, filters={"program_id": str(one)}), as_=staff)
        for one in (theirs, new_id())
    ]
    assert [(answer.status, answer.json["detail"]) for answer in answers] == [
        (404, answers[0].json["detail"])
    ] * 2
    own = a_program(staff.org_id).program_id
    assert scheduled(staff, filters={"program_id": str(own)})["filters"] == {"program_id": str(own)}


def test_what_is_changed_is_changed_once_and_by_who_saw_it(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made, colleague = scheduled(staff), a_person(staff.org_id, Role.ORG_ADMIN, name="Ada Lovelace")
    url = f"{SCHEDULES}/{made['id']}"
    changes = {"cadence": "daily", "local_time": "02:30", "time_zone": "Europe/Berlin",
               "recipients": [str(colleague.user_id)], "metrics": ["ai-quality", "ai-quality"]}  # fmt: skip
    changed = patch(url, changes, as_=staff, headers={"If-Match": '"1"'}).expect(200)
    assert changed["rhythm_text"] == "Every day at 02:30 (Europe/Berlin)"
    assert changed["next_at"] == "2026-11-26T01:30:00Z"
    assert (changed["metrics"], changed["version"]) == (["ai-quality"], 2)
    assert [one["display_name"] for one in changed["recipients"]] == ["Ada Lovelace"]
    stale = patch(url, {"title": "Other"}, as_=staff, headers={"If-Match": '"1"'})
    assert (stale.status, stale.json["code"]) == (412, "stale_version")
    rested = patch(url, {"active": False, "time_zone": None}, as_=staff).expect(200)
    assert (rested["next_at"], rested["rhythm_text"]) == (None, "Every day at 02:30 (UTC)")
    assert patch(url, {"recipients": [str(a_person(staff.org_id).user_id)]}, as_=staff).status == 422
    scheduled(staff, title="Another")
    taken = patch(url, {"title": "another"}, as_=staff)
    assert (taken.status, taken.json["code"]) == (409, "schedule_exists")


def test_changing_its_title_does_not_skip_what_is_due_this_minute(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    at(MONDAY)
    patch(f"{SCHEDULES}/{made['id']}", {"title": "Renamed", "cadence": "weekly"}, as_=staff).expect(200)
    assert swept(staff, made) == 1


def test_what_is_deleted_is_absent_and_never_due(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    delete(f"{SCHEDULES}/{made['id']}", as_=staff).expect(204)
    at(MONDAY)
    assert swept(staff, made) == 0
    urls = [f"{SCHEDULES}/{made['id']}", f"{SCHEDULES}/{made['id']}/runs"]
    assert [get(url, as_=staff).status for url in urls] == [404, 404]
    assert delete(urls[0], as_=staff).status == 404
    assert post(urls[1], as_=staff).status == 404
    assert audited(staff) == ["report_schedule.created", "report_schedule.deleted"]


def test_another_organizations_report_is_as_absent_as_none(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    run = post(f"{SCHEDULES}/{made['id']}/runs", as_=staff).expect(202)
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    for one, of_run in ((made["id"], run["id"]), (new_id(), new_id())):
        url = f"{SCHEDULES}/{one}"
        answers = [
            get(url, as_=stranger), patch(url, {"title": "Mine"}, as_=stranger), delete(url, as_=stranger),
            get(f"{url}/runs", as_=stranger), post(f"{url}/runs", as_=stranger),
            get(f"{url}/runs/{of_run}", as_=stranger),
        ]  # fmt: skip
        assert [answer.status for answer in answers] == [404] * 6
    other = scheduled(staff, title="Another")
    assert get(f"{SCHEDULES}/{other['id']}/runs/{run['id']}", as_=staff).status == 404
    at(MONDAY)
    assert report_runs.fall_due(stranger.org_id, [UUID(made["id"])]) == 0


@pytest.mark.parametrize("role", [Role.ANALYST, Role.INSTRUCTOR, Role.LEARNER])
def test_only_staff_write_reports_down(staff: Person, role: Role) -> None:
    made, other = scheduled(staff), a_person(staff.org_id, role)
    url = f"{SCHEDULES}/{made['id']}"
    answers = [
        get(SCHEDULES, as_=other), post(SCHEDULES, body(other), as_=other), get(url, as_=other),
        patch(url, {"title": "Mine"}, as_=other), delete(url, as_=other), get(f"{url}/runs", as_=other),
        post(f"{url}/runs", as_=other),
    ]  # fmt: skip
    assert [answer.status for answer in answers] == [403] * 7


def test_a_period_has_one_run_however_often_it_is_swept(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    assert swept(staff, made) == 0
    at(MONDAY)
    assert [swept(staff, made) for _ in range(3)] == [1, 0, 0]
    (run,) = runs(staff, made)
    assert (run["period_from"], run["period_to"]) == ("2026-11-23", "2026-11-29")
    assert (run["period_text"], run["state"], run["occasion"]) == (
        "23 Nov 2026 to 29 Nov 2026",
        "pending",
        "scheduled",
    )
    assert [e["data"] for e in bus.emitted(staff.org_id, "insights.report_requested")] == [
        {"run_id": run["id"]}
    ]
    shown = get(f"{SCHEDULES}/{made['id']}", as_=staff).expect(200)
    assert (shown["next_at"], shown["version"]) == ("2026-12-07T07:00:00Z", made["version"])


def due_again(staff: Person, schedule: dict[str, Any]) -> None:
    """As if the sweep had forgotten that it was there."""
    with work_for(staff.org_id) as session:
        again = {"at": MONDAY - timedelta(minutes=1), "id": schedule["id"]}
        statement = "UPDATE insights.report_schedules SET next_at = :at, armed_at = :at WHERE id = :id"
        session.execute(text(statement), again)


def test_the_period_is_unique_in_the_database_too(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    at(MONDAY)
    assert swept(staff, made) == 1
    due_again(staff, made)
    assert swept(staff, made) == 0
    assert len(runs(staff, made)) == 1


def test_but_for_that_it_would_be_reported_twice(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    at(MONDAY)
    assert swept(staff, made) == 1
    with work_for(staff.org_id) as session:
        session.execute(text("UPDATE insights.report_runs SET period_from = period_from - 1"))
    due_again(staff, made)
    assert swept(staff, made) == 1


def test_a_sweep_that_dies_leaves_the_report_due(
    staff: Person, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    at(MONDAY)
    with monkeypatch.context() as broken:
        broken.setattr(repository, "arm", lambda *_args, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            swept(staff, made)
    assert runs(staff, made) == []
    assert swept(staff, made) == 1


def test_after_an_outage_the_last_period_is_reported_and_not_ten(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff, cadence="daily")
    at(WEDNESDAY + timedelta(days=10))
    assert swept(staff, made) == 1
    assert [run["period_to"] for run in runs(staff, made)] == ["2026-12-04"]
    assert swept(staff, made) == 0


def test_a_report_that_was_moved_on_its_day_is_not_sent_again(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    at(MONDAY)
    assert swept(staff, made) == 1
    at(MONDAY + timedelta(minutes=30))
    patch(f"{SCHEDULES}/{made['id']}", {"local_time": "09:00"}, as_=staff).expect(200)
    at(MONDAY + timedelta(hours=2))
    assert swept(staff, made) == 0
    assert get(f"{SCHEDULES}/{made['id']}", as_=staff).expect(200)["next_at"] == "2026-12-07T09:00:00Z"


def test_a_zone_that_the_organization_moved_to_holds_from_the_next_report_on(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    with work_for(staff.org_id) as session:
        session.execute(
            text("UPDATE identity.organizations SET time_zone = 'America/New_York' WHERE id = :id"),
            {"id": staff.org_id},
        )
    at(MONDAY)
    assert swept(staff, made) == 0  # it is two in the night there
    shown = get(f"{SCHEDULES}/{made['id']}", as_=staff).expect(200)
    assert (shown["next_at"], shown["rhythm_text"]) == (
        "2026-11-30T12:00:00Z",
        "Every Monday at 07:00 (America/New_York)",
    )
    at(MONDAY + timedelta(hours=5))
    assert swept(staff, made) == 1


def test_the_minutes_sweep_finds_what_is_due_of_every_organization(staff: Person) -> None:
    others = [a_person(an_organization(), Role.ORG_STAFF) for _ in range(2)]
    made = [(one, scheduled(one)) for one in (staff, *others)]
    for one, schedule in made[:2]:
        with work_for(one.org_id) as session:
            past = "UPDATE insights.report_schedules SET next_at = now() - interval '1 minute', armed_at = now() - interval '9 days' WHERE id = :id"
            session.execute(text(past), {"id": schedule["id"]})
    counts = reports_due.run()
    assert (counts["due"] >= 2, counts["failed"]) == (True, 0)
    assert [len(runs(one, schedule)) for one, schedule in made] == [1, 1, 0]


def test_one_organizations_trouble_is_not_the_others(staff: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    other = a_person(an_organization(), Role.ORG_STAFF)
    made = [(one, scheduled(one)) for one in (staff, other)]
    for one, schedule in made:
        with work_for(one.org_id) as session:
            past = "UPDATE insights.report_schedules SET next_at = now() - interval '1 minute', armed_at = now() - interval '9 days' WHERE id = :id"
            session.execute(text(past), {"id": schedule["id"]})
    fall_due = report_runs.fall_due
    monkeypatch.setattr(
        reports_due, "fall_due", lambda org, ids: 1 / 0 if org == staff.org_id else fall_due(org, ids)
    )
    assert reports_due.run()["failed"] == 1
    assert [len(runs(one, schedule)) for one, schedule in made] == [0, 1]


def test_send_now_is_one_run_while_it_is_open(staff: Person, at: Any) -> None:
    at(WEDNESDAY)
    made = scheduled(staff)
    answers = [post(f"{SCHEDULES}/{made['id']}/runs", as_=staff) for _ in range(2)]
    first, second = (answer.expect(202) for answer in answers)
    assert first == second
    assert answers[0].headers["location"] == first["url"]
    assert (first["period_from"], first["period_to"], first["occasion"]) == (
        "2026-11-16",
        "2026-11-22",
        "asked",
    )
    assert len(bus.emitted(staff.org_id, "insights.report_requested")) == 1
    at(MONDAY)
    assert swept(staff, made) == 1  # what was asked for does not stand in the way of what is due
    assert len(runs(staff, made)) == 2


def test_send_now_is_bounded(staff: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "RUNS_A_DAY", 1)
    one, two = (scheduled(staff, title=f"Report {nth}") for nth in range(2))
    post(f"{SCHEDULES}/{one['id']}/runs", as_=staff).expect(202)
    refused = post(f"{SCHEDULES}/{two['id']}/runs", as_=staff)
    assert (refused.status, refused.json["code"]) == (429, "rate_limited")
    assert runs(staff, two) == []
