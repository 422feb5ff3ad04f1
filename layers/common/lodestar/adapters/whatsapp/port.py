"""WhatsApp as a capability: approved templates, filled and sent to one person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from lodestar.adapters.sending import Accepted, Outcome, OutcomeUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An image or PDF that the vendor fetches: a public https URL, good for some minutes."""

    url: str
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppMessage:
    """A template's message to one person.

    `template` is the name of the vendor's live campaign, which is bound to an approved template; `parameters` fill its
    {{1}}, {{2}}, ... in order. `to_e164` begins with a plus sign.
    """

    reference: UUID
    to_e164: str
    name: str
    template: str
    parameters: tuple[str, ...] = ()
    media: Media | None = None


class WhatsAppSender(Protocol):
    """A vendor of WhatsApp messages."""

    vendor: str

    def send(self, message: WhatsAppMessage) -> Accepted:
        """Raises NotSent, Refused and OutcomeUnknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppReceipt:
    """What callers are shown of a sending, whichever vendor served (SB-11)."""

    success: bool
    campaign_id: str
    message_id: str | None
    status: Literal["sent", "failed", "unknown"]
    destination: str
    timestamp: datetime


def receipt(message: WhatsAppMessage, outcome: Outcome, *, now: datetime) -> WhatsAppReceipt:
    """The receipt of one `send`; `timestamp` is the vendor's acceptance, else `now`."""
    taken = outcome if isinstance(outcome, Accepted) else None
    status: Literal["failed", "unknown"] = "unknown" if isinstance(outcome, OutcomeUnknown) else "failed"
    return WhatsAppReceipt(
        success=taken is not None,
        campaign_id=message.template,
        message_id=taken.vendor_message_id if taken else None,
        status="sent" if taken else status,
        destination=message.to_e164,
        timestamp=taken.at if taken else now,
    )
