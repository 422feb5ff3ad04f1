"""A call's course through Bolna's statuses; each is posted, unsigned, as the execution of that moment.

Source: https://www.bolna.ai/docs/list-phone-call-status
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from simulators.callbacks import Callback
from simulators.desk import Desk
from simulators.messages import Message
from simulators.recipients import of_number

VENDOR = "bolna"
SHORTEST_CALL, LONGEST_CALL = 30.0, 180.0

Step = tuple[float, float, str]
_DIALS: tuple[Step, ...] = ((0.5, 1.5, "initiated"), (1.0, 4.0, "ringing"))
_TALKS: tuple[Step, ...] = (
    (2.0, 8.0, "in-progress"),
    (SHORTEST_CALL, LONGEST_CALL, "call-disconnected"),
    (2.0, 10.0, "completed"),
)
_ENDS: dict[str, tuple[Step, ...]] = {
    "delivered": (*_DIALS, *_TALKS),
    "busy": (*_DIALS, (1.0, 3.0, "busy")),
    "no-answer": (*_DIALS, (20.0, 30.0, "no-answer")),
    "failed": ((0.5, 1.5, "initiated"), (0.5, 1.5, "failed")),
    "balance-low": ((0.5, 1.5, "balance-low"),),
    "silent": (),
}
_UNSAID = frozenset({"name", "recipient_name", "reference"})
_REASONS = {
    "busy": "User busy",
    "no-answer": "No answer",
    "failed": "Call could not be placed",
    "balance-low": "Wallet balance is low",
    "call-disconnected": "Normal Hangup",
    "completed": "Normal Hangup",
}


@dataclass
class Execution:
    """One call. `recordings` is the address below which its recording will be."""

    message: Message
    agent: str
    from_number: str
    data: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    recordings: str = ""
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As `GET /executions/{id}` answers and the webhook posts it."""
        is_done = self.message.state == "completed"
        reason = _REASONS.get(self.message.state)
        return {
            "id": self.message.id,
            "agent_id": self.agent,
            "batch_id": None,
            "status": self.message.state,
            "error_message": reason if reason and not self.seconds else None,
            "answered_by_voice_mail": False,
            "conversation_duration": round(self.seconds, 1) if is_done else 0,
            "transcript": "\n".join(self.lines) if is_done else None,
            "total_cost": round(self.seconds / 60 * 5, 2) if is_done else 0,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "telephony_data": {
                "duration": f"{round(self.seconds)}" if is_done else "0",
                "to_number": self.message.to,
                "from_number": self.from_number,
                "recording_url": f"{self.recordings}/{self.message.id}/recording" if is_done else None,
                "hosted_telephony": True,
                "provider_call_id": self.message.id.replace("-", ""),
                "call_type": "outbound",
                "provider": "plivo",
                "hangup_reason": reason,
            },
            "extracted_data": {},
            "context_details": {
                "recipient_data": self.data,
                "recipient_phone_number": self.message.to,
            },
        }

    def summary(self) -> dict[str, Any]:
        """As the list of an agent's executions has it."""
        whole = self.document()
        kept = {
            key: whole[key] for key in ("id", "status", "conversation_duration", "created_at", "updated_at")
        }
        return {**kept, "telephony_data": {"to_number": self.message.to}}


class Fates:
    """Lets calls take their course."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(self, execution: Execution) -> None:
        rng = self._desk.control.fate(
            VENDOR, f"{execution.message.to}/{json.dumps(execution.data, sort_keys=True)}"
        )
        named = of_number(execution.message.to)
        steps = _ENDS.get(named) if named else None
        self._step(execution, self._drawn(rng) if steps is None else steps, rng)

    def _drawn(self, rng: Random) -> tuple[Step, ...]:
        if rng.random() < self._desk.control.orders[VENDOR].undelivered_rate:
            return _ENDS[rng.choice(("busy", "no-answer", "failed"))]
        return _ENDS["delivered"]

    def _step(self, execution: Execution, steps: tuple[Step, ...], rng: Random) -> None:
        if not steps:
            return
        (least, most, status), *rest = steps
        duration = rng.uniform(least, most)

        def happen() -> None:
            if execution.message.state == "stopped":
                return
            if status == "call-disconnected":
                execution.seconds = duration
                execution.lines = _conversation(execution.data)
            if status == "completed":
                spoken = {"transcript": list(execution.lines), "seconds": round(execution.seconds)}
                execution.message.details = {**execution.message.details, **spoken}
            self.enter(execution, status)
            self._step(execution, tuple(rest), rng)

        self._desk.timeline.after(duration * self._desk.control.orders[VENDOR].time_factor, happen)

    def enter(self, execution: Execution, status: str) -> None:
        """Take the status and post the execution. Bolna says nothing of repeating, so nothing is repeated."""
        execution.updated_at = execution.message.become(status, _REASONS.get(status, ""))
        body = json.dumps(execution.document()).encode()
        self._desk.callbacks.deliver(Callback(VENDOR, body, _headers))


def _conversation(data: Mapping[str, Any]) -> list[str]:
    """What an agent that is told these variables says, and a friendly answer."""
    told = [f"{name.replace('_', ' ')}: {value}." for name, value in data.items() if name not in _UNSAID]
    name = data.get("name") or data.get("recipient_name")
    greeting = f"Hello {name}." if name else "Hello."
    return [
        " ".join(["assistant:", greeting, "This is a reminder.", *told]),
        "user: Thank you, I will be there.",
    ]


def _headers(_: bytes, __: int) -> dict[str, str]:
    return {"Content-Type": "application/json", "User-Agent": "Bolna"}
