"""`make trace ID=<correlation id>`: the story of one request, from the browser to the last thing that followed from it.

What was observed becomes a tree: a call holds the events it published, an event the reactions and executions that it
began, an execution its states, a state its tasks, a task its calls to vendors.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local import stack
from local.observed import AwsSource, Execution, Line, LocalSource, Observed, Source, State, moment
from local.settings import Settings

CALLS = ("request", "authorizer", "reaction", "task", "schedule")
PARTS = ("ai_run", "operation", "upload_received", "work_asked_for_again")
DATA = {
    "timestamp", "level", "domain", "event", "correlation_id", "location", "xray_trace_id", "kind", "function", "org_id",
    "status", "duration_ms", "sql_ms", "statements", "cold_start", "method", "route", "event_name", "event_id",
    "execution", "attempt", "server_errors", "rate_limited", "failures", "_aws", "exception", "exception_name", "events",
    "cost_usd_micros", "ai_failed", "subject_id", "subject_type", "latency_ms", "operation_id", "message_id",
}  # fmt: skip
"""Fields that the story tells in its own words, or not at all."""
SILENT = ("Choice", "Pass", "Succeed")
"""Kinds of states that only lead on."""
CLOCKS_DIFFER = timedelta(milliseconds=5)


@dataclass
class Node:
    """Something that happened, and what followed from it."""

    began: datetime
    text: str
    domain: str = ""
    ended: datetime | None = None
    failed: bool = False
    children: list["Node"] = field(default_factory=list)

    def holds(self, at: datetime, domain: str) -> bool:
        """Whether it went on at that time, in that domain."""
        inside = self.began - CLOCKS_DIFFER <= at <= (self.ended or self.began) + CLOCKS_DIFFER
        return inside and self.domain == domain


def story(observed: Observed) -> list[Node]:
    """The roots of the tree, in time order: what nothing else that is known of has caused."""
    calls = [(line, _call(line)) for line in observed.lines if line["event"] in CALLS]
    intervals = [node for _, node in calls]
    roots: list[Node] = []
    events = {id_: _under(node, intervals, roots) for id_, node in _events(observed)}
    tasks = _executions(observed.executions, events, roots)
    for line, node in calls:
        if line["event"] == "task":
            parent = _state_of(tasks.get(str(line.get("execution")), []), node)
        else:
            parent = events.get(str(line.get("event_id")))
        (parent.children if parent else roots).append(node)
    for part in _parts(observed):
        _under(part, intervals, roots)
    return sorted(roots, key=lambda node: node.began)


def _call(line: Line) -> Node:
    took = float(line["duration_ms"])
    ended = moment(line)
    attempt = f", delivery {line['attempt']}" if line.get("attempt", 1) != 1 else ""
    what = {
        "request": f"{line.get('method')} {line.get('route')} -> {line['status']}",
        "reaction": f"reaction {line['function']}{attempt}",
    }.get(line["event"], f"{line['event']} {line['function']}")
    outcome = " FAILED" if line["status"] == "failed" else ""
    cold = ", cold start" if line.get("cold_start") else ""
    text = f"{what}{outcome}  ({took:.0f} ms; {line['statements']} statements, {line['sql_ms']:.0f} ms{cold}){_rest(line)}"
    failed = line["status"] == "failed" or bool(line.get("server_errors"))
    return Node(ended - timedelta(milliseconds=took), text, str(line["domain"]), ended, failed)


def _rest(line: Line) -> str:
    fields = [
        f"{name}={value}" for name, value in line.items() if name not in DATA and value not in ("", None)
    ]
    return "  " + " ".join(fields) if fields else ""


def _events(observed: Observed) -> Iterator[tuple[str, Node]]:
    """What was emitted: as the outbox has it, and where that cannot be read, as it was published."""
    stored = {row["id"]: row for row in observed.rows.get("event", ())}
    told = {
        e["id"]: (line, e) for line in observed.lines for e in line.get("events", ()) if e["id"] not in stored
    }
    for id_, row in stored.items():
        waited = row["published_at"] and (row["published_at"] - row["at"]).total_seconds() * 1000
        state = (
            f"published after {waited:.0f} ms"
            if waited is not None
            else f"NOT PUBLISHED {row['last_error'] or ''}"
        )
        text = f"event {row['name']}  ({state})"
        yield id_, Node(row["at"], text, row["name"].partition(".")[0], failed=waited is None)
    for id_, (line, event) in told.items():
        yield id_, Node(moment(line), f"event {event['name']}  (published)", event["name"].partition(".")[0])


def _executions(
    executions: Iterable[Execution], events: Mapping[str, Node], roots: list[Node]
) -> dict[str, list[Node]]:
    """Hang each execution under its event; the nodes of its states that have tasks, by the execution's name."""
    tasks: dict[str, list[Node]] = {}
    for execution in executions:
        text = f"machine {execution.machine} {execution.status}"
        if execution.ended:
            text += f"  ({_milliseconds(execution.ended - execution.began)} ms)"
        node = Node(execution.began, text, failed=execution.status not in ("SUCCEEDED", "RUNNING"))
        parent = events.get(execution.event_id)
        (parent.children if parent else roots).append(node)
        visits = Counter(state.name for state in execution.states)
        visited: Counter[str] = Counter()
        tasks[execution.name] = []
        for state in execution.states:
            visited[state.name] += 1
            child = _state(state, skipped=visits[state.name] - 2 if visited[state.name] > 1 else 0)
            if state.kind == "Task":
                tasks[execution.name].append(child)
            if state.kind not in SILENT and visited[state.name] in (1, visits[state.name]):
                node.children.append(child)
    return tasks


