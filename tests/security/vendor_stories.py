"""What vendors tell of messages, as stories with a known end; every event becomes a call, some come again, all shuffled."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from simulators.sendgrid.signing import Signer
from tests.gateway import Answer
from tests.messaging import telling
from tests.messaging.telling import Bolna, sent_deliveries


@dataclass(frozen=True)
class Story:
    """Kinds in the order in which they happen, and what is true at the end. `suppressed` is the reason, if any;
    `vendor` stands where it is not the channel's usual one."""

    channel: str
    kinds: tuple[str, ...]
    state: str
    reason: str | None = None
    suppressed: str | None = None
    vendor: str | None = None


STORIES = (
    Story("email", ("processed", "delivered", "open"), "read"),
    Story("email", ("processed", "deferred", "delivered"), "delivered"),
    Story("email", ("processed", "delivered", "open", "click"), "read"),
    Story("email", ("processed", "bounce"), "failed", "bounced", "hard_bounce"),
    Story("email", ("processed", "delivered", "bounce"), "failed", "bounced", "hard_bounce"),
    Story("email", ("processed", "blocked"), "failed", "blocked"),
    Story("email", ("dropped",), "failed", "dropped"),
    Story("email", ("processed", "delivered", "open", "spamreport"), "read", None, "complaint"),
    Story("email", ("processed", "delivered", "unsubscribe"), "read", None, "unsubscribe"),
    Story("email", ("Send", "Delivery"), "delivered", vendor="ses"),
    Story("email", ("Send", "DeliveryDelay", "Delivery"), "delivered", vendor="ses"),
    Story("email", ("Send", "Bounce.Permanent"), "failed", "bounced", "hard_bounce", vendor="ses"),
    Story(
        "email", ("Send", "Delivery", "Bounce.Permanent"), "failed", "bounced", "hard_bounce", vendor="ses"
    ),
    Story("email", ("Send", "Bounce.Transient"), "failed", "blocked", vendor="ses"),
    Story("email", ("Send", "Reject"), "failed", "dropped", vendor="ses"),
    Story("email", ("Send", "Delivery", "Complaint"), "read", None, "complaint", vendor="ses"),
    Story("whatsapp", ("SENT", "DELIVERED", "READ"), "read"),
    Story("whatsapp", ("SENT", "FAILED"), "failed", "failed"),
    Story("whatsapp", ("SENT", "DELIVERED", "reply"), "replied"),
    Story("voice", ("queued", "ringing", "in-progress", "completed"), "delivered"),
    Story("voice", ("queued", "ringing", "no-answer"), "failed", "no_answer"),
    Story("voice", ("queued", "busy"), "failed", "busy"),
)


@dataclass(frozen=True)
class Told:
    """A delivery and its story."""

    org_id: UUID
    delivery_id: UUID
    story: Story
    began: datetime

    @property
    def events(self) -> int:
        """How many facts are kept of it: of a call, the one that Bolna confirms."""
        return 1 if self.story.channel == "voice" else len(self.story.kinds)

    def calls(self, bolna: Bolna) -> Iterator[tuple[str, Any]]:
        """Vendor and body of each webhook, in order."""
        for nth, kind in enumerate(self.story.kinds):
            at = self.began + timedelta(seconds=nth)
            if self.story.vendor == "ses":
                yield "ses", telling.ses_event(self.delivery_id, kind, at=at)
            elif self.story.channel == "email":
                more = {"type": "blocked"} if kind == "blocked" else {}
                event = "bounce" if kind == "blocked" else kind
                yield "sendgrid", [telling.email_event(self.delivery_id, event, at=at, **more)]
            elif kind == "reply":
                name = f"reply-{self.delivery_id}"
                yield (
                    "aisensy",
                    telling.whatsapp_reply(
                        "+4915100000000", "Yes", at=at, name=name, answers=self.delivery_id
                    ),
                )
            elif self.story.channel == "whatsapp":
                yield "aisensy", telling.whatsapp_status(self.delivery_id, kind, at=at)
            else:
                document = telling.execution(self.delivery_id, kind, at=at)
                bolna.executions[str(self.delivery_id)] = document
                yield "bolna", document


@dataclass
class Traffic:
    """Calls in the order in which they arrive, with the stories behind them."""

    told: list[Told] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)


