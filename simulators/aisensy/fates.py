"""What becomes of a WhatsApp message, and the notifications that tell of it, signed with HMAC-SHA256.

Source: https://aisensy.stoplight.io/docs/project-api/ (topics `message.status.updated`, `message.sender.user`)
"""

import hashlib
import hmac
import json
import time
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID, uuid4

from simulators.callbacks import Callback
from simulators.desk import Desk
from simulators.messages import Message
from simulators.recipients import of_number

VENDOR = "aisensy"
SECRET = "simulator"  # noqa: S105 - of nothing real
PROJECT = "5f0c5ab1d2f5e4001f6a1234"
REPEATS_AFTER = (10.0, 60.0, 300.0, 1800.0)
READ_SHARE = 0.8
MILLISECONDS = 1000

_SENT, _DELIVERED, _READ = (1.0, 3.0, "SENT"), (1.0, 3.0, "DELIVERED"), (1.0, 3.0, "READ")
_FAILED = (1.0, 3.0, "FAILED")
_FATES = {
    "delivered": (_SENT, _DELIVERED),
    "read": (_SENT, _DELIVERED, _READ),
    "failed": (_SENT, _FAILED),
    "replies": (_SENT, _DELIVERED, _READ, (1.0, 5.0, "REPLIED")),
    "silent": (),
}
_TIMES = {"SENT": "sent_at", "DELIVERED": "delivered_at", "READ": "read_at"}


class Fates:
    """Lets accepted messages meet their fates."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(self, message: Message) -> None:
        rng = self._desk.control.fate(VENDOR, f"{message.to}/{message.details['campaign']}/{message.text}")
        named = of_number(message.to)
        steps = _FATES.get(named) if named else None
        self._step(message, self._drawn(rng) if steps is None else steps, {}, rng)

    def write(self, *, phone: str, text: str, name: str = "", answers: Message | None = None) -> None:
        """A person writes to the business, `answers` being the message that they reply to."""
        data: dict[str, Any] = {
            "id": uuid4().hex[:24],
            "messageId": f"wamid.{uuid4().hex}",
            "phone_number": phone.removeprefix("+"),
            "userName": name,
            "message_type": "TEXT",
            "message_content": {"text": text},
            "sent_at": int(time.time() * MILLISECONDS),
            "sender": "USER",
        }
        if answers is not None:
            data["context"] = {"submitted_message_id": answers.id}
        self._notify("message.sender.user", data, name=str(uuid4()))

    def _drawn(self, rng: Random) -> tuple[tuple[float, float, str], ...]:
        if rng.random() < self._desk.control.orders[VENDOR].undelivered_rate:
            return _FATES["failed"]
        return _FATES["read" if rng.random() < READ_SHARE else "delivered"]

    def _step(
        self,
        message: Message,
        steps: tuple[tuple[float, float, str], ...],
        times: dict[str, int],
        rng: Random,
    ) -> None:
        if not steps:
            return
        (least, most, status), *rest = steps

        def happen() -> None:
            if status == "REPLIED":
                message.become(status)
                self.write(
                    phone=message.to, text="Thank you, I will be there.", name=message.name, answers=message
                )
            else:
                self._tell(message, status, times, rng)
            self._step(message, tuple(rest), times, rng)

        self._desk.timeline.after(self._desk.control.seconds(VENDOR, least, most, rng=rng), happen)

    def _tell(self, message: Message, status: str, times: dict[str, int], rng: Random) -> None:
        failure = {"code": "131026", "reason": "Message undeliverable: the number is not on WhatsApp."}
        at = message.become(status, failure["reason"] if status == "FAILED" else "")
        if status in _TIMES:
            times[_TIMES[status]] = _milliseconds(at)
        data = {
            "id": hashlib.sha256(message.id.encode()).hexdigest()[:24],
            "messageId": f"wamid.{message.id}",
            "submitted_message_id": message.id,
            "phone_number": message.to.removeprefix("+"),
            "userName": message.name,
            "message_type": "TEMPLATE",
            "campaign": {"name": message.details["campaign"]},
            "status": status,
            **times,
        }
        if status == "FAILED":
            data["failureResponse"] = failure
        self._notify("message.status.updated", data, name=str(UUID(int=rng.getrandbits(128), version=4)))

    def _notify(self, topic: str, message: dict[str, Any], *, name: str) -> None:
        body = json.dumps(
            {
                "id": name,
                "created_at": f"{datetime.now().astimezone().isoformat()}",
                "topic": topic,
                "delivery_attempt": 1,
                "project_id": PROJECT,
                "data": {"message": message},
            }
        ).encode()
        self._desk.callbacks.deliver(Callback(VENDOR, body, _headers, REPEATS_AFTER))


def _headers(body: bytes, _: int) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-AiSensy-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
        "X-AiSensy-Project-Id": PROJECT,
        "X-AiSensy-API-Version": "1",
    }


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * MILLISECONDS)
