"""Logs: data, one line a call, no person's data, a traceback once."""

import json
import logging
import sys
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from lodestar import log as logs
from lodestar.api import APIRouter, ReadSession, lambda_handler
from lodestar.log import begin_correlation, begin_request, continuing, correlation_id, log
from lodestar.principal import Role
from tests.gateway import Person, gateway_event

pytestmark = pytest.mark.usefixtures("product")
SECRET = "someone@example.org"
router = APIRouter(tags=["test"])


@router.get("/v1/test/failures")
def fail() -> None:
    raise RuntimeError("unexpected")


@router.get("/v1/test/queries")
def query(session: ReadSession) -> None:
    session.execute(text("SELECT FROM backbone.nowhere WHERE email = :email"), {"email": SECRET})


handler = lambda_handler(router)


def call(method: str, path: str, **headers: str) -> dict[str, Any]:
    person = Person(uuid4(), {uuid4(): frozenset({Role.LEARNER})})
    return handler(gateway_event(method, path, as_=person, headers=headers), None)


class Output:
    """The output of the moment: the logger keeps the stream that it was made with, and pytest changes it."""

    def write(self, written: str) -> int:
        return sys.stdout.write(written)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture(autouse=True)
def to_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    for handler in logging.getLogger(log.name).handlers:
        if type(handler) is logging.StreamHandler:
            monkeypatch.setattr(handler, "stream", Output())


def lines(capsys: pytest.CaptureFixture[str], event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in found if line["event"] == event]


@pytest.mark.parametrize("path", ["/v1/test/failures", "/v1/test/queries"])
def test_an_unexpected_error_is_logged_once_with_its_traceback(
    path: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answer = call("GET", path, **{"X-Correlation-Id": "abc-1"})
    assert answer["statusCode"] == 500
    [line] = lines(capsys, "request_failed")
    assert "Traceback" in line["exception"]
    assert line["correlation_id"] == "abc-1"
    assert [record.name for record in caplog.records if record.exc_info] == [log.name]


def test_a_failing_statement_is_logged_without_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    call("GET", "/v1/test/queries")
    [line] = lines(capsys, "request_failed")
    assert "backbone.nowhere" in line["exception"]
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize(
    "error",
    [
        """{'C': '23505', 'M': 'duplicate key value', 'D': 'Key (email)=(someone@example.org) already exists.'}""",
        "1 validation error [type=missing, input_value={'email': 'someone@example.org'}, input_type=dict]",
        """{'C': '23514', 'D': "Failing row contains (1, 'someone@example.org', null)."}""",
        """{'C': '22P02', 'M': 'invalid input syntax for type integer: "someone@example.org"'}""",
        """{'C': '22P02', 'M': "invalid input value for enum color: \\"someone@example.org\\""}""",
    ],
)
def test_what_postgresql_quotes_of_a_row_is_left_out_and_the_rest_stays(error: str) -> None:
    cleaned = logs.without_values(error)
    assert SECRET in error
    assert SECRET not in cleaned
    assert cleaned.startswith(error[:12])


def test_a_line_has_our_names_for_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    begin_correlation("abc-2")
    log.info("slot_booked", booking_id="b-1")
    [line] = lines(capsys, "slot_booked")
    assert line["correlation_id"] == "abc-2"
    assert line["booking_id"] == "b-1"
    assert line["level"] == "INFO"
    assert {"timestamp", "domain"} <= set(line)
    assert not {"message", "service"} & set(line)


def test_a_request_continues_the_browser_s_correlation(capsys: pytest.CaptureFixture[str]) -> None:
    answer = call("GET", "/v1/test/absent", **{"x-correlation-id": "from-the-browser"})
    assert answer["headers"]["x-correlation-id"] == "from-the-browser"
    [line] = lines(capsys, "request")
    assert line["correlation_id"] == "from-the-browser"


@pytest.mark.parametrize("sent", [None, "", "a b", "x" * 65, "new\nline", "é!"])
def test_anything_but_a_short_token_is_replaced_by_the_gateway_s_request_id(sent: str | None) -> None:
    event = {"headers": {"X-Correlation-Id": sent}, "requestContext": {"requestId": "gateway-1"}}
    assert begin_request(event) == ("gateway-1" if not sent else correlation_id())
    assert correlation_id() != sent


def test_another_s_correlation_ends_with_its_work() -> None:
    begin_correlation("mine")
    with continuing("theirs"):
        assert correlation_id() == "theirs"
    assert correlation_id() == "mine"
    with continuing(None):
        assert correlation_id() == "mine"


def test_a_query_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    call("GET", f"/v1/test/failures?email={SECRET}")
    assert SECRET not in capsys.readouterr().out


def test_mangum_keeps_silent() -> None:
    assert not logging.getLogger("mangum.http").isEnabledFor(logging.ERROR)