def traffic(
    random: Random,
    org_ids: list[UUID],
    *,
    calls: int,
    duplicates: float,
    bolna: Bolna,
    stories: tuple[Story, ...] = STORIES,
) -> Traffic:
    """At least `calls` calls, of which the share `duplicates` repeats another one."""
    made, began = Traffic(), datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    wanted = dict.fromkeys(stories, 0)
    unique, nth = int(calls * (1 - duplicates)) + 1, 0
    while unique > 0:
        story = stories[nth % len(stories)]
        wanted[story] += 1
        unique -= len(story.kinds)
        nth += 1
    for number, (story, count) in enumerate(wanted.items()):
        org_id = org_ids[number % len(org_ids)]
        for delivery_id in sent_deliveries(org_id, story.channel, count, vendor=story.vendor):
            made.told.append(Told(org_id, delivery_id, story, began))
    for one in made.told:
        made.calls.extend(one.calls(bolna))
    made.calls += [random.choice(made.calls) for _ in range(calls - len(made.calls))]
    random.shuffle(made.calls)
    return made


def post(vendor: str, body: Any) -> Answer:
    """As the vendor posts it, signed for now."""
    if vendor == "sendgrid":
        return telling.sendgrid(*body)
    if vendor == "ses":
        return telling.ses(body)
    return telling.aisensy(body) if vendor == "aisensy" else telling.bolna_hint(body)


KINDS_OF_FORGERIES = 18
"""The last of them is kept, because Bolna proves nothing, and has no effect."""


def forgeries(random: Random, victims: list[UUID], count: int) -> Iterator[Callable[[], Answer]]:
    """Calls that no vendor made: each kind in turn, against one of the deliveries."""
    now = datetime.now(UTC)
    stranger = Signer(99)
    for nth in range(count):
        delivery_id = random.choice(victims)
        events = [telling.email_event(delivery_id, "bounce", at=now, name=f"forged-{nth}")]
        told = telling.ses_event(delivery_id, "Bounce.Permanent", at=now, feedbackId=f"forged-{nth}")
        note = telling.whatsapp_status(delivery_id, "READ", at=now) | {"id": f"forged-{nth}"}
        body, text = json.dumps(events), json.dumps(note)
        signed = telling.SIGNER.headers(body.encode())
        shifted = {**signed, telling.TIMESTAMP: str(int(signed[telling.TIMESTAMP]) + random.randint(1, 300))}
        other = telling.SIGNER.headers(json.dumps(events * 2).encode())
        good = telling.aisensy_signature(text)
        cut = good[:-1] + ("0" if good[-1] != "0" else "1")
        late, early = 601 + random.randint(0, 10**6), 660 + random.randint(0, 10**6)
        kinds: tuple[Callable[[], Answer], ...] = (
            partial(telling.sendgrid, *events, signer=stranger),
            partial(telling.raw, "sendgrid", body.replace("bounce", "dropped"), signed),
            partial(telling.sendgrid, *events, timestamp=telling.seconds_ago(late)),
            partial(telling.sendgrid, *events, timestamp=telling.seconds_ago(-early)),
            partial(telling.raw, "sendgrid", body, shifted),
            partial(telling.raw, "sendgrid", body, other),
            partial(telling.raw, "sendgrid", body, {}),
            partial(telling.raw, "sendgrid", body, {**signed, telling.SIGNATURE: "AAAA"}),
            partial(telling.aisensy, note, secret="other"),
            partial(telling.raw, "aisensy", text.replace("READ", "FAILED"), {telling.HMAC: good}),
            partial(telling.raw, "aisensy", text, {}),
            partial(telling.raw, "aisensy", text, {telling.HMAC: cut}),
            partial(telling.aisensy, _at(note, now + timedelta(days=1))),
            partial(telling.aisensy, _at(note, now - timedelta(days=4))),
            partial(telling.ses, told | {"source": "lodestar.messaging"}),
            partial(telling.ses, told | {"account": "210987654321"}),
            partial(telling.ses, _of_set(told, "somebody-elses")),
            partial(telling.bolna_hint, telling.execution(UUID(int=nth + 1), "completed", at=now)),
        )
        assert len(kinds) == KINDS_OF_FORGERIES
        yield kinds[nth % len(kinds)]


def _at(note: dict[str, Any], moment: datetime) -> dict[str, Any]:
    message = {**note["data"]["message"], "read_at": int(moment.timestamp() * 1000)}
    return {**note, "data": {"message": message}}


def _of_set(told: dict[str, Any], name: str) -> dict[str, Any]:
    mail = told["detail"]["mail"]
    tags = {**mail["tags"], "ses:configuration-set": [name]}
    return {**told, "detail": {**told["detail"], "mail": {**mail, "tags": tags}}}
