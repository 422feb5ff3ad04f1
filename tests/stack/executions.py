"""What Step Functions tells of its executions: which states they entered, what failed, how they ended."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.client import wait_for
from local.stack import Stack
from tests.stack.aws import client

ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
EXECUTION_SECONDS = 120


@dataclass(frozen=True)
class Execution:
    """One walk of a state machine. `failures` are the errors of its tasks, in order, retried ones too."""

    name: str
    status: str
    event: dict[str, Any]
    states: list[str]
    failures: list[str]

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


def machines(stack: Stack) -> dict[str, str]:
    """The ARNs of the deployed state machines, by the name of the definition's file: `grade_attempt`."""
    rows = client(stack, "stepfunctions").list_state_machines()["stateMachines"]
    return {_file_of(row["name"]): row["stateMachineArn"] for row in rows}


def _file_of(name: str) -> str:
    """`lodestar-StateMachines-1a2b-GradeAttempt-3C4D` is deployed from `grade_attempt.asl.json`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.split("-")[-2]).lower()


def executions(stack: Stack, machine: str) -> list[Execution]:
    """Every execution of the machine, oldest first."""
    return [_read(stack, row) for row in _listed(stack, machine)]


def walks_of(stack: Stack, machine: str, subject_id: str) -> list[Execution]:
    """The machine's executions for one attempt or asset, oldest first."""
    rows = [row for row in _listed(stack, machine) if subject_id in _event(stack, row["executionArn"])]
    return [_read(stack, row) for row in rows]


def _listed(stack: Stack, machine: str) -> list[dict[str, Any]]:
    functions = client(stack, "stepfunctions")
    pages = functions.get_paginator("list_executions").paginate(stateMachineArn=machines(stack)[machine])
    return sorted((row for page in pages for row in page["executions"]), key=lambda row: row["startDate"])


def _read(stack: Stack, row: Mapping[str, Any]) -> Execution:
    functions = client(stack, "stepfunctions")
    history = functions.get_paginator("get_execution_history").paginate(executionArn=row["executionArn"])
    events = [event for page in history for event in page["events"]]
    return Execution(
        name=row["name"],
        status=row["status"],
        event=json.loads(_event(stack, row["executionArn"])),
        states=[e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e],
        failures=[e["taskFailedEventDetails"]["error"] for e in events if "taskFailedEventDetails" in e],
    )


_events: dict[str, str] = {}


def _event(stack: Stack, arn: str) -> str:
    """What started the execution; it never changes, and is asked for once."""
    if arn not in _events:
        described = client(stack, "stepfunctions").describe_execution(executionArn=arn)
        _events[arn] = described["input"]
    return _events[arn]


def walked(stack: Stack, machine: str, subject_id: str, *, nth: int = 1) -> Execution:
    """The nth execution for the subject, once it has ended."""

    def look() -> Execution | None:
        walks = walks_of(stack, machine, subject_id)
        return walks[nth - 1] if len(walks) >= nth and walks[nth - 1].has_ended else None

    return wait_for(look, seconds=EXECUTION_SECONDS, what=f"the end of {machine} number {nth}")


def reached(stack: Stack, machine: str, subject_id: str, state: str) -> Execution:
    """The subject's latest execution, once it has entered the state."""

    def look() -> Execution | None:
        walks = walks_of(stack, machine, subject_id)
        return walks[-1] if walks and state in walks[-1].states else None

    return wait_for(look, seconds=EXECUTION_SECONDS, what=f"{state} of {machine}")


def tell_again(stack: Stack, walk: Execution) -> None:
    """Put the event that started the execution on the bus once more, as an at-least-once bus may."""
    event = walk.event
    bus = client(stack, "events")
    name = (
        stack.outputs().get("EventBusName")
        or bus.list_event_buses(NamePrefix="lodestar")["EventBuses"][0]["Name"]
    )
    entry = {
        "EventBusName": name,
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
    }
    assert bus.put_events(Entries=[entry])["FailedEntryCount"] == 0
