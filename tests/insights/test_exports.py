"""Learners' progress as a table: asked for, made in the background, fetched, forgotten."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import boto3
import pytest
from sqlalchemy import text

from backbone import reconcile
from insights.rules import exports as rules
from insights.schedules import retain_exports
from insights.service import exporting, learners
from insights.service.columns import COLUMNS, HEADERS, METRIC_COLUMNS
from lodestar import cells
from lodestar.clock import now
from lodestar.config import settings
from lodestar.contracts.learning import Tier
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.leases import MOST_TRIES
from lodestar.principal import Role
from tests import bus
from tests.factories.assessment import a_background
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_cohort, a_program
from tests.gateway import Answer, get, post
from tests.insights.conftest import LEARNERS, Institution
from tests.insights.exports import EXPORTS, asked_for, made, stored
from tests.insights.tables import NAMES, csv_rows, said, xlsx_cells
from tests.privacy import approved, asked, fulfilled

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "a;=1",
    '"=1',
    "\uff1d1",
    "'=1",
    "plain",
    "Zo\u00eb \u2603",
]


def objects(org_id: UUID) -> list[str]:
    pages = boto3.client("s3").list_objects_v2(
        Bucket=settings().need("media_bucket"), Prefix=f"{org_id}/exports/"
    )
    return [one["Key"] for one in pages.get("Contents", [])]


def test_an_export_is_accepted_made_and_fetched_by_a_link(institution: Institution) -> None:
    institution.enrol(stars=2, tier=Tier.SILVER)
    answer: Answer = post(EXPORTS, {"format": "csv"}, as_=institution.staff)
    export = answer.expect(202)
    assert answer.headers["location"] == f"/v1/identity/operations/{export['operation_id']}"
    operation = get(answer.headers["location"], as_=institution.staff).expect(200)
    assert (operation["kind"], operation["status"], operation["progress_percent"]) == ("export", "pending", 0)
    bus.deliver(institution.org_id)
    operation = get(answer.headers["location"], as_=institution.staff).expect(200)
    assert (operation["status"], operation["progress_percent"]) == ("succeeded", 100)
    assert operation["result"] == {"export_id": export["id"], "rows": 1}
    found = get(f"{EXPORTS}/{export['id']}", as_=institution.staff)
    assert found.headers["cache-control"] == "no-store"
    detail = found.expect(200)
    assert (detail["state"], detail["row_count"], detail["byte_count"]) == (
        "completed",
        1,
        len(stored(detail)),
    )
    link = urlsplit(detail["download"]["url"]).query
    assert "X-Amz-Expires=300" in link
    assert "filename%3D%22learners-" in link


def test_the_table_says_what_the_list_says_in_both_formats(institution: Institution) -> None:
    for nth in range(3):
        institution.enrol(name=f"Learner {nth}", stars=nth)
    listed = get(f"{LEARNERS}?sort=enrolled_at", as_=institution.staff).expect(200)["data"]
    rows = csv_rows(stored(made(institution.staff, "csv")))
    assert tuple(rows[0]) == HEADERS
    for row, shown in zip(rows, listed, strict=True):
        for same in ("learner_id", "display_name", "email", "enrollment_id", "status"):
            assert row[same] == shown[same]
        assert row["program"] == shown["program"]["title"]
        assert (int(row["stars"]), row["tier"]) == (shown["stars"], (shown["tier"] or {"tier": ""})["tier"])
        assert [bool(row[f"star_{star}_at"]) for star in range(1, 6)] == [
            star <= shown["stars"] for star in range(1, 6)
        ]
    sheet = list(xlsx_cells(stored(made(institution.staff, "xlsx"))))
    assert [said(cell) for cell in sheet[0]] == list(HEADERS)
    names = HEADERS.index("display_name")
    assert [said(row[names]) for row in sheet[1:]] == [shown["display_name"] for shown in listed]


def test_filters_keep_in_the_table_whom_they_keep_in_the_list(institution: Institution) -> None:
    institution.enrol(stars=1)
    silver = institution.enrol(stars=2, tier=Tier.SILVER, name="Mary Somerville")
    for filters in ({"tier": "silver"}, {"star": 2}, {"q": "SOMER"}):
        rows = csv_rows(stored(made(institution.staff, "csv", **filters)))
        assert [row["learner_id"] for row in rows] == [str(silver.user_id)], filters


def test_no_cell_is_a_formula(institution: Institution) -> None:
    for name in HOSTILE:
        institution.enrol(name=name)
    texts = [row["display_name"] for row in csv_rows(stored(made(institution.staff, "csv")))]
    assert [cells.unescaped(found) for found in texts] == HOSTILE
    assert [found for found in texts if found[:1] in "=+-@\t\uff1d"] == []
    sheet = list(xlsx_cells(stored(made(institution.staff, "xlsx"))))
    assert not [cell for row in sheet for cell in row if cell.find("s:f", NAMES) is not None]
    names = [row[HEADERS.index("display_name")] for row in sheet[1:]]
    assert {cell.get("t") for cell in names} == {"inlineStr"}
    assert [said(cell) for cell in names] == HOSTILE


def test_without_escaping_the_same_names_would_be_formulas(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    institution.enrol(name="=1+1")
    monkeypatch.setattr(cells, "escaped", lambda text: text)
    assert csv_rows(stored(made(institution.staff, "csv")))[0]["display_name"] == "=1+1"


def test_numbers_and_times_are_numbers_and_times_in_a_workbook(institution: Institution) -> None:
    institution.enrol(stars=2)
    row = list(xlsx_cells(stored(made(institution.staff, "xlsx"))))[1]
    by_column = {cell.get("r", "").rstrip("0123456789"): cell for cell in row}
    assert [by_column[column].get("t") for column in "GH"] == ["inlineStr", None]
    assert said(by_column["H"]) == "2"
    assert float(said(by_column["L"])) > 46_000


def test_the_same_wish_while_it_is_open_is_the_same_export(institution: Institution) -> None:
    first, twin = (asked_for(institution.staff, "csv", star=1) for _ in range(2))
    other = asked_for(institution.staff, "csv", star=2)
    colleague = asked_for(a_person(institution.org_id, Role.ORG_ADMIN), "csv", star=1)
    assert twin == first
    assert len({first["id"], other["id"], colleague["id"]}) == 3
    exporting.make(institution.org_id, UUID(first["id"]))
    assert asked_for(institution.staff, "csv", star=1)["id"] != first["id"]


def test_an_export_that_is_made_is_not_made_again(institution: Institution) -> None:
    institution.enrol()
    export = made(institution.staff, "csv")
    files = objects(institution.org_id)
    exporting.make(institution.org_id, UUID(export["id"]))
    assert objects(institution.org_id) == files
    assert len(files) == 1


def test_a_run_that_died_is_followed_by_another_that_finishes(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    institution.enrol()
    export = asked_for(institution.staff, "csv")
    with monkeypatch.context() as broken:
        broken.setattr(learners, "read_all", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            exporting.make(institution.org_id, UUID(export["id"]))
    assert get(f"{EXPORTS}/{export['id']}", as_=institution.staff).expect(200)["state"] == "pending"
    assert objects(institution.org_id) == []
    exporting.make(institution.org_id, UUID(export["id"]))
    assert get(f"{EXPORTS}/{export['id']}", as_=institution.staff).expect(200)["row_count"] == 1


def test_the_third_failure_is_the_last_and_says_so(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    institution.enrol()
    export = asked_for(institution.staff, "csv")
    monkeypatch.setattr(learners, "read_all", lambda *_: 1 / 0)
    for _ in range(MOST_TRIES):
        with pytest.raises(ZeroDivisionError):
            exporting.make(institution.org_id, UUID(export["id"]))
    exporting.make(institution.org_id, UUID(export["id"]))
    found = get(f"{EXPORTS}/{export['id']}", as_=institution.staff).expect(200)
    operation = get(f"/v1/identity/operations/{export['operation_id']}", as_=institution.staff).expect(200)
    assert (found["state"], found["problem_detail"], found["download"]) == ("failed", rules.GIVEN_UP, None)
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "export_failed")


def silent(org_id: UUID, export_id: str) -> None:
    """The run that has it says nothing any more."""
    with work_for(org_id) as session:
        statement = "UPDATE insights.exports SET updated_at = :at WHERE id = :id"
        session.execute(text(statement), {"at": now() - timedelta(minutes=6), "id": export_id})


def test_of_two_runs_the_one_that_slept_names_no_file(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    institution.enrol()
    export = asked_for(institution.staff, "csv")
    read_all = learners.read_all
    taken_over: list[str] = []

    def sleep_once(*given: Any) -> Any:
        if not taken_over:
            taken_over.append("yes")
            exporting.make(institution.org_id, UUID(export["id"]))  # not yet: the first is heard
            assert get(f"{EXPORTS}/{export['id']}", as_=institution.staff).expect(200)["state"] == "running"
            silent(institution.org_id, export["id"])
            exporting.make(institution.org_id, UUID(export["id"]))
        return read_all(*given)

    monkeypatch.setattr(learners, "read_all", sleep_once)
    exporting.make(institution.org_id, UUID(export["id"]))
    found = get(f"{EXPORTS}/{export['id']}", as_=institution.staff).expect(200)
    assert (found["state"], found["row_count"]) == ("completed", 1)
    assert len(objects(institution.org_id)) == 1
    assert len(csv_rows(stored(found))) == 1


def test_what_nobody_works_on_is_asked_for_again(institution: Institution) -> None:
    institution.enrol()
    export = asked_for(institution.staff, "csv")
    silent(institution.org_id, export["id"])
    assert reconcile.run()["exports"] >= 1
    assert [e["data"]["export_id"] for e in bus.emitted(institution.org_id, "insights.export_requested")] == [
        export["id"]
    ] * 2


def test_a_file_goes_after_a_week_and_the_row_with_the_period_for_long_work(institution: Institution) -> None:
    institution.enrol()
    export = made(institution.staff, "csv")

    def age(**times: Any) -> None:
        changes = ", ".join(f"{column} = :{column}" for column in times)
        with work_for(institution.org_id) as session:
            session.execute(
                text(f"UPDATE insights.exports SET {changes} WHERE id = :id"), {"id": export["id"], **times}
            )

    age(expires_at=now() - timedelta(seconds=1))
    assert get(f"{EXPORTS}/{export['id']}", as_=institution.staff).expect(200)["download"] is None
    retain_exports.run()
    assert objects(institution.org_id) == []
    age(created_at=now() - timedelta(days=91))
    retain_exports.run()
    assert get(f"{EXPORTS}/{export['id']}", as_=institution.staff).status == 404


def test_erasing_a_learner_takes_the_tables_that_may_hold_them(institution: Institution) -> None:
    learner = institution.enrol(name="Ada Lovelace")
    admin = a_person(institution.org_id, Role.ORG_ADMIN)
    export = made(institution.staff, "csv", q="lovelace")
    request_id = asked(learner, "erase")
    approved(request_id, admin)
    assert fulfilled(institution.org_id, request_id) == "Erased"
    assert objects(institution.org_id) == []
    found = get(f"{EXPORTS}/{export['id']}", as_=institution.staff).expect(200)
    assert (found["download"], found["filters"]) == (None, {})
    assert csv_rows(stored(made(institution.staff, "csv"))) == []


def test_another_organizations_export_is_as_absent_as_none(institution: Institution) -> None:
    export = made(institution.staff, "csv")
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    answers = [get(f"{EXPORTS}/{one}", as_=stranger) for one in (export["id"], new_id())]
    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].json["detail"] == answers[1].json["detail"]
    assert get(EXPORTS, as_=stranger).expect(200)["data"] == []
    exporting.make(stranger.org_id, UUID(export["id"]))


@pytest.mark.parametrize("name", ["program_id", "background_id", "cohort_id"])
def test_a_table_of_a_program_that_is_not_here_is_refused(institution: Institution, name: str) -> None:
    elsewhere = an_organization()
    their_program = a_program(elsewhere)
    theirs = {
        "program_id": their_program.program_id,
        "background_id": a_background(elsewhere),
        "cohort_id": a_cohort(elsewhere, their_program),
    }[name]
    answers = [
        post(EXPORTS, {"format": "csv", "filters": {name: str(one)}}, as_=institution.staff)
        for one in (theirs, new_id())
    ]
    assert [(answer.status, answer.json["detail"]) for answer in answers] == [
        (404, answers[0].json["detail"])
    ] * 2
    own = {
        "program_id": institution.program.program_id,
        "background_id": a_background(institution.org_id),
        "cohort_id": a_cohort(institution.org_id, institution.program),
    }[name]
    assert asked_for(institution.staff, "csv", **{name: str(own)})["filters"] == {name: str(own)}


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.LEARNER])
def test_only_staff_and_analysts_take_tables_away(institution: Institution, role: Role) -> None:
    export = asked_for(institution.staff, "csv")
    asking = a_person(institution.org_id, role)
    answers = [
        post(EXPORTS, {"format": "csv"}, as_=asking),
        get(EXPORTS, as_=asking),
        get(f"{EXPORTS}/{export['id']}", as_=asking),
    ]
    assert [answer.status for answer in answers] == [403, 403, 403]


def test_the_fifty_first_export_of_a_day_waits(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "EXPORTS_A_DAY", 1)
    asked_for(institution.staff, "csv")
    assert asked_for(institution.staff, "csv")
    refused = post(EXPORTS, {"format": "xlsx"}, as_=institution.staff)
    assert (refused.status, refused.json["code"]) == (429, "rate_limited")
    assert len(get(EXPORTS, as_=institution.staff).expect(200)["data"]) == 1


def test_the_guide_names_every_column_in_order() -> None:
    from tests.architecture.tree import ROOT

    guide = (ROOT / "docs/guides/insights.md").read_text()
    assert "\n".join(f"| `{column.header}` | {column.says} |" for column in COLUMNS) in guide
    assert "\n".join(f"| `{column.header}` | {column.says} |" for column in METRIC_COLUMNS) in guide
