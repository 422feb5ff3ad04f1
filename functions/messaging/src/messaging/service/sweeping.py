"""What time brings, for one organization: reminders fall due, deferred messages may go, and silence comes to an end."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from lodestar import clock
from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.sending import NotSent
from lodestar.adapters.voice import CallState, VoiceCall, voice_caller
from lodestar.db import work_for
from messaging.models.deliveries import Delivery
from messaging.repository import deliveries as repository
from messaging.repository.deliveries import Settlement
from messaging.service import sending, settling, vendors
from messaging.service.enqueueing import tell_sender, tell_sender_of
from messaging.service.facts import gather

RELEASED_AT_ONCE = 5_000
SETTLED_AT_ONCE = 200
GRACE = timedelta(seconds=90)
"""An event that made its way to the sender is there by then."""
SILENT = (
    "Whether the vendor took it was not known, and no word of it came within an hour. It was not sent again, so that "
    "nobody gets it twice."
)


def sweep(org_id: UUID, *, stop_at: datetime) -> Counter[str]:
    """Do what is due, in small transactions, until `stop_at`; counts of what was done."""
    counts = Counter[str]()
    counts["released"] = release(org_id, stop_at=stop_at)
    with work_for(org_id) as session:
        waiting = repository.untold(session, now=clock.now(), grace=GRACE, most=RELEASED_AT_ONCE)
        tell_sender(session, waiting)
    counts["told"] = len(waiting)
    counts["abandoned"] = sending.abandon(org_id)
    counts["given_up"] = _give_up(org_id)
    return counts


def release(org_id: UUID, *, stop_at: datetime) -> int:
    """Make deliveries of every scheduled message that is due; how many were."""
    total, last = 0, repository.BEGINNING
    while clock.now() < stop_at:
        with work_for(org_id) as session:
            released = repository.release(session, now=clock.now(), after=last, most=RELEASED_AT_ONCE)
            if released is None:
                break
            for channel, ids in released.queued.items():
                tell_sender_of(session, channel, ids)
        total, last = total + released.count, released.last
    return total


def _give_up(org_id: UUID) -> int:
    """Silence that lasted too long. Of calls the vendor is asked first, outside of any transaction."""
    now = clock.now()
    with work_for(org_id) as session:
        found = repository.expired(session, state="unknown", now=now, most=SETTLED_AT_ONCE)
        placed = {one.delivery.id: vendors.call_of(one) for one in gather(session, found, now=now)}
    settled = [_settlement(one, _asked(one, placed[one.id]), now=now) for one in found]
    with work_for(org_id) as session:
        settling.settle(session, settled, now=now)
    return len(settled)


def _asked(one: Delivery, call: VoiceCall | None) -> CallState | None:
    if call is None:
        return None
    try:
        return voice_caller().find(call, since=one.created_at)
    except (NotSent, CapabilityNotConfigured):
        return None


def _settlement(one: Delivery, call: CallState | None, *, now: datetime) -> Settlement:
    if call is not None:
        return Settlement(
            id=one.id, attempts=one.attempts, state="sent", kind="sent", vendor=call.vendor,
            vendor_message_id=call.call_id, sent_at=call.changed_at, detail="The vendor says that it placed the call.",
        )  # fmt: skip
    return Settlement(
        id=one.id, attempts=one.attempts, state="failed", kind="failed", reason="outcome_unknown", detail=SILENT,
        settled_at=now,
    )  # fmt: skip
