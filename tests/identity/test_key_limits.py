"""Calls by API key: bounded, counted, named in the log and the audit log, and none the slower for another one's."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import NullPool, create_engine, text

from identity.schedules import audit_key_calls
from lodestar import db, metering
from lodestar.db import engine, unit_of_work, work_for
from lodestar.invocations import Invocation
from lodestar.principal import Principal, Role
from lodestar.problems import RateLimited
from tests import gateway
from tests.bus import deliver
from tests.common.test_pipelining import counted
from tests.factories.identity import a_person, an_organization
from tests.security.ledger import rehearsal

pytestmark = pytest.mark.usefixtures("product")
MEMBERS = "/v1/identity/members"
AUDIT = "/v1/identity/audit-events"


def a_script(*, a_minute: int = 600, admin: gateway.Person | None = None) -> gateway.Person:
    """An administrator's script, by a key of its own."""
    person = admin or a_person(an_organization(), Role.ORG_ADMIN)
    extra = {
        "api_key_id": str(uuid4()),
        "scopes": "identity:read identity:write",
        "calls_per_minute": str(a_minute),
    }
    return gateway.Person(person.user_id, person.memberships, extra=extra)


def key_of(script: gateway.Person) -> UUID:
    return UUID(script.extra["api_key_id"])


def calls_of(script: gateway.Person) -> list[tuple[str, int, int]]:
    with work_for(script.org_id) as session:
        query = "SELECT operation, calls, refused FROM backbone.api_key_calls WHERE api_key_id = :key"
        rows = session.execute(text(query), {"key": key_of(script)})
        return sorted((row.operation, row.calls, row.refused) for row in rows)


def test_an_answer_to_a_key_says_what_is_left_of_its_limit() -> None:
    script = a_script(a_minute=5)
    answer = gateway.get(MEMBERS, as_=script)
    answer.expect(200)
    assert answer.headers["ratelimit-policy"] == '"key";q=5;w=60'
    assert answer.headers["ratelimit"] == '"key";r=4'
    assert "ratelimit" not in gateway.get(MEMBERS, as_=a_person(script.org_id, Role.ORG_ADMIN)).headers


