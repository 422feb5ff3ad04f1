"""What vendors tell of messages, as stories with a known end; every event becomes a call, some come again, all shuffled."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tests.gateway import Answer
from tests.messaging import telling
from tests.messaging.telling import Bolna, sent_deliveries


@dataclass(frozen=True)
class Story:
    """Kinds in the order in which they happen, and what is true at the end. `suppressed` is the reason, if any."""

    channel: str
    kinds: tuple[str, ...]
    state: str
    reason: str | None = None
    suppressed: str | None = None


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
            if self.story.channel == "email":
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
        for delivery_id in sent_deliveries(org_id, story.channel, count):
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
    return telling.aisensy(body) if vendor == "aisensy" else telling.bolna_hint(body)


def forgeries(random: Random, victims: list[UUID], count: int) -> Iterator[Callable[[], Answer]]:
    """Calls that no vendor made: each kind in turn, against one of the deliveries."""
    now = datetime.now(UTC)
    stranger = telling.Signer(99)
    for nth in range(count):
        delivery_id = random.choice(victims)
        events = [telling.email_event(delivery_id, "bounce", at=now, name=f"forged-{nth}")]
        note = telling.whatsapp_status(delivery_id, "READ", at=now) | {"id": f"forged-{nth}"}
        body, text = json.dumps(events), json.dumps(note)
        signed = telling.SIGNER.headers(body.encode())
        shifted = {**signed, telling.TIMESTAMP: str(int(signed[telling.TIMESTAMP]) + random.randint(1, 300))}
        other = telling.SIGNER.headers(json.dumps(events * 2).encode())
        good = telling.aisensy_signature(text)
        kinds: tuple[Callable[[], Answer], ...] = (
            lambda e=events: telling.sendgrid(*e, signer=stranger),
            lambda b=body, s=signed: telling.raw("sendgrid", b.replace("bounce", "dropped"), s),
            lambda e=events: telling.sendgrid(
                *e, timestamp=telling.seconds_ago(601 + random.randint(0, 10**6))
            ),
            lambda e=events: telling.sendgrid(
                *e, timestamp=telling.seconds_ago(-660 - random.randint(0, 10**6))
            ),
            lambda b=body, s=shifted: telling.raw("sendgrid", b, s),
            lambda b=body, s=other: telling.raw("sendgrid", b, s),
            lambda b=body: telling.raw("sendgrid", b, {}),
            lambda b=body, s=signed: telling.raw("sendgrid", b, {**s, telling.SIGNATURE: "AAAA"}),
            lambda n=note: telling.aisensy(n, secret="other"),
            lambda t=text, g=good: telling.raw("aisensy", t.replace("READ", "FAILED"), {telling.HMAC: g}),
            lambda t=text: telling.raw("aisensy", t, {}),
            lambda t=text, g=good: telling.raw(
                "aisensy", t, {telling.HMAC: g[:-1] + ("0" if g[-1] != "0" else "1")}
            ),
            lambda n=note: telling.aisensy(_at(n, now + timedelta(days=1))),
            lambda n=note: telling.aisensy(_at(n, now - timedelta(days=4))),
            lambda n=nth: telling.bolna_hint(telling.execution(UUID(int=n + 1), "completed", at=now)),
        )
        yield kinds[nth % len(kinds)]


def _at(note: dict[str, Any], moment: datetime) -> dict[str, Any]:
    message = {**note["data"]["message"], "read_at": int(moment.timestamp() * 1000)}
    return {**note, "data": {"message": message}}
