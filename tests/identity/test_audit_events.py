"""The audit log: chained, append-only, read by administrators, and a changed row is named."""

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from identity.errors import AuditChainBroken
from identity.reactions.audit_recorded import handler as chain
from identity.rules.audit_chain import GENESIS, Broken, Entry, chained_hash
from identity.rules.audit_chain import verify as follow
from identity.schedules.check_audit_chains import handler as check
from identity.service import audit_events as service
from lodestar import audit
from lodestar.db import unit_of_work, work_for
from lodestar.ids import new_id
from lodestar.principal import Principal, Role
from tests import gateway
from tests.bus import deliver, emitted, queue_event
from tests.database import Database
from tests.factories.identity import a_person, an_organization

pytestmark = pytest.mark.usefixtures("product")
AUDIT = "/v1/identity/audit-events"


def record(org_id: UUID, *numbers: Any, actor: UUID | None = None) -> None:
    with unit_of_work(Principal(user_id=actor or new_id(), org_id=org_id)) as session:
        for number in numbers:
            audit.record(
                session, "thing.changed", subject_type="thing", subject_id=new_id(), after={"number": number}
            )


def verify(org_id: UUID) -> None:
    service.check(org_id)


def tamper(database: Database, org_id: UUID, statement: str) -> None:
    """What only the tables' owner could do: with the guards switched off."""
    with create_engine(database.migrator_url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("SET ROLE lodestar_owner")
        for guard in ("NO FORCE ROW LEVEL SECURITY", "DISABLE TRIGGER append_only"):
            connection.exec_driver_sql(f"ALTER TABLE backbone.audit_events {guard}")
        connection.execute(text(f"{statement} AND org_id = :org"), {"org": org_id})
        for guard in ("ENABLE TRIGGER append_only", "FORCE ROW LEVEL SECURITY"):
            connection.exec_driver_sql(f"ALTER TABLE backbone.audit_events {guard}")


def test_administrators_read_what_was_done_newest_first() -> None:
    org_id = an_organization()
    admin, learner = a_person(org_id, Role.ORG_ADMIN), a_person(org_id)
    body = {"user_id": str(learner.user_id), "role": "instructor"}
    sent = {"X-Correlation-Id": "my-request"}
    made = gateway.post("/v1/identity/members", body, as_=admin, headers=sent).expect(201)
    record(org_id, 1)
    deliver(org_id)
    latest, first = gateway.get(AUDIT, as_=admin).expect(200)["data"]
    assert (latest["sequence"], first["sequence"]) == (2, 1)
    assert (first["action"], first["subject_id"]) == ("membership.created", made["id"])
    assert (first["actor_id"], first["correlation_id"]) == (str(admin.user_id), "my-request")
    assert (first["previous_hash"], latest["previous_hash"]) == (GENESIS, first["hash"])
    mine = gateway.get(f"{AUDIT}?actor_id={admin.user_id}&action=membership.created", as_=admin)
    assert [row["id"] for row in mine.expect(200)["data"]] == [first["id"]]
    assert gateway.get(AUDIT, as_=learner).status == 403
    assert gateway.get(AUDIT, as_=a_person(an_organization(), Role.ORG_ADMIN)).json["data"] == []


def test_a_chain_holds_whatever_its_entries_say() -> None:
    org_id = an_organization()
    record(org_id, 1, 1.0, 1e2, 0.1, "ü  ", None, {"b": [1, {"a": None}], "a": True}, 10**30)
    deliver(org_id)
    verify(org_id)


def test_an_event_that_comes_twice_is_chained_once() -> None:
    org_id = an_organization()
    record(org_id, 1, 2)
    deliver(org_id)
    deliver(org_id, again=True)
    with work_for(org_id) as session:
        assert session.scalar(text("SELECT count(*) FROM backbone.audit_events")) == 2
    verify(org_id)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE backbone.audit_events SET after = '{\"number\": 99}' WHERE sequence = 2", 2),
        ("UPDATE backbone.audit_events SET actor_id = uuidv7() WHERE sequence = 3", 3),
        ("UPDATE backbone.audit_events SET occurred_at = occurred_at + interval '1 s' WHERE sequence = 1", 1),
        ("UPDATE backbone.audit_events SET hash = repeat('0', 64) WHERE sequence = 2", 2),
        ("DELETE FROM backbone.audit_events WHERE sequence = 2", 2),
        ("DELETE FROM backbone.audit_events WHERE sequence = 1", 1),
    ],
)
def test_a_tampered_entry_is_named(database: Database, change: str, named: int) -> None:
    org_id = an_organization()
    record(org_id, 1, 2, 3)
    deliver(org_id)
    verify(org_id)
    tamper(database, org_id, change)
    with pytest.raises(AuditChainBroken, match=f"{org_id}, entry {named}"):
        verify(org_id)
    tamper(database, org_id, "DELETE FROM backbone.audit_events WHERE true")


