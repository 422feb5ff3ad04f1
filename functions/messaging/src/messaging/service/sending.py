"""Messages leave: decide and claim in one transaction, call the vendor in none, write down the outcome in another.

A delivery that is claimed is sent by its claimer or by nobody: a claim that runs out, because whoever had it died, does
not tell whether the vendor took the message, so it is not sent again. Each goes out at most once, or ends with a reason.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
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

CLAIM = timedelta(seconds=45)
"""Longer than the sender's function can run; over when the queue hands a killed run's message out again."""
SILENCE = timedelta(hours=1)
"""How long a vendor's word is waited for, after a call whose outcome is not known."""
RUN = timedelta(seconds=8)
"""No call of a vendor begins later: the slowest answer still comes before the function's time is over."""
ABANDONED_AT_ONCE = 500
DIED = "Whoever was sending it stopped in the middle; it is not known whether the vendor took it."
NO_TIME = "there was no time left for it"


def send(org_id: UUID, delivery_ids: Sequence[UUID]) -> dict[str, int]:
    """Send those of these that wait; how many ended in which state. May run at the same time as its twin.

    Those that a run before this one claimed and did not live to settle are told to be unknown.
    """
    counts = Counter[str]()
    stop_at = clock.now() + RUN
    left = list(delivery_ids)
    while left and clock.now() < stop_at:
        left = _send_some(org_id, left, counts, stop_at=stop_at)
    if left:
        with work_for(org_id) as session:
            waiting = repository.take(session, left, now=clock.now(), most=len(left))
            tell_sender(session, [(one.id, one.channel) for one in waiting])
    if (abandoned := abandon(org_id, of=delivery_ids)) > 0:
        counts["unknown"] += abandoned
    log.info("deliveries_sent", counts=counts, left=len(left))
    return counts


def abandon(org_id: UUID, *, of: Sequence[UUID] | None = None) -> int:
    """Claims that ran out, `of` these or of any: their outcome is unknown from now on. How many there were."""
    now = clock.now()
    with work_for(org_id) as session:
        found = repository.expired(session, state="sending", now=now, most=ABANDONED_AT_ONCE, of=of)
        settled = [
            Settlement(
                id=one.id, attempts=one.attempts, state="unknown", kind="unknown", reason="outcome_unknown",
                detail=DIED, claimed_until=now + SILENCE,
            )
            for one in found
        ]  # fmt: skip
        settling.settle(session, settled, now=now)
    return len(settled)


def _send_some(org_id: UUID, ids: list[UUID], counts: Counter[str], *, stop_at: datetime) -> list[UUID]:
    """Send some of `ids`, of each template by itself; the rest of them is returned."""
    claimed, rest = _claim(org_id, ids, counts)
    alike = defaultdict[tuple[str, str], list[Gathered]](list)
    for one in claimed:
        alike[one.delivery.channel, one.delivery.template_key].append(one)
    for (channel, _), together in alike.items():
        if clock.now() < stop_at:
            outcomes = vendors.send(org_id, Channel(channel), together)
        else:
            outcomes = [NotSent(NO_TIME, retry_after=0.0) for _ in together]
        settled = [_outcome(one.delivery, end) for one, end in zip(together, outcomes, strict=True)]
        with work_for(org_id) as session:
            settling.settle(session, settled, now=clock.now())
        counts.update(settlement.state for settlement in settled)
    return rest


def _claim(org_id: UUID, ids: list[UUID], counts: Counter[str]) -> tuple[list[Gathered], list[UUID]]:
    """Decide on the first of `ids`; those to be sent are claimed. What was not looked at is the rest."""
    now = clock.now()
    with work_for(org_id) as session:
        channel = repository.channel_of(session, ids[0])
        most = vendors.most_at_once(Channel(channel)) if channel else 1
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
        why = [(one.delivery.id, verdicts) for one, verdicts in decided if one.delivery.id in texts]
        settling.remember(session, why, now=now)
        settling.settle(session, told, now=now)
    counts.update(settlement.state for settlement in told)
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
