"""What becomes of an accepted e-mail, step by step, and the events that tell of it.

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

import json
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from simulators.callbacks import Callback
from simulators.desk import Desk
from simulators.messages import Message
from simulators.recipients import of_address
from simulators.sendgrid.signing import Signer

VENDOR = "sendgrid"
GATHERING_SECONDS = 1.0
MOST_EVENTS = 1000
OPENING_SHARE = 0.5
REPEATS_AFTER = (30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 43_200.0)
"""SendGrid repeats for 24 hours, ever more rarely, until it is answered with a 2xx."""

Step = tuple[float, float, dict[str, Any]]
"""After how long (least, most seconds), and the event's own fields."""

_PROCESSED: Step = (0.0, 0.3, {"event": "processed", "smtp-id": "<simulated@ismtpd>"})
_DELIVERED: Step = (0.5, 2.0, {"event": "delivered", "response": "250 2.0.0 OK"})
_OPEN: Step = (1.0, 6.0, {"event": "open", "useragent": "Simulated/1.0", "ip": "192.0.2.7"})
_BLOCKED: Step = (0.5, 2.0, {
    "event": "bounce", "type": "blocked", "status": "4.2.2", "bounce_classification": "Mailbox Unavailable",
    "reason": "452 4.2.2 The recipient's inbox is out of storage space.",
})  # fmt: skip
_FATES: dict[str, tuple[Step, ...]] = {
    "delivered": (_PROCESSED, _DELIVERED),
    "opens": (_PROCESSED, _DELIVERED, _OPEN),
    "silent": (),
    "blocked": (_PROCESSED, _BLOCKED),
    "bounce": (_PROCESSED, (0.5, 2.0, {
        "event": "bounce", "type": "bounce", "status": "5.1.1", "bounce_classification": "Invalid Address",
        "reason": "550 5.1.1 The email account that you tried to reach does not exist.",
    })),
    "dropped": ((0.5, 2.0, {"event": "dropped", "status": "5.0.0", "reason": "Bounced Address"}),),
    "defer": (
        _PROCESSED,
        (0.5, 2.0, {"event": "deferred", "response": "451 4.7.1 Greylisted, try again later", "attempt": "1"}),
        (5.0, 10.0, {"event": "delivered", "response": "250 2.0.0 OK"}),
    ),
    "spam": (_PROCESSED, _DELIVERED, (1.0, 6.0, {"event": "spamreport"})),
    "unsubscribe": (_PROCESSED, _DELIVERED, (1.0, 6.0, {"event": "unsubscribe"})),
}  # fmt: skip


@dataclass
class Fates:
    """Lets accepted messages meet their fates and posts the events, gathered as SendGrid gathers them."""

    desk: Desk
    signer: Signer

    def __post_init__(self) -> None:
        self._gathered: list[dict[str, Any]] = []
        self.desk.control.on_reset(self._gathered.clear)

    def begin(self, message: Message, *, arguments: dict[str, str], opens: bool) -> None:
        """The first event follows at once; nothing happens before the caller returns."""
        rng = self.desk.control.fate(VENDOR, message.reference or message.id)
        named = of_address(message.to)
        fate = _FATES.get(named) if named else None
        self._step(message, fate if fate is not None else self._drawn(rng, opens=opens), arguments, rng)

    def _drawn(self, rng: Random, *, opens: bool) -> tuple[Step, ...]:
        if rng.random() < self.desk.control.orders[VENDOR].undelivered_rate:
            return _FATES["blocked"]
        return _FATES["opens" if opens and rng.random() < OPENING_SHARE else "delivered"]

    def _step(
        self, message: Message, steps: tuple[Step, ...], arguments: dict[str, str], rng: Random
    ) -> None:
        if not steps:
            return
        (least, most, fields), *rest = steps

        def happen() -> None:
            self._tell(message, fields, arguments, rng)
            self._step(message, tuple(rest), arguments, rng)

        wait = self.desk.control.seconds(VENDOR, least, most, rng=rng)
        self.desk.timeline.after(wait, happen)

    def _tell(self, message: Message, fields: dict[str, Any], arguments: dict[str, str], rng: Random) -> None:
        kind = fields["event"]
        at = message.become(fields.get("type", kind), fields.get("reason") or fields.get("response") or "")
        self._gathered.append(
            {
                **arguments,
                "email": message.to,
                "timestamp": int(at.timestamp()),
                "sg_event_id": str(UUID(int=rng.getrandbits(128), version=4)),
                "sg_message_id": f"{message.details['message_id']}.recvd-simulated-{message.id}",
                "category": message.details["categories"],
                **fields,
            }
        )
        if len(self._gathered) == 1:
            wait = GATHERING_SECONDS * self.desk.control.orders[VENDOR].time_factor
            self.desk.timeline.after(wait, self._post)
        elif len(self._gathered) >= MOST_EVENTS:
            self._post()

    def _post(self) -> None:
        events, self._gathered[:] = list(self._gathered), []
        if not events:
            return
        if self.desk.control.orders[VENDOR].shuffle:
            self.desk.control.rng(VENDOR).shuffle(events)
        body = json.dumps(events).encode()
        self.desk.callbacks.deliver(
            Callback(VENDOR, body, lambda sent, _: self.signer.headers(sent), REPEATS_AFTER)
        )
