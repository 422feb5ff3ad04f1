"""Messages leave: decide and claim in one transaction, call the vendor in none, write down the outcome in another.

A delivery that is claimed is sent by its claimer or by nobody: a claim that runs out, because whoever had it died, does
not tell whether the vendor took the message, so it is not sent again. Each goes out at most once, or ends with a reason.
"""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from lodestar import clock
from lodestar.adapters.sending import Accepted, NotSent, OutcomeUnknown, Refused
from lodestar.contracts.messaging import Channel
from lodestar.db import work_for
from lodestar.log import log
from messaging.models.deliveries import Delivery
from messaging.repository import deliveries as repository
from messaging.repository.deliveries import Settlement
from messaging.rules import retrying
from messaging.rules.sending import Action, Verdict, decide
from messaging.service import in_app, settling, vendors
from messaging.service.enqueueing import tell_sender
from messaging.service.facts import Gathered, gather

CLAIM = timedelta(minutes=3)
"""Longer than the sender's function can run."""
SILENCE = timedelta(hours=1)
"""How long a vendor's word is waited for, after a call whose outcome is not known."""
RUN = timedelta(seconds=60)
"""After so long the sender leaves what is left to the next run, well before its time is over."""
TAKEN_AT_ONCE = {Channel.EMAIL: 500, Channel.IN_APP: 500, Channel.WHATSAPP: 1, Channel.VOICE: 1}
"""What a crash can leave unknown, at most."""
LARGEST_CHUNK = 500


def send(org_id: UUID, delivery_ids: Sequence[UUID]) -> dict[str, int]:
    """Send those of these that wait; how many ended in which state. May run at the same time as its twin."""
    counts = dict[str, int]()
    stop_at = clock.now() + RUN
    left = list(delivery_ids)
    while left and clock.now() < stop_at:
        chunk, left = left[:LARGEST_CHUNK], left[LARGEST_CHUNK:]
        left = _send_chunk(org_id, chunk, counts) + left
    if left:
        with work_for(org_id) as session:
            waiting = repository.take(session, left, now=clock.now(), most=len(left))
            tell_sender(session, [(one.id, one.channel) for one in waiting])
    log.info("deliveries_sent", counts=counts, left=len(left))
    return counts


def _send_chunk(org_id: UUID, ids: list[UUID], counts: dict[str, int]) -> list[UUID]:
    """Send some of `ids`; the rest of them is returned."""
    claimed, rest = _claim(org_id, ids, counts)
    for channel in {one.delivery.channel for one in claimed}:
        of_channel = [one for one in claimed if one.delivery.channel == channel]
        outcomes = vendors.send(org_id, Channel(channel), of_channel)
        now = clock.now()
        settled = [_outcome(one.delivery, outcome) for one, outcome in zip(of_channel, outcomes, strict=True)]
        with work_for(org_id) as session:
            settling.settle(session, settled, now=now)
        for settlement in settled:
            counts[settlement.state] = counts.get(settlement.state, 0) + 1
    return rest


def _claim(org_id: UUID, ids: list[UUID], counts: dict[str, int]) -> tuple[list[Gathered], list[UUID]]:
    """Decide on the first of `ids`; those to be sent are claimed. What was not looked at is the rest."""
    now = clock.now()
    with work_for(org_id) as session:
        channel = repository.channel_of(session, ids[0])
        most = TAKEN_AT_ONCE[Channel(channel)] if channel else 1
        looked_at, rest = ids[:most], ids[most:]
        found = gather(session, repository.take(session, looked_at, now=now, most=most), now=now)
        decided = [(one, decide(one.facts)) for one in found]
        going = [one for one, verdicts in decided if verdicts_allow(one, verdicts)]
        told = [s for one, verdicts in decided if (s := _decision(one, verdicts)) is not None]
        here = [one for one in going if one.delivery.channel == Channel.IN_APP]
        told += [in_app.deliver(session, one, now=now) for one in here]
        away = [one for one in going if one.delivery.channel != Channel.IN_APP]
        texts = {one.delivery.id: (one.text.id, one.text.revision) for one in away if one.text}
        repository.claim(session, texts, until=now + CLAIM)
        settling.remember(
            session, [(one.delivery.id, verdicts) for one, verdicts in decided if one in away], now=now
        )
        settling.settle(session, told, now=now)
        for settlement in told:
            counts[settlement.state] = counts.get(settlement.state, 0) + 1
    return away, rest


