"""Bolna's calls. Source: https://www.bolna.ai/docs/api-reference/calls/make, .../executions/get_execution"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from lodestar import clock
from lodestar.adapters.numbers import must_be_one_number
from lodestar.adapters.sending import Accepted, NotSent, OutcomeUnknown, Refused
from lodestar.adapters.vendors import VendorServer
from lodestar.adapters.voice.port import CallState, CallStatus, VoiceCall
from lodestar.adapters.webhooks import Malformed, VendorEvent
from lodestar.adapters.wire import Wire, parsed

EXECUTION_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
PAGE_SIZE = 50
MOST_PAGES = 20
CLOCKS_APART = timedelta(minutes=2)

_UNKNOWN = frozenset({500, 502, 504})
"""Bolna answers 500 to some mistakes of the caller and documents no meaning; `find` tells whether a call was made."""

_STATUSES: Mapping[str, CallStatus] = {
    "scheduled": "initiating",
    "queued": "initiating",
    "rescheduled": "initiating",
    "initiated": "initiating",
    "ringing": "ringing",
    "in-progress": "connected",
    "call-disconnected": "connected",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "balance-low": "failed",
    "failed": "failed",
    "error": "failed",
    "canceled": "canceled",
    "stopped": "canceled",
}
"""`call-disconnected` is no end: duration, recording and transcript come with `completed` only."""


class Bolna:
    """A `VoiceCaller`. Our reference travels among the agent's variables, and every execution gives it back."""

    vendor = "bolna"

    def __init__(self, server: VendorServer, *, from_number: str | None) -> None:
        assert server.base_url is not None  # noqa: S101 - vendors.py knows the address
        self._from_number = from_number
        headers = {"authorization": f"Bearer {server.api_key}"}
        self._wire = Wire("Bolna", server.base_url, headers=headers, unknown_statuses=_UNKNOWN)

    def call(self, call: VoiceCall) -> Accepted:
        must_be_one_number(call.to_e164)
        body: dict[str, Any] = {
            "agent_id": call.agent,
            "recipient_phone_number": call.to_e164,
            "user_data": {**call.variables, "reference": str(call.reference)},
        }
        if self._from_number is not None:
            body["from_phone_number"] = self._from_number
        answer = parsed(self._wire.post("/call", body))
        name = answer.get("execution_id") if isinstance(answer, dict) else None
        if not name:
            raise OutcomeUnknown("Bolna answered without the call's id.")
        return Accepted(vendor=self.vendor, vendor_message_id=str(name), at=clock.now())

    def execution(self, call_id: str) -> CallState | None:
        if not EXECUTION_ID.fullmatch(call_id):
            return None
        document = self._asked(f"/executions/{call_id}")
        if document is None:
            return None
        try:
            return _state(document)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise NotSent(f"Bolna answered what is no execution ({type(error).__name__}).") from error

    def find(self, call: VoiceCall, *, since: datetime) -> CallState | None:
        for entry in self._listed(call.agent, since=since - CLOCKS_APART):
            to_number = (entry.get("telephony_data") or {}).get("to_number")
            if to_number in (None, call.to_e164):
                state = self.execution(str(entry["id"]))
                if state is not None and state.reference == call.reference:
                    return state
        return None

    def _listed(self, agent: str, *, since: datetime) -> Iterator[Mapping[str, Any]]:
        """The agent's executions. The list's own form leaves our reference out, hence the look at each."""
        for page in range(1, MOST_PAGES + 1):
            wanted = {
                "page_number": str(page),
                "page_size": str(PAGE_SIZE),
                "from": since.astimezone(UTC).isoformat(timespec="seconds"),
            }
            answer = self._asked(f"/v2/agent/{quote(agent, safe='')}/executions", wanted) or {}
            yield from answer.get("data") or []
            if not answer.get("has_more"):
                return

    def _asked(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """A refusal is NotSent here: nothing is said about a message of ours."""
        try:
            document = self._wire.get(path, params)
        except Refused as error:
            raise NotSent(error.words) from error
        if document is not None and not isinstance(document, dict):
            raise NotSent("Bolna answered what is no object.")
        return document


class BolnaWebhook:
    """A `Webhook` that Bolna does not sign: whoever knows the URL may post anything. Ask `VoiceCaller.execution`."""

    authenticated = False

    def verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """Nothing to verify."""

    def events(self, body: bytes) -> Sequence[VendorEvent]:
        try:
            return [_state(json.loads(body)).event()]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Malformed(f"no execution of Bolna ({type(error).__name__})") from error


def _state(document: Mapping[str, Any]) -> CallState:
    telephony = document.get("telephony_data") or {}
    data = (document.get("context_details") or {}).get("recipient_data") or document.get("user_data") or {}
    status = str(document["status"])
    call_id = str(document["id"])
    if status not in _STATUSES or not EXECUTION_ID.fullmatch(call_id):
        raise ValueError("no status of a call")
    duration = document.get("conversation_duration", document.get("conversation_time"))
    return CallState(
        vendor="bolna",
        call_id=call_id,
        agent=str(document["agent_id"]),
        status=_STATUSES[status],
        vendor_status=status,
        changed_at=_time(document.get("updated_at") or document["created_at"]),
        reference=_reference(data.get("reference")),
        to_e164=telephony.get("to_number"),
        duration_seconds=float(duration) if duration else None,
        recording_url=telephony.get("recording_url") or None,
        transcript=document.get("transcript") or None,
        reason=document.get("error_message") or telephony.get("hangup_reason") or None,
    )


def _reference(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
