"""A scheduled report from its moment to the mailbox: made once, sent to whom may see it, kept for a while."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree

import boto3
import httpx
import pytest
from sqlalchemy import text

from backbone import reconcile
from insights.service import pictures, report_contents, report_mails, reporting
from insights.service.workbooks import metrics_type
from lodestar import clock
from lodestar.adapters.storage import object_store
from lodestar.config import settings
from lodestar.contracts.learning import Tier
from lodestar.db import work_for
from lodestar.leases import MOST_TRIES, Lease
from lodestar.principal import Role
from tests import bus
from tests.factories.identity import a_person
from tests.factories.messaging import deliveries
from tests.gateway import Person, delete, get, post
from tests.insights.conftest import Institution
from tests.insights.tables import csv_rows, said, xlsx_cells
from tests.insights.test_metrics import counted
from tests.messaging.conftest import running_simulators, simulators
from tests.simulators.running import Simulators

__all__ = ["running_simulators", "simulators"]
SCHEDULES = "/v1/insights/report-schedules"
PNG = b"\x89PNG\r\n\x1a\n"
REQUESTED = "insights.report_requested"
ASKED_MESSAGING = "messaging.message_requested"


@pytest.fixture
def full(institution: Institution) -> Institution:
    """Three learners of whom the metrics know."""
    for stars, tier in ((0, Tier.BRONZE), (1, Tier.SILVER), (5, Tier.GOLD)):
        counted(institution, institution.enrol(stars=stars, tier=tier, name=f"Learner {stars}"))
    bus.deliver(institution.org_id)
    return institution


def scheduled(institution: Institution, *recipients: Person, **fields: Any) -> dict[str, Any]:
    named = [str(one.user_id) for one in recipients or (institution.staff,)]
    body = {
        "title": "Our learners", "metrics": ["tier-distribution", "completion-rates"], "recipients": named, **fields,
    }  # fmt: skip
    made: dict[str, Any] = post(SCHEDULES, body, as_=institution.staff).expect(201)
    return made


def begun(institution: Institution, schedule: dict[str, Any]) -> UUID:
    """A run that was asked for, and has not begun."""
    run = post(f"{SCHEDULES}/{schedule['id']}/runs", as_=institution.staff).expect(202)
    assert run["state"] == "pending"
    return UUID(run["id"])


def made(institution: Institution, schedule: dict[str, Any]) -> dict[str, Any]:
    """The run, once it was asked for and made, and messaging has done its part."""
    run_id = begun(institution, schedule)
    bus.deliver(institution.org_id)
    return seen(institution, schedule, run_id)


def seen(institution: Institution, schedule: dict[str, Any], run_id: UUID) -> dict[str, Any]:
    url = f"{SCHEDULES}/{schedule['id']}/runs/{run_id}"
    found: dict[str, Any] = get(url, as_=institution.staff).expect(200)
    return found


def stored(download: dict[str, Any]) -> bytes:
    key = urlsplit(download["download"]["url"]).path.split("/", 2)[2]
    body: bytes = (
        boto3.client("s3").get_object(Bucket=settings().need("media_bucket"), Key=key)["Body"].read()
    )
    return body


def objects(org_id: UUID) -> list[str]:
    found = object_store().list_objects(f"{org_id}/exports/").objects
    return [one.key.partition("/exports/")[2] for one in found]


def mails(simulators: Simulators) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = simulators.inbox()["messages"]
    return found


def requests(institution: Institution) -> list[dict[str, Any]]:
    return [event["data"] for event in bus.emitted(institution.org_id, ASKED_MESSAGING)]


def test_a_report_is_a_mail_with_charts_and_the_workbook(full: Institution, simulators: Simulators) -> None:
    run = made(full, scheduled(full))
    assert (run["state"], run["state_text"], run["reason"]) == ("sent", "It was sent.", None)
    assert run["recipients"] == [
        {"user_id": str(full.staff.user_id), "outcome": "sent", "reason": None, "text": None}
    ]
    (mail,) = mails(simulators)
    assert mail["subject"] == f"Our learners: {run['period_text']}"
    assert "Learners by tier" in mail["text"]
    assert "cid:chart-1" in mail["html"]
    shown = [(file["name"], file["content_type"], file["content_id"]) for file in mail["attachments"]]
    assert shown == [
        ("chart-1.png", "image/png", "chart-1"), ("chart-2.png", "image/png", "chart-2"),
        ("report.xlsx", metrics_type("xlsx"), None),
    ]  # fmt: skip
    chart = httpx.get(f"{simulators.url}/_inbox/{mail['id']}/attachments/0").content
    assert chart.startswith(PNG)
    assert len(chart) > 5_000
    book = httpx.get(f"{simulators.url}/_inbox/{mail['id']}/attachments/2").content
    cells = sheet(book)
    assert cells[0] == ["Learners by tier"]
    assert ["Gold", "1", "3"] in [row[:3] for row in cells]
    (delivery,) = deliveries(full.staff)
    assert (delivery["template_key"], delivery["category"]) == ("scheduled-report", "operational")


def sheet(book: bytes) -> list[list[str]]:
    """The first sheet's texts; they stand in a table of their own."""
    shared = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(book)).read("xl/sharedStrings.xml"))
    texts = ["".join(one.itertext()) for one in shared]
    rows = xlsx_cells(book)
    return [[texts[int(said(c))] if c.get("t") == "s" else said(c) for c in row] for row in rows]