def test_a_key_is_refused_beyond_its_limit_and_told_when_to_come_back() -> None:
    script = a_script(a_minute=3)
    other = a_script(a_minute=3, admin=script)
    answers = [gateway.get(MEMBERS, as_=script) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    refused = answers[-1]
    assert refused.json["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["ratelimit"] == f'"key";r=0;t={refused.headers["retry-after"]}'
    assert gateway.get(MEMBERS, as_=other).status == 200, "another key's bucket is its own"
    assert calls_of(script) == [("GET /{proxy+}", 5, 2)]


def test_what_a_refused_write_would_have_done_is_not_done() -> None:
    script = a_script(a_minute=1)
    body = {"email": f"{uuid4()}@example.org"}
    gateway.get(MEMBERS, as_=script).expect(200)
    assert gateway.post("/v1/identity/invitations", body, as_=script).status == 429
    with work_for(script.org_id) as session:
        assert session.scalar(text("SELECT count(*) FROM identity.invitations")) == 0


def test_a_call_that_fails_is_counted_as_well() -> None:
    script = a_script(a_minute=2)
    for _ in range(2):
        assert gateway.delete(f"{MEMBERS}/{uuid4()}", as_=script).status == 404
    assert gateway.delete(f"{MEMBERS}/{uuid4()}", as_=script).status == 429
    assert calls_of(script) == [("DELETE /{proxy+}", 3, 1)]


def principal_of(script: gateway.Person, *, a_minute: int = 600) -> Principal:
    return Principal(
        script.user_id,
        script.org_id,
        frozenset({Role.ORG_ADMIN}),
        api_key_id=key_of(script),
        calls_per_minute=a_minute,
    )


@contextmanager
def a_request() -> Iterator[Invocation]:
    with Invocation("read", "a.b", event="request", method="GET", route="/v1/a/b") as call:
        yield call


def test_it_takes_no_round_trip_and_counts_a_request_of_several_transactions_once() -> None:
    principal = principal_of(a_script())
    with unit_of_work(principal) as session:
        pooled = session.connection().connection.driver_connection
    with counted(pooled) as sent, a_request() as call:
        for _ in range(2):
            with unit_of_work(principal) as session:
                assert session.scalar(text("SELECT :a + 1"), {"a": 1}) == 2
    assert len(sent) == 6, "enter, select, commit: as without a key"
    assert call.statements == 5
    assert calls_of_principal(principal) == 1


def calls_of_principal(principal: Principal) -> int:
    with work_for(principal.org_id) as session:
        query = "SELECT coalesce(sum(calls), 0) FROM backbone.api_key_calls WHERE api_key_id = :key"
        return int(session.scalar(text(query), {"key": principal.api_key_id}) or 0)


def answers_meanwhile(principal: Principal) -> bool:
    """Whether a second request by the key begins while the first one's transaction is open."""
    began = threading.Event()

    def second() -> None:
        with a_request(), unit_of_work(principal):
            began.set()

    with a_request(), unit_of_work(principal):
        thread = threading.Thread(target=second)
        thread.start()
        meanwhile = began.wait(2)
    thread.join()
    return meanwhile


def test_two_requests_by_one_key_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    principal = principal_of(a_script())
    assert answers_meanwhile(principal)

    def within_the_request(session: Any, principal: Principal, *, read_only: bool) -> None:
        connection, values = session.connection(), metering.due(principal)
        connection.exec_driver_sql(db.ENTER, (principal.org_id, principal.user_id, read_only))
        if values:
            statement = "SELECT wait_seconds, tokens_left FROM backbone.meter_key(%s, %s, %s, %s, %s)"
            metering.settle(principal, connection.exec_driver_sql(statement, values).one())

    monkeypatch.setattr(db, "_bind", within_the_request)
    assert not answers_meanwhile(principal), (
        "the control: charged in the request's own transaction, they wait"
    )


def test_a_warm_connection_that_died_is_replaced_and_the_call_counted() -> None:
    principal = principal_of(a_script())
    with unit_of_work(principal) as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    with create_engine(engine().url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with a_request(), unit_of_work(principal) as session:
        assert session.scalar(text("SELECT 1")) == 1
    assert calls_of_principal(principal) == 1


def test_within_a_transaction_that_is_open_it_is_charged_in_that() -> None:
    principal = principal_of(a_script())
    with rehearsal():
        with a_request() as call, unit_of_work(principal) as session:
            assert session.scalar(text("SELECT 1")) == 1
        assert call.headers["ratelimit"] == '"key";r=599'
    assert calls_of_principal(principal) == 0, "undone with the rest"


def test_what_is_left_over_of_a_refusal_does_not_reach_the_next_request() -> None:
    script = a_script()
    tight, person = principal_of(script, a_minute=1), Principal(script.user_id, script.org_id)
    with a_request(), unit_of_work(tight):
        pass
    with pytest.raises(RateLimited), a_request(), unit_of_work(tight):
        pass
    with a_request(), unit_of_work(person) as session:
        assert session.scalar(text("SELECT backbone.current_user_id()")) == script.user_id
    assert calls_of_principal(tight) == 2


def test_every_call_by_key_names_it_in_the_log_even_one_that_its_scopes_refuse(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = a_script()
    gateway.get(MEMBERS, as_=script).expect(200)
    assert gateway.get("/v1/learning/programs", as_=script).status == 403
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(one["status"], one["api_key_id"]) for one in requests] == [
        (200, str(key_of(script))),
        (403, str(key_of(script))),
    ]


def an_hour_later(script: gateway.Person) -> None:
    with work_for(script.org_id) as session:
        session.execute(text("UPDATE backbone.api_key_calls SET hour = hour - interval '1 hour'"))


def test_the_reads_of_an_hour_become_one_entry_of_the_audit_log_found_by_the_key() -> None:
    script = a_script()
    for _ in range(3):
        gateway.get(MEMBERS, as_=script).expect(200)
    made = gateway.post("/v1/identity/invitations", {"email": f"{uuid4()}@example.org"}, as_=script)
    audit_key_calls.handler({}, None)
    assert calls_of(script), "the hour is not over"
    an_hour_later(script)
    for _ in range(2):
        audit_key_calls.handler({}, None)
    deliver(script.org_id)
    admin = a_person(script.org_id, Role.ORG_ADMIN)
    found = gateway.get(f"{AUDIT}?api_key_id={key_of(script)}", as_=admin).expect(200)["data"]
    assert [(one["action"], one["subject_id"]) for one in found] == [
        ("api_key.used", str(key_of(script))),
        ("invitation.created", made.expect(201)["id"]),
    ]
    assert {one["actor_id"] for one in found} == {str(script.user_id)}
    assert found[0]["after"]["operations"] == {
        "GET /{proxy+}": {"calls": 3, "refused": 0},
        "POST /{proxy+}": {"calls": 1, "refused": 0},
    }
    assert calls_of(script) == []
