"""The story of one request: what is known of it becomes a tree in time order."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local import logs, observed, trace
from local.observed import Execution, Observed, State

BEGAN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def at(milliseconds: float) -> datetime:
    return BEGAN + timedelta(milliseconds=milliseconds)


def line(
    event: str, written: float, *, took: float = 0, domain: str = "assessment", **fields: Any
) -> dict[str, Any]:
    usual = {"status": "done", "function": f"{domain}.x", "statements": 2, "sql_ms": 1.0, "level": "INFO"}
    return {
        "timestamp": at(written).isoformat(), "event": event, "domain": domain, "duration_ms": took, **usual, **fields,
    }  # fmt: skip


def graded() -> Observed:
    """A submission, its machine of two steps, one of them tried twice, and the star that followed."""
    states = (
        State("Claim", "Task", at(60), at(90), ()),
        State("IsClaimed", "Choice", at(90), at(90), ()),
        State("Grade", "Task", at(90), at(900), ("OperationalError",)),
    )
    return Observed(
        [
            line("reaction", 1200, took=80, domain="learning", event_id="e-2", function="learning.reactions.graded"),
            line("task", 890, took=300, execution="run-1", function="assessment.tasks.grade"),
            line("ai_run", 700, model="gemini", purpose="grade", outcome="succeeded", latency_ms=100, cost_usd_micros=5),
            line("task", 85, took=20, execution="run-1", function="assessment.tasks.claim"),
            line("events_published", 45, events=[{"id": "e-1", "name": "assessment.attempt_submitted"}]),
            line("request", 50, took=50, method="POST", route="/v1/x", status=201),
        ],
        [Execution("run-1", "GradeAttempt", "e-1", "SUCCEEDED", at(55), at(910), states)],
        {
            "event": [
                {"id": "e-2", "name": "assessment.attempt_graded", "at": at(880), "published_at": at(885), "last_error": None}
            ]
        },
    )  # fmt: skip


def told(seen: Observed) -> list[tuple[int, int, str]]:
    """Milliseconds, depth and the words before the first bracket."""
    rows = list(trace.render(trace.story(seen)))[1:]
    return [
        (int(row[:8]), (len(row[11:]) - len(row[11:].lstrip())) // 2, row[11:].split("  (")[0].strip())
        for row in rows
    ]


def test_the_story_is_a_tree_in_time_order() -> None:
    assert told(graded()) == [
        (0, 0, "POST /v1/x -> 201"),
        (45, 1, "event assessment.attempt_submitted"),
        (55, 2, "machine GradeAttempt SUCCEEDED"),
        (60, 3, "state Claim"),
        (65, 4, "task assessment.tasks.claim"),
        (90, 3, "state Grade"),
        (590, 4, "task assessment.tasks.grade"),
        (700, 5, "model gemini for grade: succeeded"),
        (880, 5, "event assessment.attempt_graded"),
        (1120, 6, "reaction learning.reactions.graded"),
    ]


def test_what_went_wrong_is_marked() -> None:
    rows = [row for row in trace.render(trace.story(graded())) if row[9] == "!"]
    assert len(rows) == 1
    assert "state Grade" in rows[0]
    assert "failed attempts: OperationalError" in rows[0]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        pytest.param(line("request", 5, took=5, method="GET", route="/v1/x", status=500, server_errors=1), "-> 500", id="5xx"),
        pytest.param(line("reaction", 5, took=5, status="failed", attempt=3), "FAILED, delivery 3", id="reaction"),
        pytest.param(line("task_failed", 5, level="ERROR", exception="Traceback\nValueError: no"), "ValueError: no", id="error"),
        pytest.param(
            line("ai_run", 5, model="m", purpose="quiz", outcome="rate_limited", latency_ms=3, ai_failed=1),
            "m for quiz: rate_limited",
            id="model",
        ),
    ],
)  # fmt: skip
def test_a_failure_is_marked_and_named(event: dict[str, Any], words: str) -> None:
    [row] = list(trace.render(trace.story(Observed([event]))))[1:]
    assert row[9] == "!"
    for part in words.split(", "):
        assert part in row


def test_an_event_that_was_not_published_says_so() -> None:
    row = {
        "id": "e",
        "name": "media.x",
        "at": at(0),
        "published_at": None,
        "last_error": "The bus refused this entry.",
    }
    [said] = list(trace.render(trace.story(Observed([], rows={"event": [row]}))))[1:]
    assert "NOT PUBLISHED The bus refused this entry." in said


def test_a_state_that_is_visited_again_and_again_is_told_twice() -> None:
    states = tuple(
        State(name, "Task" if name == "Look" else "Wait", at(nth), at(nth + 1), ())
        for nth, name in enumerate(["Look", "Wait"] * 20)
    )
    seen = Observed([], [Execution("run", "M", "e", "SUCCEEDED", at(0), at(50), states)])
    words = [row for _, _, row in told(seen)]
    assert words == ["machine M SUCCEEDED", "state Look", "state Wait", "state Look", "state Wait"]
    assert "after 18 more visits" in list(trace.render(trace.story(seen)))[-1]


def test_of_nothing_there_is_no_story() -> None:
    assert list(trace.render(trace.story(Observed([])))) == []


def test_a_history_becomes_states_with_their_failed_attempts() -> None:
    history = [
        {"type": "TaskStateEntered", "timestamp": at(0), "stateEnteredEventDetails": {"name": "Grade"}},
        {"type": "TaskFailed", "timestamp": at(1), "taskFailedEventDetails": {"error": "OperationalError"}},
        {"type": "TaskStateExited", "timestamp": at(2), "stateExitedEventDetails": {"name": "Grade"}},
        {"type": "WaitStateEntered", "timestamp": at(3), "stateEnteredEventDetails": {"name": "Wait"}},
    ]
    assert list(observed._states(history)) == [
        State("Grade", "Task", at(0), at(2), ("OperationalError",)),
        State("Wait", "Wait", at(3), None, ()),
    ]


def test_lines_that_are_not_ours_are_left_out() -> None:
    assert observed.parsed("START RequestId: 1") is None
    assert observed.parsed('{"type": "platform.report"}') is None
    assert observed.parsed('{"event": "request"}') == {"event": "request"}


def test_a_line_is_readable_and_its_exception_stands_below() -> None:
    entry = {"timestamp": "T", "level": "ERROR", "domain": "media", "event": "task_failed", "task": "probe"}
    assert logs.readable(json.dumps({**entry, "exception": "Traceback", "_aws": {}})) == (
        "T ERROR media task_failed task=probe\nTraceback"
    )
    assert logs.readable("not ours") == "not ours"