def test_by_ses_it_is_the_same_mail(
    full: Institution, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_VENDOR", "ses")
    monkeypatch.setenv("SES_CONFIGURATION_SET", "lodestar")
    settings.cache_clear()
    made(full, scheduled(full))
    (mail,) = mails(simulators)
    assert [file["content_id"] for file in mail["attachments"]] == ["chart-1", "chart-2", None]


def test_as_csv_it_is_one_table(full: Institution) -> None:
    run = made(full, scheduled(full, format="csv"))
    rows = csv_rows(stored(run["downloads"][0]))
    assert {row["metric"] for row in rows} == {"Learners by tier", "Programs completed"}
    assert [row["text"] for row in rows if row["group"] == "Gold"] == ["1 of 3 learners (33.3 %)"]
    assert run["files"][0]["name"] == "report.csv"


def test_without_figures_it_says_so(institution: Institution, simulators: Simulators) -> None:
    made(institution, scheduled(institution))
    (mail,) = mails(simulators)
    assert "No learners yet." in mail["text"]
    assert [file["name"] for file in mail["attachments"]] == ["report.xlsx"]
    assert "cid:" not in mail["html"]


def test_an_analyst_gets_aggregates_and_no_learner(full: Institution, simulators: Simulators) -> None:
    analyst = a_person(full.org_id, Role.ANALYST, email="analyst@example.org")
    schedule = scheduled(full, full.staff, analyst, with_learners=True, filters={"tier": "gold"})
    run = made(full, schedule)
    by_reader = {mail["to"] == "analyst@example.org": mail for mail in mails(simulators)}
    assert [file["name"] for file in by_reader[True]["attachments"]] == ["report.xlsx"]
    assert [file["name"] for file in by_reader[False]["attachments"]] == [
        "chart-1.png", "chart-2.png", "report.xlsx", "learners.xlsx",
    ]  # fmt: skip
    assert [(file["name"], file["audience"]) for file in run["files"]] == [
        ("report.xlsx", "analyst"), ("report.xlsx", "staff"), ("learners.xlsx", "staff"),
    ]  # fmt: skip
    for file in run["downloads"]:
        names = set(zipfile.ZipFile(io.BytesIO(stored(file))).namelist())
        text_of = b"".join(zipfile.ZipFile(io.BytesIO(stored(file))).read(name) for name in names)
        assert (b"Learner 5" in text_of) == (file["name"] == "learners.xlsx")
        assert b"Learner 0" not in text_of
        if file["audience"] == "analyst":
            assert b"of 3 learners" not in text_of


def test_who_left_or_lost_the_role_gets_nothing_and_the_run_says_so(
    full: Institution, simulators: Simulators
) -> None:
    gone, demoted = (a_person(full.org_id, Role.ORG_STAFF) for _ in range(2))
    schedule = scheduled(full, full.staff, gone, demoted)
    with work_for(full.org_id) as session:
        ended = "UPDATE identity.memberships SET ended_at = now() WHERE user_id = ANY (:people)"
        session.execute(text(ended), {"people": [gone.user_id, demoted.user_id]})
        learner = "INSERT INTO identity.memberships (user_id, role) VALUES (:person, 'learner')"
        session.execute(text(learner), {"person": demoted.user_id})
    run = made(full, schedule)
    told = {UUID(one["user_id"]): (one["outcome"], one["reason"]) for one in run["recipients"]}
    assert told == {
        full.staff.user_id: ("sent", None),
        gone.user_id: ("skipped", "not_a_member"),
        demoted.user_id: ("skipped", "role_lost"),
    }
    assert len(mails(simulators)) == 1
    shown = get(f"{SCHEDULES}/{schedule['id']}", as_=full.staff).expect(200)["recipients"]
    assert [(one["audience"], bool(one["text"])) for one in shown] == [
        ("staff", False),
        (None, True),
        (None, True),
    ]


def test_with_nobody_left_it_is_skipped_and_says_why(full: Institution, simulators: Simulators) -> None:
    gone = a_person(full.org_id, Role.ORG_STAFF)
    schedule = scheduled(full, gone)
    with work_for(full.org_id) as session:
        session.execute(
            text("UPDATE identity.memberships SET ended_at = now() WHERE user_id = :id"), {"id": gone.user_id}
        )
    run = made(full, schedule)
    assert (run["state"], run["reason"], run["files"]) == ("skipped", "no_recipients", [])
    assert "Name others" in run["state_text"]
    assert mails(simulators) == []


def test_deleting_the_schedule_skips_what_was_not_made(full: Institution) -> None:
    schedule = scheduled(full)
    run_id = begun(full, schedule)
    delete(f"{SCHEDULES}/{schedule['id']}", as_=full.staff).expect(204)
    bus.deliver(full.org_id)
    with work_for(full.org_id) as session:
        found = session.execute(
            text("SELECT state, reason FROM insights.report_runs WHERE id = :id"), {"id": run_id}
        ).one()
    assert tuple(found) == ("skipped", "schedule_deleted")
    assert requests(full) == []


def test_heard_of_twice_it_is_sent_once(full: Institution, simulators: Simulators) -> None:
    made(full, scheduled(full))
    files = objects(full.org_id)
    bus.deliver(full.org_id, again=True)
    assert objects(full.org_id) == files
    assert len(mails(simulators)) == 1


STEPS: dict[str, tuple[Any, str]] = {
    "before the figures are read": (report_contents, "figures"),
    "before a chart is drawn": (pictures, "png"),
    "before the table is written": (report_contents, "metrics_file"),
    "before the learners are written": (report_contents, "_learners"),
    "before it is told that it was sent": (reporting, "_finish"),
    "after its row says so, before messaging is asked": (report_mails, "letter"),
}


@pytest.mark.parametrize("step", STEPS)
def test_whenever_its_maker_dies_it_is_sent_once(
    full: Institution, simulators: Simulators, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    run_id = begun(full, schedule := scheduled(full, with_learners=True))
    with monkeypatch.context() as broken:
        module, name = STEPS[step]
        broken.setattr(module, name, killed)
        with pytest.raises(Killed):
            reporting.make(full.org_id, run_id)
    assert seen(full, schedule, run_id)["state"] == "running"
    assert requests(full) == []
    reporting.make(full.org_id, run_id)
    assert seen(full, schedule, run_id)["state"] == "running"  # not yet: the first may still be heard
    silent(full, run_id)
    assert reconcile.run()["reports"] >= 1
    bus.deliver(full.org_id)
    assert seen(full, schedule, run_id)["state"] == "sent"
    assert len(mails(simulators)) == 1


class Killed(BaseException):
    """Ends a process without a word: nothing in the product catches it."""


def killed(*_args: Any, **_named: Any) -> None:
    raise Killed


def silent(institution: Institution, run_id: UUID) -> None:
    """Whoever has it says nothing any more."""
    with work_for(institution.org_id) as session:
        statement = "UPDATE insights.report_runs SET updated_at = :at WHERE id = :id"
        session.execute(text(statement), {"at": clock.now() - timedelta(minutes=6), "id": run_id})


def test_of_two_makers_the_one_that_slept_sends_nothing(
    full: Institution, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = begun(full, schedule := scheduled(full))
    png, slept = pictures.png, list[str]()

    def sleep_once(svg: bytes) -> bytes:
        if not slept:
            slept.append("yes")
            silent(full, run_id)
            reporting.make(full.org_id, run_id)
        return png(svg)

    monkeypatch.setattr(pictures, "png", sleep_once)
    reporting.make(full.org_id, run_id)
    bus.deliver(full.org_id)
    assert seen(full, schedule, run_id)["state"] == "sent"
    assert len(mails(simulators)) == 1
    assert len({name.split("/")[2] for name in objects(full.org_id)}) == 1


def test_an_error_after_it_was_sent_takes_no_file_back(
    full: Institution, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run used to delete its files after any error: one told of when it had committed left a mail without them."""
    run_id = begun(full, schedule := scheduled(full))
    ending = Lease[Any].ending

    @contextmanager
    def torn(lease: Lease[Any]) -> Iterator[Any]:
        with ending(lease) as found:
            yield found
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(Lease, "ending", torn)
        with pytest.raises(ConnectionError):
            reporting.make(full.org_id, run_id)
    assert seen(full, schedule, run_id)["state"] == "sent"
    bus.deliver(full.org_id)
    (mail,) = mails(simulators)
    assert "report.xlsx" in [file["name"] for file in mail["attachments"]]


def test_what_fails_three_times_is_failed_told_and_can_be_sent_again(
    full: Institution,
    simulators: Simulators,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run_id = begun(full, schedule := scheduled(full))
    with monkeypatch.context() as broken:
        broken.setattr(report_contents, "figures", lambda *_args, **_named: 1 / 0)
        for _ in range(MOST_TRIES):
            with pytest.raises(ZeroDivisionError):
                reporting.make(full.org_id, run_id)
    run = seen(full, schedule, run_id)
    assert (run["state"], run["reason"]) == ("failed", "report_not_made")
    assert "Have it sent again" in run["state_text"]
    assert "report_failed" in [
        record.getMessage() for record in caplog.records if record.levelname == "ERROR"
    ]
    bus.deliver(full.org_id)
    (notice,) = get("/v1/messaging/notifications", as_=full.staff).expect(200)["data"]
    assert notice["title"] == "Our learners could not be sent"
    again = post(f"{SCHEDULES}/{schedule['id']}/runs", as_=full.staff).expect(202)
    assert (again["id"], again["state"]) == (str(run_id), "pending")
    bus.deliver(full.org_id)
    assert seen(full, schedule, run_id)["state"] == "sent"
    assert len(mails(simulators)) == 1


def test_a_maker_that_is_always_killed_ends_in_a_named_state_and_leaves_no_file(
    full: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = begun(full, schedule := scheduled(full))
    monkeypatch.setattr(reporting, "_finish", killed)
    for _ in range(MOST_TRIES):
        with pytest.raises(Killed):
            reporting.make(full.org_id, run_id)
        silent(full, run_id)
    reporting.make(full.org_id, run_id)
    assert seen(full, schedule, run_id)["state"] == "failed"
    assert objects(full.org_id) == []