def _state(state: State, *, skipped: int) -> Node:
    took = f"{_milliseconds(state.left - state.entered)} ms" if state.left else "not left"
    failures = f"  failed attempts: {', '.join(state.errors)}" if state.errors else ""
    before = f"  after {skipped} more visits" if skipped > 0 else ""
    text = f"state {state.name}  ({took}){failures}{before}"
    return Node(state.entered, text, "", state.left, bool(state.errors))


def _state_of(states: Sequence[Node], task: Node) -> Node | None:
    """The last state that was entered before the task began."""
    entered = [state for state in states if state.began <= task.began + CLOCKS_DIFFER]
    return entered[-1] if entered else None


def _parts(observed: Observed) -> Iterator[Node]:
    """What happened within a call: to vendors, to operations, to people, and what went wrong."""
    for line in observed.lines:
        at, domain = moment(line), str(line["domain"])
        if line["event"] == "ai_run":
            cost = f", {line['cost_usd_micros'] / 1_000_000:.6f} USD" if line.get("cost_usd_micros") else ""
            text = f"model {line['model']} for {line['purpose']}: {line['outcome']}  ({line['latency_ms']} ms{cost})"
            yield Node(at, text, domain, failed=bool(line.get("ai_failed")))
        elif line["event"] in PARTS:
            yield Node(at, f"{line['event']} {line.get('status', '')}{_rest(line)}".rstrip(), domain)
        elif line["event"] not in (*CALLS, "events_published", "outbox"):
            error = f": {_raised(line)}" if line.get("exception") else ""
            yield Node(
                at,
                f"{line['level']} {line['event']}{error}{_rest(line)}",
                domain,
                failed=line["level"] != "INFO",
            )
    for row in observed.rows.get("inbox", ()):
        if row["last_error"]:
            text = f"inbox {row['reaction']}: {row['attempts']} attempts, {row['last_error'].splitlines()[0]}"
            yield Node(row["at"], text, str(row["reaction"]).partition(".")[0], failed=True)
    for row in observed.rows.get("notification", ()):
        yield Node(row["at"], f"notification {row['type']}", "messaging")
    for entry in observed.sent:
        asked = " ".join(str(value) for name, value in entry.items() if name not in ("at", "headers"))
        yield Node(datetime.fromisoformat(entry["at"]), f"GitHub {asked}"[:120], "github")


def _raised(line: Line) -> str:
    """The last line of a traceback that names what was raised."""
    rows = str(line["exception"]).splitlines()
    return next((row for row in reversed(rows) if str(line.get("exception_name")) in row), rows[-1])


def _under(node: Node, calls: Sequence[Node], roots: list[Node]) -> Node:
    """Put the node under the call that went on in its domain then; where several did, under the one of its name (a
    notification's type is its reaction's), or the shortest."""
    name = f".{node.text.rpartition(' ')[2]} "
    domains = ("assessment",) if node.domain == "github" else (node.domain,)
    holding = [call for call in calls if any(call.holds(node.began, domain) for domain in domains)]
    if holding:
        nearest = min(
            holding, key=lambda call: (name not in call.text, (call.ended or call.began) - call.began)
        )
        nearest.children.append(node)
    elif node.domain not in ("github", "messaging"):  # those may be another story's
        roots.append(node)
    return node


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def render(roots: Sequence[Node]) -> Iterator[str]:
    """The tree, a line each: milliseconds since the beginning, and `!` where something went wrong."""
    if roots:
        began = min(node.began for node in roots)
        yield f"begins {began.isoformat(timespec='milliseconds')}"
        for root in roots:
            yield from _lines(root, began, depth=0)


def _lines(node: Node, began: datetime, *, depth: int) -> Iterator[str]:
    mark = "!" if node.failed else " "
    yield f"{_milliseconds(node.began - began):>8} {mark} {'  ' * depth}{node.text}"
    for child in sorted(node.children, key=lambda each: each.began):
        yield from _lines(child, began, depth=depth + 1)


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 when nothing is known of the id."""
    parser = argparse.ArgumentParser(prog="python -m local.trace", description="The story of one request.")
    parser.add_argument("id", help="the answer's X-Correlation-Id")
    parser.add_argument("--environment", default="local", help="local, staging or production")
    asked = parser.parse_args(arguments)
    settings = Settings.from_environment()
    if asked.environment == "local" and not stack.is_running(settings):
        print("Nothing runs. Start it with: make run", file=sys.stderr)
        return 1
    source: Source = LocalSource(settings) if asked.environment == "local" else AwsSource(asked.environment)
    lines: Any = list(render(story(source.observe(asked.id))))
    print("\n".join(lines) or f"Nothing is known of {asked.id}.")
    return 0 if lines else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