def verdicts_allow(one: Gathered, verdicts: Sequence[Verdict]) -> bool:
    """Whether it goes out now."""
    return verdicts[-1].passed and not one.faults


def _decision(one: Gathered, verdicts: Sequence[Verdict]) -> Settlement | None:
    """What becomes of a delivery that does not go out now; None for one that does."""
    last, delivery = verdicts[-1], one.delivery
    told = {"verdicts": settling.as_rows(verdicts)}
    if last.action is Action.DEFER:
        return Settlement(
            id=delivery.id, attempts=delivery.attempts, state="deferred", kind="deferred", reason=last.rule,
            detail=last.words, not_before=last.until, told=told,
        )  # fmt: skip
    if last.action is Action.SKIP:
        return Settlement(
            id=delivery.id, attempts=delivery.attempts, state="skipped", kind="skipped", reason=last.rule,
            detail=last.words, settled_at=one.facts.now, told=told,
        )  # fmt: skip
    if one.faults:
        words = f"The template cannot be filled: {' '.join(fault.words for fault in one.faults)}"
        return Settlement(
            id=delivery.id, attempts=delivery.attempts, state="failed", kind="failed", reason=one.faults[0].code,
            detail=words, settled_at=one.facts.now, told=told,
        )  # fmt: skip
    return None


Outcome = Accepted | NotSent | Refused | OutcomeUnknown


def _outcome(delivery: Delivery, outcome: Outcome) -> Settlement:
    """What a vendor's answer makes of the attempt that `delivery`, as it was before its claim, was claimed for."""
    now, attempts = clock.now(), delivery.attempts + 1
    match outcome:
        case Accepted():
            return Settlement(
                id=delivery.id, attempts=attempts, state="sent", kind="sent", vendor=outcome.vendor,
                vendor_message_id=outcome.vendor_message_id, sent_at=outcome.at, settled_at=None,
            )  # fmt: skip
        case Refused():
            return Settlement(
                id=delivery.id, attempts=attempts, state="failed", kind="failed", reason=outcome.code,
                detail=f"The vendor refused it: {outcome.words}", settled_at=now,
            )  # fmt: skip
        case OutcomeUnknown():
            words = f"It is not known whether the vendor took it ({outcome.words}), so it is not sent again."
            return Settlement(
                id=delivery.id, attempts=attempts, state="unknown", kind="unknown", reason="outcome_unknown",
                detail=words, claimed_until=now + SILENCE,
            )  # fmt: skip
    return _not_sent(delivery, outcome, attempts=attempts, chance=random.random)


def _not_sent(
    delivery: Delivery, outcome: NotSent, *, attempts: int, chance: Callable[[], float]
) -> Settlement:
    now = clock.now()
    again = retrying.next_try(
        attempts=attempts,
        since=delivery.created_at,
        now=now,
        retry_after=outcome.retry_after,
        chance=chance(),
    )
    if again is None:
        return Settlement(
            id=delivery.id, attempts=attempts, state="failed", kind="failed", reason="vendor_unavailable",
            detail=f"The vendor did not take it in {attempts} attempts: {outcome.words}", settled_at=now,
        )  # fmt: skip
    return Settlement(
        id=delivery.id, attempts=attempts, state="queued", kind="not_sent", reason="vendor_unavailable",
        detail=f"The vendor did not take it ({outcome.words}); it is tried again.", not_before=again,
    )  # fmt: skip
