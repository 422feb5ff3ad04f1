"""SB-47: whatever staff change, and whatever anybody deletes, stands in the audit log."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from bench.writes import writes
from lodestar import audit
from lodestar.principal import STAFF
from tests.database import Database
from tests.proof import Proof
from tests.security.operations import operations
from tests.security.twins import Request

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
REFUSED = 300
CHANGES_NOTHING = {
    "POST /v1/learning/program-assignments": "here it is assigned already; the administrators' tour sees it assigned, and noted",
    "POST /v1/learning/resources/{resource_id}/downloads": "a link to read by",
    "POST /v1/media/uploads": "no file yet: `upload.received` notes the one that comes",
    "POST /v1/media/uploads/{upload_id}/parts": "links to send parts by",
    "POST /v1/messaging/reminder-policies/{key}/previews": "what would be sent, of which nothing is kept",
    "POST /v1/messaging/templates/{message_template_id}/previews": "a rendering, of which nothing is kept",
}
SO_ALREADY = {
    "PATCH /v1/assessment/prompt-templates/{template_id}",
    "PATCH /v1/identity/me",
    "PATCH /v1/learning/enrollments/{enrollment_id}",
    "PATCH /v1/messaging/notifications/{notification_id}",
    "POST /v1/messaging/webhook-endpoints/{endpoint_id}/redeliveries",
    "PUT /v1/assessment/assessments/{assessment_id}/tier-templates/{tier}",
}
"""Of which no request of `bench.writes` by staff changes a row: what their examples say, the rows say already."""
ENTRIES = text("SELECT count(*) FROM backbone.outbox WHERE name = 'backbone.audit_recorded'")


class Log:
    """The audit entries of all organizations, on their way to their chains."""

    def __init__(self, database: Database) -> None:
        self._engine = create_engine(database.migrator_url, poolclass=NullPool)

    def __len__(self) -> int:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("SET ROLE lodestar_crossing")
            return connection.scalar(ENTRIES) or 0


def written(log: Log) -> Iterator[tuple[str, Request, bool]]:
    """Every write that succeeds, by its operation's name, and whether it left an entry."""
    for name, prepare in writes():
        send: Any = prepare()
        request = getattr(getattr(send, "func", send), "__self__", None)
        before = len(log)
        if send().status < REFUSED and isinstance(request, Request):
            yield " ".join(name.split()[:2]), request, len(log) > before


def concerns(request: Request) -> bool:
    """Whether somebody will ask who did this."""
    roles = (
        {role for held in request.person.memberships.values() for role in held} if request.person else set()
    )
    return bool(roles & STAFF) or request.method == "DELETE"


def unnoted(log: Log) -> tuple[set[str], set[str]]:
    """The operations that were written by, and those of them that never left an entry: of the requests of one some
    change nothing, such as a field that was so before."""
    tried, noted = set[str](), set[str]()
    for name, request, has_entry in written(log):
        if concerns(request) and name not in CHANGES_NOTHING.keys() | SO_ALREADY:
            tried.add(name)
            noted |= {name} if has_entry else set()
    return tried, tried - noted


def test_every_change_by_staff_and_every_deletion_is_noted(database: Database, proof: Proof) -> None:
    tried, missing = unnoted(Log(database))
    proof.found("SB-47", "writes by staff, and deletions", tried=len(tried), wrong=sorted(missing))


def test_without_the_edge_s_part_content_would_be_written_unnoted(
    monkeypatch: pytest.MonkeyPatch, database: Database, proof: Proof
) -> None:
    monkeypatch.setattr(audit, "record_request", lambda *_arguments, **_named: None)
    tried, missing = unnoted(Log(database))
    proof.control("SB-47", "what the edge notes", tried=len(tried), caught=len(missing))


def test_what_changes_nothing_is_an_operation_that_there_is() -> None:
    assert {str(operation) for operation in operations()} >= CHANGES_NOTHING.keys() | SO_ALREADY
