"""What a vendor's words make of a delivery, whatever their order and however often they come.

Every kind has its place in one order, and a delivery stands at the highest place that anything told of it has reached.
The highest of a set is the same in whichever order the set is read: so states converge.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

ORDER: tuple[str, ...] = (
    "deferred",
    "sent",
    "ringing",
    "dropped",
    "failed",
    "busy",
    "no_answer",
    "blocked",
    "answered",
    "completed",
    "delivered",
    "bounced",
    "complained",
    "unsubscribed",
    "clicked",
    "read",
    "replied",
)
"""A message that failed and was delivered after all was delivered; one that was delivered and came back was not."""

STATES: dict[str, str] = {
    "deferred": "sent",
    "sent": "sent",
    "ringing": "sent",
    "dropped": "failed",
    "failed": "failed",
    "busy": "failed",
    "no_answer": "failed",
    "blocked": "failed",
    "answered": "delivered",
    "completed": "delivered",
    "delivered": "delivered",
    "bounced": "failed",
    "complained": "read",
    "unsubscribed": "read",
    "clicked": "read",
    "read": "read",
    "replied": "replied",
}
SUPPRESSES: dict[str, str] = {
    "bounced": "hard_bounce",
    "complained": "complaint",
    "unsubscribed": "unsubscribe",
}
STOP_WORDS = frozenset({"stop", "unsubscribe", "stopall", "optout", "opt out"})
WORDS = {
    "dropped": "The vendor did not try to send it",
    "failed": "The vendor could not send it",
    "busy": "The line was busy",
    "no_answer": "Nobody answered the call",
    "blocked": "The recipient's server turned this message away",
    "bounced": "It came back: the address takes no messages",
}
CLOCKS_APART = timedelta(minutes=10)
LONGEST_LATE = timedelta(hours=72)
"""Vendors give up repeating a webhook after at most a day (SendGrid, AiSensy)."""

_LOWEST_FAILURE = ORDER.index("dropped")
_PLACES = {"sent": ORDER.index("sent"), "delivered": ORDER.index("delivered"), "skipped": _LOWEST_FAILURE}
_PLACES |= {"read": ORDER.index("read"), "replied": ORDER.index("replied")}


class Fact(Protocol):
    """What a vendor tells: `kind` is one of ORDER."""

    @property
    def kind(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def detail(self) -> Mapping[str, str]: ...


F = TypeVar("F", bound=Fact)


def place(state: str, reason: str | None) -> int:
    """How far a delivery is in the vendors' order; -1 while no vendor can have said anything that matters."""
    if state == "failed":
        named = [nth for nth, kind in enumerate(ORDER) if kind == reason and STATES[kind] == "failed"]
        return named[0] if named else _LOWEST_FAILURE
    return _PLACES.get(state, -1)


def furthest(told: Iterable[F], *, state: str, reason: str | None) -> F | None:
    """The event that takes the delivery further than it is; None when none does."""
    best = max(told, key=lambda event: (ORDER.index(event.kind), event.occurred_at), default=None)
    return best if best is not None and ORDER.index(best.kind) > place(state, reason) else None


def words(event: Fact) -> str:
    """Why a delivery failed, for a person."""
    reason = event.detail.get("reason") or event.detail.get("response")
    return f"{WORDS[event.kind]}: {reason}" if reason else f"{WORDS[event.kind]}."


def suppression(event: Fact) -> str | None:
    """Why nothing more goes to the event's address; None when nothing stands against it."""
    if event.kind == "replied":
        is_stop = event.detail.get("text", "").strip(" .!\n").casefold() in STOP_WORDS
        return "unsubscribe" if is_stop else None
    return SUPPRESSES.get(event.kind)


def are_of_now(told: Iterable[Fact], *, now: datetime) -> bool:
    """Whether none of the events is of the future, or of so long ago that its vendor cannot be repeating it."""
    return all(now - LONGEST_LATE <= event.occurred_at <= now + CLOCKS_APART for event in told)