def test_the_nightly_check_names_every_broken_chain(database: Database) -> None:
    good, bad = an_organization(), an_organization()
    for org_id in (good, bad):
        record(org_id, 1, 2)
        deliver(org_id)
    assert check({}, None)["checked"] >= 2
    tamper(database, bad, "UPDATE backbone.audit_events SET reason = 'x' WHERE sequence = 2")
    with pytest.raises(AuditChainBroken) as broken:
        check({}, None)
    assert str(broken.value) == f"organization {bad}, entry 2"
    tamper(database, bad, "DELETE FROM backbone.audit_events WHERE true")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE backbone.audit_events SET reason = 'x'",
        "DELETE FROM backbone.audit_events",
        "TRUNCATE backbone.audit_events",
    ],
)
def test_the_log_only_grows_even_for_its_owner(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError), work_for(new_id()) as session:
        session.execute(text(statement))
    with create_engine(database.migrator_url, poolclass=NullPool).connect() as connection:
        connection.exec_driver_sql("SET ROLE lodestar_owner")
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))


def test_entries_that_arrive_at_the_same_time_make_one_chain() -> None:
    org_id = an_organization()
    for number in range(8):
        record(org_id, number)
    waiting = emitted(org_id)
    start = threading.Barrier(4)
    answers: list[dict[str, Any]] = []

    def take(part: list[dict[str, Any]]) -> None:
        start.wait()
        answers.extend(chain(queue_event(event), None) for event in part)

    threads = [threading.Thread(target=take, args=(waiting[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"batchItemFailures": []}] * 8
    verify(org_id)
    with work_for(org_id) as session:
        query = text("SELECT sequence FROM backbone.audit_events ORDER BY sequence")
        assert session.scalars(query).all() == list(range(1, 9))


def a_chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    before = GENESIS
    for number in range(1, length + 1):
        content = {"id": str(uuid4())}
        entries.append((number, before, chained_hash(before, content), content))
        before = entries[-1][2]
    return entries


def test_the_rule_finds_what_was_changed_removed_reordered_added_and_cut_off() -> None:
    first, second, third = chain_ = a_chain(3)
    end = (3, third[2])
    verdict = follow(chain_, end=end)
    assert (verdict.head, verdict.broken) == (end, None)
    assert follow(chain_[1:]).broken == Broken(1, "missing")
    assert follow([first, third]).broken == Broken(2, "missing")
    assert follow([first, (*second[:3], {"id": "other"}), third]).broken == Broken(2, "changed")
    assert follow([first, third, second]).broken == Broken(2, "missing")
    assert follow([first, second, second, third]).broken == Broken(2, "added")
    assert follow([*chain_, a_chain(4)[3]]).broken == Broken(4, "changed")
    assert follow([first, second]).broken is None, "a chain cannot tell by itself what was cut off"
    assert follow([first, second], end=end).broken == Broken(3, "missing")
    assert follow([first, second], noted=end).broken == Broken(3, "missing")
    assert follow(chain_, end=(2, second[2])).broken == Broken(3, "added")


def test_a_chain_that_was_written_anew_holds_but_not_through_what_was_noted_before() -> None:
    noted, anew = a_chain(3)[1], a_chain(3)
    assert follow(anew).broken is None
    assert follow(anew, noted=(2, noted[2])).broken == Broken(2, "changed")
