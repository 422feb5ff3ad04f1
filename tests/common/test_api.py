"""lodestar.api: the unit of work, idempotency, problems, as an endpoint sees them."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from typing import Annotated, Any, Literal
from uuid import uuid4

import pytest
from pydantic import AwareDatetime, Field, ValidationError
from sqlalchemy import NullPool, create_engine, text

from lodestar import audit, db, idempotency
from lodestar.api import (
    APIRouter,
    Caller,
    ReadSession,
    WriteModel,
    WriteSession,
    lambda_handler,
)
from lodestar.db import act_for, unit_of_work
from lodestar.principal import Principal, Role
from lodestar.problems import Conflict
from tests.bus import emitted
from tests.gateway import Person, gateway_event

pytestmark = pytest.mark.usefixtures("product")
router = APIRouter(tags=["test"])


class Body(WriteModel):
    amount: int


class Span(WriteModel):
    day: date | None = None
    hour: time = time(7)
    moments: tuple[AwareDatetime, ...] = ()


class Written(WriteModel):
    kind: Literal["text"]
    text: str


class Counted(WriteModel):
    kind: Literal["number"]
    count: int


class Answers(WriteModel):
    answers: list[Annotated[Written | Counted, Field(discriminator="kind")]]


@router.post("/v1/test/buckets", status_code=201)
def fill(body: Body, caller: Caller, session: WriteSession) -> dict[str, Any]:
    count = session.scalar(
        text(
            "INSERT INTO backbone.rate_buckets (bucket, tokens) VALUES (:b, :t) ON CONFLICT (org_id, bucket) DO UPDATE SET tokens = rate_buckets.tokens + 1 RETURNING tokens"
        ),
        {"b": "x", "t": body.amount},
    )
    if body.amount == 13:
        raise Conflict("unlucky")
    return {"tokens": int(count or 0), "user": str(caller.user_id)}


@router.post("/v1/test/answers")
def answer(body: Answers, _session: WriteSession) -> dict[str, int]:
    return {"answers": len(body.answers)}


@router.post("/v1/test/cuts", status_code=201)
def cut(body: Body, session: WriteSession) -> None:
    """The server ends the connection; a role may end its own."""
    fill_one = "INSERT INTO backbone.rate_buckets (bucket, tokens) VALUES ('cut', :tokens)"
    session.execute(text(fill_one), {"tokens": body.amount})
    session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@router.get("/v1/test/buckets")
def read(session: ReadSession) -> dict[str, Any]:
    return {"count": session.scalar(text("SELECT count(*) FROM backbone.rate_buckets"))}


handler = lambda_handler(router)


def a_person() -> Person:
    return Person(uuid4(), {uuid4(): frozenset({Role.LEARNER})})


def call(method: str, url: str, **options: Any) -> tuple[int, Any]:
    answer = handler(gateway_event(method, url, **options), None)
    return answer["statusCode"], json.loads(answer["body"])


def test_the_same_key_and_body_give_the_saved_answer_and_one_effect() -> None:
    person = a_person()
    first = call("POST", "/v1/test/buckets", as_=person, body={"amount": 1}, headers={"Idempotency-Key": "k"})
    second = call(
        "POST", "/v1/test/buckets", as_=person, body={"amount": 1}, headers={"Idempotency-Key": "k"}
    )
    assert first == second == (201, {"tokens": 1, "user": str(person.user_id)})
    assert (
        call("POST", "/v1/test/buckets", as_=person, body={"amount": 2}, headers={"Idempotency-Key": "k"})[1][
            "code"
        ]
        == "idempotency_key_reused"
    )
    assert call("POST", "/v1/test/buckets", as_=person, body={"amount": 1})[1]["tokens"] == 2


def test_a_problem_rolls_back_and_says_what_to_do() -> None:
    person = a_person()
    status, body = call("POST", "/v1/test/buckets", as_=person, body={"amount": 13})
    assert (status, body["code"], body["detail"]) == (409, "conflict", "unlucky")
    assert call("GET", "/v1/test/buckets", as_=person) == (200, {"count": 0})


def test_unknown_fields_and_missing_credentials_are_refused() -> None:
    status, body = call("POST", "/v1/test/buckets", as_=a_person(), body={"amount": 1, "sudo": True})
    assert (status, body["errors"][0]["field"]) == (422, "sudo")
    status, body = call("POST", "/v1/test/buckets", as_=a_person(), body={"amount": 1, "body": "?"})
    assert (status, body["errors"][0]["field"]) == (422, "body")
    assert call("GET", "/v1/test/buckets")[0] == 401
    assert call("GET", "/v1/test/nothing", as_=a_person())[1]["code"] == "not_found"


@pytest.mark.parametrize("sent", [0, 0.5, "0", "1772352000", "-1.5"])
@pytest.mark.parametrize("field", ["day", "hour", "moments"])
def test_no_number_is_a_time(field: str, sent: object) -> None:
    """A cohort began on 1970-01-01, as whoever asked had sent 0."""
    with pytest.raises(ValidationError):
        Span.model_validate({field: [sent] if field == "moments" else sent})


def test_times_are_read_as_rfc_3339_has_them() -> None:
    span = {"day": "2026-03-01", "hour": "09:30:00", "moments": ["2026-03-01T09:30:00Z"]}
    assert Span.model_validate(span).model_dump(mode="json") == span


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind": "text", "text": 1}, "answers.1.text"),
        ({"kind": "text"}, "answers.1.text"),
        ({"kind": "number", "count": "many"}, "answers.1.count"),
        ({"kind": "number", "count": 1, "text": ""}, "answers.1.text"),
        ({"kind": "video"}, "answers.1"),
        (None, "answers.1"),
    ],
)
def test_a_fault_in_one_of_several_shapes_is_named_as_it_was_sent(sent: object, field: str) -> None:
    """A fuzzer was told to correct `learners.filters.to`, where it had sent `filters.to`."""
    body = {"answers": [{"kind": "text", "text": "yes"}, sent]}
    status, problem = call("POST", "/v1/test/answers", as_=a_person(), body=body)
    assert (status, [error["field"] for error in problem["errors"]]) == (422, [field])


def test_tenants_do_not_see_each_other() -> None:
    call("POST", "/v1/test/buckets", as_=a_person(), body={"amount": 1})
    assert call("GET", "/v1/test/buckets", as_=a_person()) == (200, {"count": 0})


def test_events_of_two_organizations_leave_with_one_transaction() -> None:
    here, there = a_person(), a_person()
    principal = Principal(here.user_id, here.org_id)
    with unit_of_work(principal) as session:
        audit.record(session, "first", subject_type="test", subject_id=here.org_id)
        act_for(session, Principal(here.user_id, there.org_id))
        audit.record(session, "second", subject_type="test", subject_id=there.org_id)
        act_for(session, principal)
    assert [e["data"]["action"] for e in emitted(here.org_id)] == ["first"]
    assert [e["data"]["action"] for e in emitted(there.org_id)] == ["second"]


def test_a_password_never_enters_the_fingerprint_of_a_request() -> None:
    def fingerprint(**body: str) -> str:
        claim = idempotency.claim_of(key="k", method="POST", path="/v1/x", body=json.dumps(body).encode())
        return claim.fingerprint

    assert fingerprint(name="Ada", password="one") == fingerprint(name="Ada", password="two")
    assert fingerprint(name="Ada", password="one") != fingerprint(name="Eve", password="one")


@contextmanager
def database_at(url: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        elsewhere = create_engine(url, poolclass=NullPool, connect_args={"timeout": 2})
        patch.setattr(db, "engine", lambda: elsewhere)
        yield


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_database_that_is_away_is_answered_by_when_to_come_back(method: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with database_at(f"postgresql+pg8000://a:b@127.0.0.1:{nobody.getsockname()[1]}/c"):
            event = gateway_event(method, "/v1/test/buckets", as_=a_person(), body={"amount": 1})
            answer = handler(event, None)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (503, "unavailable")
    assert int(answer["headers"]["retry-after"]) >= 1


def test_a_connection_that_is_cut_off_in_the_middle_is_no_failure_of_ours() -> None:
    person = a_person()
    event = gateway_event("POST", "/v1/test/cuts", as_=person, body={"amount": 1})
    answer = handler(event, None)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (503, "unavailable")
    assert call("GET", "/v1/test/buckets", as_=person) == (200, {"count": 0})
