"""Telephone calls by a voice agent, as a capability."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from lodestar.adapters.sending import Accepted, Outcome, OutcomeUnknown
from lodestar.adapters.webhooks import EventKind, VendorEvent

CallStatus = Literal[
    "initiating", "ringing", "connected", "completed", "busy", "no_answer", "failed", "canceled"
]
"""The plan's names (SB-13); the vendor's own stand in `CallState.vendor_status`."""

ENDED: frozenset[CallStatus] = frozenset({"completed", "busy", "no_answer", "failed", "canceled"})

TYPICAL_CALL_SECONDS = 90
"""What a receipt names as the estimated duration."""

_KINDS: Mapping[CallStatus, EventKind] = {
    "initiating": "sent",
    "ringing": "ringing",
    "connected": "answered",
    "completed": "completed",
    "busy": "busy",
    "no_answer": "no_answer",
    "failed": "failed",
    "canceled": "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceCall:
    """A call to be made. `agent` is the vendor's id of the agent that speaks; `variables` fill its prompt."""

    reference: UUID
    to_e164: str
    agent: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallState:
    """A call as the vendor has it now. Duration, recording and transcript come with an end, not before."""

    vendor: str
    call_id: str
    agent: str
    status: CallStatus
    vendor_status: str
    changed_at: datetime
    reference: UUID | None = None
    to_e164: str | None = None
    duration_seconds: float | None = None
    recording_url: str | None = None
    transcript: str | None = None
    reason: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    def event(self) -> VendorEvent:
        """The state as an event; the same state is the same event."""
        told = {
            "status": self.vendor_status,
            "reason": self.reason,
            "recording_url": self.recording_url,
            "duration_seconds": None if self.duration_seconds is None else f"{self.duration_seconds:g}",
        }
        return VendorEvent(
            kind=_KINDS[self.status],
            vendor=self.vendor,
            vendor_event_id=f"{self.call_id}:{self.vendor_status}",
            occurred_at=self.changed_at,
            reference=self.reference,
            vendor_message_id=self.call_id,
            address=self.to_e164,
            detail={name: text for name, text in told.items() if text is not None},
        )


class VoiceCaller(Protocol):
    """A vendor of calls."""

    vendor: str

    def call(self, call: VoiceCall) -> Accepted:
        """Place the call. Raises NotSent, Refused and OutcomeUnknown."""
        ...

    def execution(self, call_id: str) -> CallState | None:
        """The call as the vendor has it now; None where it knows none of that id. Raises NotSent."""
        ...

    def find(self, call: VoiceCall, *, since: datetime) -> CallState | None:
        """The call of this reference, among those to its number after `since`; None where the vendor has none.

        Raises NotSent.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReceipt:
    """What callers are shown of a call, whichever vendor served (SB-13). `estimated_duration` is in seconds."""

    success: bool
    call_id: str | None
    agent_id: str
    status: CallStatus | Literal["unknown"]
    to_number: str
    estimated_duration: int
    recording_url: str | None


def receipt(call: VoiceCall, outcome: Outcome, *, state: CallState | None = None) -> CallReceipt:
    """The receipt of one `call`, with what is known of it by now."""
    taken = outcome if isinstance(outcome, Accepted) else None
    placed: CallStatus = "initiating" if taken else "failed"
    unknown = isinstance(outcome, OutcomeUnknown) and state is None
    return CallReceipt(
        success=taken is not None,
        call_id=taken.vendor_message_id if taken else None,
        agent_id=call.agent,
        status="unknown" if unknown else state.status if state else placed,
        to_number=call.to_e164,
        estimated_duration=TYPICAL_CALL_SECONDS,
        recording_url=state.recording_url if state else None,
    )
