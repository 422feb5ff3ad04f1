"""What vendors tell afterwards, in one vocabulary: a webhook is verified by its raw body, then read into events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

EventKind = Literal[
    "sent",
    "deferred",
    "delivered",
    "read",
    "clicked",
    "replied",
    "ringing",
    "answered",
    "completed",
    "bounced",
    "blocked",
    "dropped",
    "failed",
    "busy",
    "no_answer",
    "complained",
    "unsubscribed",
]
"""`bounced` is a permanent failure of the address, `blocked` one of this message only; `dropped` was never attempted.
`ringing`, `answered`, `completed`, `busy` and `no_answer` are of calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorEvent:
    """One fact that a vendor tells. Vendors repeat them and change their order.

    `reference` is ours, where the vendor gives it back; otherwise the message is found by `vendor_message_id`, and a
    reply that answers no message by `address` (e-mail, or E.164). `vendor_event_id` is the same in every repetition.
    `detail` holds texts for people: `reason`, `status`, `text`, `url`, `recording_url`, ... as far as they are told.
    """

    kind: EventKind
    vendor: str
    vendor_event_id: str
    occurred_at: datetime
    reference: UUID | None = None
    vendor_message_id: str | None = None
    address: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


class Forged(Exception):
    """The webhook is not the vendor's, or not of now; the message says which check failed, without its contents."""


class Malformed(ValueError):
    """A webhook whose body is not what the vendor documents."""


class Webhook(Protocol):
    """A vendor's way in."""

    authenticated: bool
    """False where the vendor signs nothing: then what `events` reads is a hint, to be confirmed by asking the vendor."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """Raises Forged. Raises NotSent where the vendor's public key could not be had: answer 503, it comes again."""
        ...

    def events(self, body: bytes) -> Sequence[VendorEvent]:
        """The facts in a verified body, in its order; kinds that we do not know are left out. Raises Malformed."""
        ...
