"""What a running product tells of itself: log lines, executions of state machines, and rows where they can be read.

The same from the embedded AWS and from AWS; only there a query of CloudWatch Logs Insights replaces reading all logs,
and the database is out of reach.
"""

import json
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import boto3
import httpx
from botocore.exceptions import ClientError
from sqlalchemy import Connection, create_engine, text

from local.deploy import client
from local.settings import ROOT, Settings
from local.stack import Stack

Line = dict[str, Any]
Clients = Callable[[str], Any]
NOBODY = "00000000-0000-0000-0000-000000000000"
MOST_LINES = 10_000
QUERY_SECONDS = 120
SINCE = timedelta(days=7)
ROWS = {
    "event": """SELECT id::text, name, occurred_at AS at, published_at, attempts, last_error FROM backbone.outbox
                WHERE detail ->> 'correlation_id' = :id""",
    "inbox": """SELECT i.event_id::text, i.reaction, i.received_at AS at, i.processed_at, i.attempts, i.last_error
                FROM backbone.inbox AS i JOIN backbone.outbox AS o ON o.id = i.event_id
                WHERE o.detail ->> 'correlation_id' = :id""",
    "notification": """SELECT n.type, n.created_at AS at FROM messaging.notifications AS n
                       WHERE n.created_at BETWEEN :began AND :ended""",
}


@dataclass(frozen=True)
class State:
    """A state that an execution entered, of a `kind` like `Task` or `Wait`; `errors` are those of its failed attempts."""

    name: str
    kind: str
    entered: datetime
    left: datetime | None
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Execution:
    """One walk of a state machine, `event_id` that of the event that began it."""

    name: str
    machine: str
    event_id: str
    status: str
    began: datetime
    ended: datetime | None
    states: tuple[State, ...]


@dataclass(frozen=True)
class Observed:
    """All that is known of one correlation. `rows` are those of ROWS by name, `sent` what simulators were asked."""

    lines: Sequence[Line]
    executions: Sequence[Execution] = ()
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    sent: Sequence[Mapping[str, Any]] = ()


def messages_of(logs: Any, group: str, *, pattern: str = "") -> Iterator[str]:
    """The embedded AWS answers with the first of them and names no next page, so it is asked again from the last one's
    moment on."""
    since, seen = 0, 0
    while True:
        asked = {"logGroupName": group, "filterPattern": pattern, "startTime": since, "limit": MOST_LINES}
        events = logs.filter_log_events(**asked)["events"]
        yield from (event["message"] for event in events[seen:])
        if len(events) < MOST_LINES or events[0]["timestamp"] == events[-1]["timestamp"]:
            return
        since = events[-1]["timestamp"]
        seen = sum(event["timestamp"] == since for event in events)


class Source(Protocol):
    """Where a product can be observed."""

    def observe(self, correlation_id: str) -> Observed: ...


