"""The audit log searched by every filter, exported as a file, and verified over HTTP and from the file alone."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import boto3
import httpx
import pytest
from sqlalchemy import text

from identity.reactions.audit_export_requested import handler as make_file
from identity.schedules import retain_members
from local import audit_chain
from lodestar import audit, cells
from lodestar.config import settings
from lodestar.db import unit_of_work, work_for
from lodestar.ids import new_id
from lodestar.principal import Principal, Role
from tests import gateway
from tests.bus import deliver, emitted, queue_event
from tests.database import Database
from tests.factories.identity import a_person, an_organization
from tests.identity.test_audit_events import record, tamper

pytestmark = pytest.mark.usefixtures("product")
AUDIT = "/v1/identity/audit-events"
EXPORTS = "/v1/identity/audit-exports"
OPERATIONS = "/v1/identity/operations"


def an_admin() -> gateway.Person:
    return a_person(an_organization(), Role.ORG_ADMIN)


def found(admin: gateway.Person, **filters: Any) -> list[str]:
    query = "&".join(f"{name}={quote(str(value))}" for name, value in filters.items())
    rows = gateway.get(f"{AUDIT}?{query}", as_=admin).expect(200)["data"]
    return [row["action"] for row in rows]


def note(admin: gateway.Person, action: str, *, key: UUID | None = None, subject: UUID | None = None) -> None:
    """What the person did to something, by the key if there is one."""
    principal = Principal(admin.user_id, admin.org_id, api_key_id=key)
    with unit_of_work(principal) as session:
        audit.record(session, action, subject_type="thing", subject_id=subject or new_id())
    deliver(admin.org_id)


def test_every_filter_finds_what_it_says_and_nothing_else() -> None:
    admin, key, subject = an_admin(), uuid4(), uuid4()
    colleague = a_person(admin.org_id, Role.ORG_ADMIN)
    note(admin, "thing.made", key=key)
    note(colleague, "thing.changed", subject=subject)
    note(admin, "thingamajig.made")
    everything = ["thingamajig.made", "thing.changed", "thing.made"]
    assert found(admin) == everything
    assert found(admin, action="thing") == ["thing.changed", "thing.made"], "what comes before the dot"
    assert found(admin, action="thing.made") == ["thing.made"]
    assert found(admin, action="thi") == []
    assert found(admin, api_key_id=key) == ["thing.made"]
    assert found(admin, actor_id=colleague.user_id) == found(admin, subject_id=subject) == ["thing.changed"]
    assert found(admin, subject_type="thing") == everything
    assert found(admin, action="thing", actor_id=admin.user_id) == ["thing.made"]
    rows = gateway.get(AUDIT, as_=admin).expect(200)["data"]
    moment = rows[1]["occurred_at"]
    assert found(admin, since=moment) == everything[:2]
    assert found(admin, before=moment) == ["thing.made"]
    assert found(admin, since=moment, before=moment) == []
    assert gateway.get(f"{AUDIT}?since=2026-01-01", as_=admin).status == 422
    assert found(an_admin(), api_key_id=key) == []


def test_a_requests_entries_are_found_by_its_correlation_id() -> None:
    admin = an_admin()
    sent = {"X-Correlation-Id": f"tour-{uuid4()}"}
    for _ in range(2):
        body = {"email": f"{uuid4()}@example.org"}
        gateway.post("/v1/identity/invitations", body, as_=admin, headers=sent).expect(201)
        sent_once = dict(sent)
        sent = {"X-Correlation-Id": f"other-{uuid4()}"}
    deliver(admin.org_id)
    assert found(admin, correlation_id=sent_once["X-Correlation-Id"]) == ["invitation.created"]


def test_pages_follow_each_other_whatever_the_filter() -> None:
    admin = an_admin()
    record(admin.org_id, *range(7), actor=admin.user_id)
    deliver(admin.org_id)
    seen: list[int] = []
    url = f"{AUDIT}?action=thing&limit=3"
    cursor: str | None = ""
    while cursor is not None:
        page = gateway.get(f"{url}&cursor={cursor}" if cursor else url, as_=admin).expect(200)
        seen += [row["sequence"] for row in page["data"]]
        cursor = page["page"]["next_cursor"]
    assert sorted(seen) == list(range(1, 8))


def verified(admin: gateway.Person, **body: Any) -> dict[str, Any]:
    """The verdict, as the operation tells it."""
    answer = gateway.post(f"{AUDIT}/verifications", body, as_=admin)
    begun = answer.expect(202)
    assert answer.headers["location"] == f"{OPERATIONS}/{begun['id']}"
    deliver(admin.org_id)
    ended = gateway.get(answer.headers["location"], as_=admin).expect(200)
    assert ended["status"] == "succeeded"
    result: dict[str, Any] = ended["result"]
    return result


def head_of(admin: gateway.Person) -> dict[str, Any]:
    head: dict[str, Any] = gateway.get(f"{AUDIT}/head", as_=admin).expect(200)
    return head


def test_the_verification_over_http_says_up_to_where_the_chain_holds() -> None:
    admin = an_admin()
    assert head_of(admin) == {"sequence": 0, "hash": "0" * 64}
    record(admin.org_id, 1, 2, 3)
    deliver(admin.org_id)
    noted = head_of(admin)
    verdict = verified(admin, head=noted)
    assert (verdict["holds"], verdict["first_broken"]) == (True, None)
    assert verdict["verified_entries"] >= noted["sequence"] == 3


def test_a_second_click_finds_the_verification_that_is_under_way() -> None:
    admin = an_admin()
    record(admin.org_id, 1)
    deliver(admin.org_id)
    url, noted = f"{AUDIT}/verifications", {"head": head_of(admin)}
    first = gateway.post(url, {}, as_=admin).expect(202)
    assert gateway.post(url, {}, as_=admin).expect(202)["id"] == first["id"]
    with_head = gateway.post(url, noted, as_=admin).expect(202)["id"]
    assert with_head != first["id"]
    deliver(admin.org_id)
    assert gateway.post(url, {}, as_=admin).expect(202)["id"] != first["id"], "the first one has ended"


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE backbone.audit_events SET reason = 'x' WHERE sequence = 2", (2, "changed")),
        ("DELETE FROM backbone.audit_events WHERE sequence = 2", (2, "missing")),
    ],
)
def test_the_verification_over_http_names_the_first_broken_entry(
    database: Database, change: str, broken: tuple[int, str]
) -> None:
    admin = an_admin()
    record(admin.org_id, 1, 2, 3)
    deliver(admin.org_id)
    tamper(database, admin.org_id, change)
    verdict = verified(admin)
    assert not verdict["holds"]
    assert (verdict["first_broken"]["sequence"], verdict["first_broken"]["what"]) == broken
    tamper(database, admin.org_id, "DELETE FROM backbone.audit_events WHERE true")


def test_only_a_head_that_was_noted_elsewhere_shows_what_was_cut_off(database: Database) -> None:
    admin = an_admin()
    record(admin.org_id, 1, 2, 3)
    deliver(admin.org_id)
    noted = head_of(admin)
    tamper(database, admin.org_id, "DELETE FROM backbone.audit_events WHERE sequence > 1")
    assert verified(admin)["holds"], "the control: the chain that is left holds in itself"
    verdict = verified(admin, head=noted)
    assert (verdict["holds"], verdict["first_broken"]["what"]) == (False, "changed"), (
        "another entry has taken the place of the one that was noted"
    )
    tamper(database, admin.org_id, "DELETE FROM backbone.audit_events WHERE true")


def test_an_export_and_a_verification_are_administrators() -> None:
    admin = an_admin()
    for role in (Role.ORG_STAFF, Role.ANALYST, Role.LEARNER):
        person = a_person(admin.org_id, role)
        assert gateway.post(EXPORTS, as_=person).status == 403
        assert gateway.post(f"{AUDIT}/verifications", as_=person).status == 403
        assert gateway.get(f"{AUDIT}/head", as_=person).status == 403


def exported(admin: gateway.Person, format_: str = "jsonl") -> dict[str, Any]:
    begun = gateway.post(EXPORTS, {"format": format_}, as_=admin).expect(202)
    deliver(admin.org_id)
    export: dict[str, Any] = gateway.get(f"{EXPORTS}/{begun['id']}", as_=admin).expect(200)
    return export


def content(export: dict[str, Any]) -> str:
    return httpx.get(export["download"]["url"]).raise_for_status().content.decode("utf-8-sig")


@pytest.fixture
def exported_file(tmp_path: Path) -> Path:
    """The log of an organization, with four entries, in a file."""
    admin = an_admin()
    record(admin.org_id, 1, {"b": [1.5, None]}, "ü=1", 10**30)
    deliver(admin.org_id)
    file = tmp_path / "audit-log.jsonl"
    file.write_text(content(exported(admin)), encoding="utf-8")
    return file


def test_an_export_is_a_file_with_the_head_that_it_ends_at() -> None:
    admin = an_admin()
    record(admin.org_id, 1, 2)
    deliver(admin.org_id)
    head = head_of(admin)
    export = exported(admin)
    assert (export["state"], export["head_sequence"], export["head_hash"]) == (
        "completed",
        head["sequence"],
        head["hash"],
    )
    first, *entries = map(json.loads, content(export).splitlines())
    assert (first["org_id"], first["head"]) == (str(admin.org_id), head)
    assert [entry["hash"] for entry in entries][-1] == head["hash"]
    operation = gateway.get(f"{OPERATIONS}/{export['operation_id']}", as_=admin).expect(200)
    assert operation["result"]["holds"]
    assert operation["result"]["export_id"] == export["id"]
    assert found(admin, action="audit_log") == ["audit_log.export_requested"]
    assert gateway.get(f"{EXPORTS}/{export['id']}", as_=an_admin()).status == 404


def test_an_export_is_a_table_whose_cells_no_spreadsheet_runs() -> None:
    admin = an_admin()
    with unit_of_work(Principal(admin.user_id, admin.org_id)) as session:
        audit.record(session, "thing.made", subject_type="thing", subject_id=new_id(), reason="=1+1")
    deliver(admin.org_id)
    raw = content(exported(admin, "csv"))
    header, row = cells.records(raw)
    assert dict(zip(header, row, strict=True))["reason"] == "=1+1"
    assert ",'=1+1," in raw


def test_an_export_that_is_asked_for_twice_or_made_twice_is_one() -> None:
    admin = an_admin()
    record(admin.org_id, 1)
    deliver(admin.org_id)
    first = gateway.post(EXPORTS, as_=admin).expect(202)
    assert gateway.post(EXPORTS, as_=admin).expect(202)["id"] == first["id"]
    (requested,) = emitted(admin.org_id, "identity.audit_export_requested")
    for _ in range(2):
        assert make_file(queue_event(requested), None) == {"batchItemFailures": []}
    export = gateway.get(f"{EXPORTS}/{first['id']}", as_=admin).expect(200)
    assert content(export).count("\n") == 2
    assert len(gateway.get(EXPORTS, as_=admin).expect(200)["data"]) == 1


def test_an_export_that_was_tried_three_times_is_given_up() -> None:
    admin = an_admin()
    begun = gateway.post(EXPORTS, as_=admin).expect(202)
    with work_for(admin.org_id) as session:
        session.execute(text("UPDATE identity.audit_exports SET tries = 3"))
    deliver(admin.org_id)
    assert gateway.get(f"{EXPORTS}/{begun['id']}", as_=admin).expect(200)["state"] == "failed"
    operation = gateway.get(f"{OPERATIONS}/{begun['operation_id']}", as_=admin).expect(200)
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "export_failed")
    assert gateway.post(EXPORTS, as_=admin).expect(202)["id"] != begun["id"]


def test_the_file_of_an_export_goes_after_a_week() -> None:
    admin = an_admin()
    export = exported(admin)
    assert datetime.fromisoformat(export["expires_at"]) - datetime.fromisoformat(
        export["completed_at"]
    ) == timedelta(days=7)
    with work_for(admin.org_id) as session:
        session.execute(text("UPDATE identity.audit_exports SET expires_at = now() - interval '1 minute'"))
    assert gateway.get(f"{EXPORTS}/{export['id']}", as_=admin).expect(200)["download"] is None
    for _ in range(2):
        retain_members.handler({}, None)
    prefix = f"{admin.org_id}/audit-exports/"
    listed = boto3.client("s3").list_objects_v2(Bucket=settings().need("media_bucket"), Prefix=prefix)
    assert listed["KeyCount"] == 0


def test_the_file_proves_itself_without_a_network(
    exported_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit_chain.main([str(exported_file)]) == 0
    said = capsys.readouterr().out
    head = json.loads(exported_file.read_text().splitlines()[0])["head"]
    assert said.endswith(f"holds: 4 entries, head 4:{head['hash']}\n")
    assert audit_chain.main([str(exported_file), "--head", f"4:{head['hash']}"]) == 0


def reworded(lines: list[str], place: int, **values: Any) -> list[str]:
    changed = {**json.loads(lines[place]), **values}
    return [*lines[:place], json.dumps(changed), *lines[place + 1 :]]


Tampering = Callable[[list[str]], list[str]]
TAMPERED: dict[str, tuple[Tampering, int]] = {
    "changed": (lambda all_: reworded(all_, 2, reason="x"), 2),
    "changed with its hash": (lambda all_: reworded(all_, 2, hash="0" * 64), 2),
    "removed": (lambda all_: [*all_[:2], *all_[3:]], 2),
    "removed and renumbered": (lambda all_: reworded([*all_[:2], *all_[3:]], 2, sequence=2), 2),
    "reordered": (lambda all_: [all_[0], all_[1], all_[3], all_[2], all_[4]], 2),
    "inserted": (lambda all_: [*all_[:3], all_[2], *all_[3:]], 2),
    "inserted as its own": (lambda all_: [*all_[:3], *reworded([all_[2]], 0, sequence=3), *all_[3:]], 3),
    "appended": (lambda all_: [*all_, *reworded([all_[4]], 0, sequence=5)], 5),
    "truncated": (lambda all_: all_[:-1], 4),
    "emptied": (lambda all_: all_[:1], 1),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_file_that_was_tampered_with_names_its_first_broken_entry(
    how: str, exported_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, named = TAMPERED[how]
    exported_file.write_text("\n".join(change(exported_file.read_text().splitlines())))
    assert audit_chain.main([str(exported_file)]) == 1
    assert capsys.readouterr().out.startswith(f"BROKEN at entry {named}, ")


def test_a_file_that_was_cut_off_with_its_promise_is_found_by_the_head_that_was_noted(
    exported_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *entries = exported_file.read_text().splitlines()
    noted = json.loads(entries[-1])
    last = json.loads(entries[1])
    promise = {**json.loads(first), "head": {"sequence": 2, "hash": last["hash"]}}
    exported_file.write_text("\n".join([json.dumps(promise), *entries[:2]]))
    assert audit_chain.main([str(exported_file)]) == 0, "the control: by itself it holds"
    head = f"{noted['sequence']}:{noted['hash']}"
    assert audit_chain.main([str(exported_file), "--head", head]) == 1
    assert "BROKEN at entry 3, which is missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "lodestar", '{"format": "lodestar-audit-log/1", "head": 1}']
)
def test_what_is_no_audit_log_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "file"
    file.write_text(content)
    assert audit_chain.main([str(file)]) == 2
