"""E-mail as a capability: rendered messages in, one outcome each out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

from lodestar.adapters.sending import Accepted, Outcome, OutcomeUnknown, Refused

Category = Literal["transactional", "operational", "marketing"]

LARGEST_EMAIL_BYTES = 25 * 1024 * 1024
"""Texts and attachments as they travel, in base64; what the large mailbox providers still take (SendGrid: 30 MB)."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. What is no single valid address is refused when it is sent, with a code."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file. An inline one has a `content_id` that the HTML refers to as `cid:`."""

    filename: str
    content_type: str
    data: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """One message to one person. `reference` is our delivery's id; the vendor's events give it back.

    `substitutions` are put into subject, HTML, text and reply-to wherever a key stands (plain text replacement; a value
    meant for the HTML is escaped by whoever made it). Messages that differ only in recipient, subject, headers,
    reference and substitutions travel in one call where the vendor can do that.
    """

    reference: UUID
    to: Address
    sender: Address
    subject: str
    text: str
    html: str | None = None
    reply_to: Address | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    substitutions: Mapping[str, str] = field(default_factory=dict)
    category: Category = "transactional"


class EmailSender(Protocol):
    """A vendor of e-mail. `most_messages` is how many `send` takes at once."""

    vendor: str
    most_messages: int

    def send(self, messages: Sequence[Email]) -> list[Outcome]:
        """One outcome a message, in their order; returns errors instead of raising them, because each message has
        its own. Raises ValueError for more than `most_messages`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailResult:
    """One recipient of a receipt. `status` is accepted, rejected, not_sent or unknown."""

    to: str
    status: Literal["accepted", "rejected", "not_sent", "unknown"]
    message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailReceipt:
    """What callers are shown of a sending, whichever vendor served (SB-10)."""

    success: bool
    message_id: str | None
    batch_id: str | None
    accepted: int
    rejected: int
    results: tuple[EmailResult, ...]


def receipt(messages: Sequence[Email], outcomes: Sequence[Outcome]) -> EmailReceipt:
    """The receipt of one `send`. `success` means that every message was accepted."""
    results = tuple(_result(message, outcome) for message, outcome in zip(messages, outcomes, strict=True))
    taken = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    return EmailReceipt(
        success=len(taken) == len(results),
        message_id=taken[0].vendor_message_id if taken else None,
        batch_id=taken[0].batch_id if taken else None,
        accepted=len(taken),
        rejected=len(results) - len(taken),
        results=results,
    )


def _result(message: Email, outcome: Outcome) -> EmailResult:
    if isinstance(outcome, Accepted):
        return EmailResult(to=message.to.email, status="accepted", message_id=outcome.vendor_message_id)
    status: Literal["rejected", "not_sent", "unknown"] = "not_sent"
    if isinstance(outcome, Refused):
        status = "rejected"
    elif isinstance(outcome, OutcomeUnknown):
        status = "unknown"
    return EmailResult(to=message.to.email, status=status, message_id=None)
