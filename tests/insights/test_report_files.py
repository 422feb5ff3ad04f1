"""A scheduled report's files: attached or linked, kept for a while, gone with whoever is erased."""

from uuid import UUID

import pytest
from sqlalchemy import text

from insights.rules import reports as rules
from insights.schedules import retain_exports
from lodestar.db import work_for
from lodestar.principal import Role
from tests.factories.identity import a_person
from tests.gateway import delete, get
from tests.insights.conftest import Institution
from tests.insights.test_reports import (
    SCHEDULES,
    begun,
    full,
    made,
    mails,
    objects,
    scheduled,
    seen,
    stored,
)
from tests.messaging.conftest import running_simulators, simulators
from tests.privacy import approved, asked, fulfilled
from tests.simulators.running import Simulators

__all__ = ["full", "running_simulators", "simulators"]


def test_what_is_too_large_for_a_mail_is_a_link(
    full: Institution, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made(full, scheduled(full, with_learners=True))
    table, learners = (file["byte_count"] for file in run["files"])
    charts = sum(file["size"] for file in mails(simulators)[0]["attachments"] if file["content_id"])
    monkeypatch.setattr(rules, "LARGEST_FILES_BYTES", charts + table + learners - 1)
    run = made(full, scheduled(full, title="Again", with_learners=True))
    assert [(file["name"], file["attached"]) for file in run["files"]] == [
        ("report.xlsx", True),
        ("learners.xlsx", False),
    ]
    mail = next(mail for mail in mails(simulators) if mail["subject"].startswith("Again"))
    assert [file["name"] for file in mail["attachments"]] == ["chart-1.png", "chart-2.png", "report.xlsx"]
    assert "Too large for a mail, to be fetched from the report's page: learners.xlsx." in mail["text"]
    assert f"/report-schedules/{run['schedule_id']}/runs/{run['id']}" in mail["html"]
    assert len(stored(run["downloads"][1])) == run["files"][1]["byte_count"]


def test_links_are_minted_on_request_and_files_go_after_a_week(full: Institution) -> None:
    schedule = scheduled(full)
    run = made(full, schedule)
    url = f"{SCHEDULES}/{schedule['id']}/runs/{run['id']}"
    answer = get(url, as_=full.staff)
    assert answer.headers["cache-control"] == "no-store"
    assert "X-Amz-Expires=300" in answer.json["downloads"][0]["download"]["url"]
    assert "download" not in get(f"{SCHEDULES}/{schedule['id']}/runs", as_=full.staff).text
    assert len(objects(full.org_id)) == 3
    with work_for(full.org_id) as session:
        session.execute(text("UPDATE insights.report_runs SET expires_at = now() - interval '1 second'"))
    assert get(url, as_=full.staff).expect(200)["downloads"] == []
    retain_exports.run()
    assert objects(full.org_id) == []
    assert get(url, as_=full.staff).expect(200)["files"] == []


def test_runs_go_with_the_period_for_long_work_and_a_deleted_schedule_after_them(full: Institution) -> None:
    kept, gone = scheduled(full), scheduled(full, title="Another")
    for schedule in (kept, gone):
        made(full, schedule)
    delete(f"{SCHEDULES}/{gone['id']}", as_=full.staff).expect(204)
    with work_for(full.org_id) as session:
        session.execute(
            text("UPDATE insights.report_runs SET files = '[]', created_at = now() - interval '91 days'")
        )
        old = "UPDATE insights.report_schedules SET deleted_at = deleted_at - interval '91 days'"
        session.execute(text(old))
    retain_exports.run()
    assert get(f"{SCHEDULES}/{kept['id']}/runs", as_=full.staff).expect(200)["data"] == []
    with work_for(full.org_id) as session:
        assert session.scalars(text("SELECT title FROM insights.report_schedules")).all() == ["Our learners"]


def test_erasing_anybody_takes_the_files_and_erasing_a_recipient_takes_them_off_the_list(
    full: Institution,
) -> None:
    admin, recipient = a_person(full.org_id, Role.ORG_ADMIN), a_person(full.org_id, Role.ORG_STAFF)
    schedule = scheduled(full, full.staff, recipient)
    run = made(full, schedule)
    request_id = asked(recipient, "erase")
    approved(request_id, admin)
    assert fulfilled(full.org_id, request_id) == "Erased"
    assert objects(full.org_id) == []
    found = seen(full, schedule, UUID(run["id"]))
    assert (found["files"], found["downloads"]) == ([], [])
    assert [one["user_id"] for one in found["recipients"]] == [str(full.staff.user_id)]
    shown = get(f"{SCHEDULES}/{schedule['id']}", as_=full.staff).expect(200)
    assert [one["user_id"] for one in shown["recipients"]] == [str(full.staff.user_id)]


def test_runs_are_listed_by_state(full: Institution) -> None:
    schedule = scheduled(full)
    made(full, schedule)
    begun(full, schedule)
    url = f"{SCHEDULES}/{schedule['id']}/runs"
    assert [run["state"] for run in get(url, as_=full.staff).expect(200)["data"]] == ["pending", "sent"]
    assert [run["state"] for run in get(f"{url}?state=sent", as_=full.staff).expect(200)["data"]] == ["sent"]
