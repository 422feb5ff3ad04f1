"""SB-47: whatever staff change, and whatever anybody deletes, stands in the audit log."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from bench.writes import Write, writes_by_people
from lodestar import audit
from lodestar.auditing import READING
from lodestar.principal import STAFF
from tests.database import Database
from tests.proof import WHOLE, Proof, generator, size
from tests.security.operations import operations
from tests.security.twins import Request
from tests.security.world import World, a_full_organization

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
Worlds = tuple[World, World]
REFUSED = 300
CHANGES_NOTHING = {
    "POST /v1/assessment/lesson-items/{lesson_id}/previews": "a quiz as learners would get it, of which nothing is kept",
    "POST /v1/learning/overrides/previews": "what an override would change",
    "POST /v1/learning/program-assignments": "here it is assigned already; the administrators' tour sees it assigned, and noted",
    "POST /v1/learning/programs/{program_id}/previews": "what publishing would change",
    "POST /v1/learning/resources/{resource_id}/downloads": "a link to read by",
    "POST /v1/media/uploads": "no file yet: `upload.received` notes the one that comes",
    "POST /v1/media/uploads/{upload_id}/parts": "links to send parts by",
    "POST /v1/messaging/reminder-policies/{key}/previews": "what would be sent, of which nothing is kept",
    "POST /v1/messaging/templates/{message_template_id}/previews": "a rendering, of which nothing is kept",
}
ENTRIES = text("SELECT count(*) FROM backbone.outbox WHERE name = 'backbone.audit_recorded'")


class Log:
    """The audit entries of all organizations, on their way to their chains."""

    def __init__(self, database: Database) -> None:
        self._engine = create_engine(database.migrator_url, poolclass=NullPool)

    def __len__(self) -> int:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("SET ROLE lodestar_crossing")
            return connection.scalar(ENTRIES) or 0


@pytest.fixture(scope="module")
def worlds(product: None) -> Worlds:
    """One to add to and one to change; for a slice both are one."""
    first = a_full_organization()
    return first, a_full_organization() if WHOLE else first


def sampled(what: str, count: int) -> set[str]:
    """So many of the operations that write."""
    found = [o for o in operations() if o.method.upper() not in READING and not o.is_public]
    names = sorted({str(operation) for operation in found} - CHANGES_NOTHING.keys())
    return set(generator(what).sample(names, min(count, len(names))))


def written(log: Log, writes: Iterator[Write], chosen: set[str]) -> Iterator[tuple[str, Request, bool]]:
    """Every write that succeeds of the chosen operations, by its operation's name, and whether it left an entry."""
    for named, prepare in writes:
        name = " ".join(named.split()[:2])
        if name not in chosen:
            continue
        send: Any = prepare()
        request = getattr(getattr(send, "func", send), "__self__", None)
        before = len(log)
        if send().status < REFUSED and isinstance(request, Request):
            yield name, request, len(log) > before


def concerns(request: Request) -> bool:
    """Whether somebody will ask who did this."""
    roles = (
        {role for held in request.person.memberships.values() for role in held} if request.person else set()
    )
    return bool(roles & STAFF) or request.method == "DELETE"


def unnoted(log: Log, worlds: Worlds, chosen: set[str]) -> tuple[set[str], set[str]]:
    """The operations that were written by, and those of them that never left an entry: of the requests of one some
    change nothing, such as a field that was so before."""
    tried, noted = set[str](), set[str]()
    for name, request, has_entry in written(log, writes_by_people(*worlds), chosen):
        if concerns(request):
            tried.add(name)
            noted |= {name} if has_entry else set()
    return tried, tried - noted


def test_every_change_by_staff_and_every_deletion_is_noted(
    database: Database, worlds: Worlds, proof: Proof
) -> None:
    chosen = sampled("audited", size(slice=16, whole=1000))
    tried, missing = unnoted(Log(database), worlds, chosen)
    proof.found("SB-47", "writes by staff, and deletions", tried=len(tried), wrong=sorted(missing))


def test_without_the_edge_s_part_content_would_be_written_unnoted(
    monkeypatch: pytest.MonkeyPatch, database: Database, worlds: Worlds, proof: Proof
) -> None:
    monkeypatch.setattr(audit, "record_request", lambda *_arguments, **_named: None)
    chosen = sampled("unaudited", size(slice=8, whole=1000))
    tried, missing = unnoted(Log(database), worlds, chosen)
    proof.control("SB-47", "what the edge notes", tried=len(tried), caught=len(missing))


def test_what_changes_nothing_is_an_operation_that_there_is() -> None:
    assert {str(operation) for operation in operations()} >= CHANGES_NOTHING.keys()