class LocalSource:
    """The stack on this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clients: Clients = lambda service: client(settings, service)

    def observe(self, correlation_id: str) -> Observed:
        lines = [
            line
            for line in map(parsed, self.messages(correlation_id))
            if line and line.get("correlation_id") == correlation_id
        ]
        machines = machine_arns(Stack(self._settings).outputs())
        return Observed(
            lines,
            executions_of(lines, self._clients("stepfunctions"), machines),
            self._rows(correlation_id, lines),
            self._sent(),
        )

    def messages(self, word: str = "") -> Iterator[str]:
        """Every message that holds the word, in every log group, without order."""
        logs = self._clients("logs")
        for groups in logs.get_paginator("describe_log_groups").paginate():
            for group in groups["logGroups"]:
                yield from messages_of(logs, group["logGroupName"], pattern=f'"{word}"' if word else "")

    def _rows(self, correlation_id: str, lines: Sequence[Line]) -> dict[str, list[Mapping[str, Any]]]:
        organizations = {str(line["org_id"]) for line in lines if line.get("org_id")} - {NOBODY}
        times = sorted(moment(line) for line in lines)
        if not times:
            return {}
        asked = {"id": correlation_id, "began": times[0] - timedelta(minutes=1), "ended": times[-1]}
        found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in ROWS}
        engine = create_engine(Stack(self._settings).databases.application)
        for organization in sorted(organizations):
            with engine.connect() as connection:
                for name, rows in _rows_of(connection, organization, asked):
                    found[name] += rows
        engine.dispose()
        return found

    def _sent(self) -> list[Mapping[str, Any]]:
        """Calls to GitHub; those to models are in the logs."""
        with suppress(httpx.HTTPError):
            return list(httpx.get(f"{self._settings.simulator_url}/_sent/github", timeout=5).json())
        return []


def _rows_of(
    connection: Connection, organization: str, asked: Mapping[str, Any]
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    connection.execute(
        text("SELECT backbone.enter(:org, :user, true)"), {"org": organization, "user": NOBODY}
    )
    for name, query in ROWS.items():
        yield name, [dict(row) for row in connection.execute(text(query), dict(asked)).mappings()]


class AwsSource:
    """A deployed environment: `staging` or `production`."""

    def __init__(self, environment: str) -> None:
        config = tomllib.loads((ROOT / "samconfig.toml").read_text())[environment]["deploy"]["parameters"]
        self._stack = str(config["stack_name"])
        make: Any = boto3.client  # its type lists 400 services
        self._clients: Clients = make

    def observe(self, correlation_id: str) -> Observed:
        lines = self._lines(correlation_id)
        found = self._clients("cloudformation").describe_stacks(StackName=self._stack)["Stacks"][0]["Outputs"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found}
        return Observed(lines, executions_of(lines, self._clients("stepfunctions"), machine_arns(outputs)))

    def _lines(self, correlation_id: str) -> list[Line]:
        """Those of a week, by CloudWatch Logs Insights, which takes 50 log groups a query."""
        logs = self._clients("logs")
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePattern=self._stack)
        groups = [group["logGroupName"] for page in pages for group in page["logGroups"]][:50]
        now = datetime.now(UTC)
        query = logs.start_query(
            logGroupNames=groups,
            startTime=int((now - SINCE).timestamp()),
            endTime=int(now.timestamp()),
            queryString=f'fields @message | filter correlation_id = "{correlation_id}" | limit {MOST_LINES}',
        )["queryId"]
        answer = _finished(logs, query)
        messages = (cell["value"] for row in answer for cell in row if cell["field"] == "@message")
        return [line for line in map(parsed, messages) if line]


def _finished(logs: Any, query: str) -> list[list[dict[str, str]]]:
    deadline = time.monotonic() + QUERY_SECONDS
    while time.monotonic() < deadline:
        answer = logs.get_query_results(queryId=query)
        if answer["status"] not in ("Scheduled", "Running"):
            return list(answer["results"])
        time.sleep(1)
    raise TimeoutError(f"The query of the logs took longer than {QUERY_SECONDS} s.")


def parsed(message: str) -> Line | None:
    """The fields of a log line; None of what is not ours."""
    try:
        entry = json.loads(message)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "event" in entry else None


def moment(line: Line) -> datetime:
    """When the line was written."""
    return datetime.fromisoformat(line["timestamp"])


def machine_arns(outputs: Mapping[str, str]) -> dict[str, str]:
    """The state machines by their names in the template: `GradeAttempt`."""
    return {
        name.removesuffix("MachineArn"): arn for name, arn in outputs.items() if name.endswith("MachineArn")
    }


def executions_of(lines: Iterable[Line], functions: Any, machines: Mapping[str, str]) -> list[Execution]:
    """The executions that the tasks among the lines belong to, each with its history."""
    names = {str(line["execution"]) for line in lines if line.get("execution")}
    found = (_execution(functions, name, machine, arn) for name in names for machine, arn in machines.items())
    return [execution for execution in found if execution is not None]


def _execution(functions: Any, name: str, machine: str, machine_arn: str) -> Execution | None:
    arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
    try:
        about = functions.describe_execution(executionArn=arn)
    except ClientError:  # it is another machine's
        return None
    pages = functions.get_paginator("get_execution_history").paginate(executionArn=arn)
    history = [event for page in pages for event in page["events"]]
    event_id = json.loads(about["input"]).get("detail", {}).get("event_id", "")
    states = tuple(_states(history))
    return Execution(
        name, machine, event_id, about["status"], about["startDate"], about.get("stopDate"), states
    )


def _states(history: Sequence[Mapping[str, Any]]) -> Iterator[State]:
    entered: dict[str, tuple[str, datetime]] = {}
    errors: dict[str, list[str]] = {}
    current = ""
    for event in history:
        if "stateEnteredEventDetails" in event:
            current = event["stateEnteredEventDetails"]["name"]
            kind = str(event["type"]).removesuffix("StateEntered")
            entered[current], errors[current] = (kind, event["timestamp"]), []
        elif "taskFailedEventDetails" in event:
            errors[current].append(event["taskFailedEventDetails"].get("error", "failed"))
        elif "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            yield State(name, *entered.pop(name), event["timestamp"], tuple(errors.pop(name)))
    for name, (kind, at) in entered.items():
        yield State(name, kind, at, None, tuple(errors[name]))
