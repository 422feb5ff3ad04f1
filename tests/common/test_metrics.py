"""Metrics: lines in CloudWatch's Embedded Metric Format, with few dimensions, and what is counted of which end."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from lodestar import ai_runs, clock, invocations, metrics
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.invocations import Invocation

DIMENSIONS = {"domain", "kind", "purpose", "source"}


def only_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    found: dict[str, Any] = line
    return found


def measured(line: dict[str, Any]) -> set[str]:
    return {metric["Name"] for each in line["_aws"]["CloudWatchMetrics"] for metric in each["Metrics"]}


def test_a_line_follows_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    waited = metrics.Metrics((("kind",), ()), (("waited_ms", "Milliseconds"),))
    metrics.tell("waited", (waited,), waited_ms=12.5, kind="read", booking_id="b-1")
    line = only_line(capsys)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "Lodestar/local",
        "Dimensions": [["kind"], []],
        "Metrics": [{"Name": "waited_ms", "Unit": "Milliseconds"}],
    }
    assert abs(line["_aws"]["Timestamp"] / 1000 - clock.now().timestamp()) < 60
    assert (line["waited_ms"], line["event"], line["booking_id"]) == (12.5, "waited", "b-1")


@pytest.mark.parametrize(
    ("kind", "status", "counted"),
    [
        ("read", 200, None),
        ("read", 404, None),
        ("write", 500, "server_errors"),
        ("write", 503, "server_errors"),
        ("write", 429, "rate_limited"),
        ("reaction", "failed", "failures"),
        ("task", "done", None),
        ("authorizer", 401, None),
        ("authorizer", "failed", "authorizer_errors"),
    ],
)
def test_an_end_is_counted_by_what_it_is(
    kind: invocations.Kind, status: int | str, counted: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with Invocation(kind, "a.b", event="test") as call:
        call.status = status
    line = only_line(capsys)
    assert measured(line) - {"cold_start"} == {
        "duration_ms",
        "sql_ms",
        "statements",
        *([counted] if counted else []),
    }
    assert all(name in line for name in measured(line))


def test_what_is_raised_counts_as_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), Invocation("task", "a.b", event="test"):
        raise RuntimeError
    line = only_line(capsys)
    assert (line["status"], line["failures"]) == ("failed", 1)


def test_a_process_tells_of_its_cold_start_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invocations._Process, "is_cold", True)
    for _ in range(2):
        with Invocation("read", "a.b", event="test"):
            pass
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["cold_start" in line for line in lines] == [True, False]


@pytest.mark.usefixtures("product")
def test_statements_and_their_time_are_the_call_s(capsys: pytest.CaptureFixture[str]) -> None:
    org_id = new_id()
    with Invocation("task", "a.b", event="test"), work_for(org_id) as session:
        session.execute(text("SELECT pg_sleep(0.02)"))
    line = only_line(capsys)
    assert line["statements"] == 2  # the organization is entered, then ours
    assert 20 <= line["sql_ms"] <= line["duration_ms"]
    assert line["org_id"] == str(org_id)


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize(("outcome", "failed"), [("succeeded", 0), ("refused", 1)])
def test_a_call_to_a_model_is_measured_by_purpose_and_source(
    outcome: str, failed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with work_for(new_id()) as session:
        ai_runs.record(
            session, purpose="quiz", model="offline-gemini", source="offline", prompt_version="quiz@1", input_tokens=1,
            output_tokens=1, latency_ms=70, cost_usd_micros=None, outcome=outcome, error="someone said something",
        )  # fmt: skip
    line = only_line(capsys)
    assert measured(line) == {"latency_ms", "ai_failed", "cost_usd_micros"}
    assert (line["latency_ms"], line["ai_failed"], line["cost_usd_micros"]) == (70, failed, 0)
    assert "someone" not in json.dumps(line)


def test_no_metric_is_by_function_or_person() -> None:
    known = [each for each in vars(invocations).values() if isinstance(each, metrics.Metrics)] + [
        ai_runs.CALLS
    ]
    for each in known:
        assert {name for names in each.dimension_sets for name in names} <= DIMENSIONS
