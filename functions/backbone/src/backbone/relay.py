"""Every minute: publish the events whose publisher died, or could not reach the bus, after its commit.

An event may be published twice, never not at all; its reactions have their effect once by their inbox.
"""

import time
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar import bus, clock
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.log import log
from lodestar.metrics import Metrics, tell
from lodestar.outbox import OutboxRow
from lodestar.principal import NO_TENANT

OLDER_THAN_SECONDS = 10
"""Younger events are still with the invocation that made them."""
ROWS_A_CLAIM = 100
LONGEST_RUN_SECONDS = 40
CLAIM = text("SELECT id, org_id, name, detail, occurred_at FROM backbone.claim_outbox(:wanted, :older_than)")
AGE = Metrics(((),), (("outbox_age_seconds", "Seconds"),))
MARK_PUBLISHED = text("SELECT backbone.mark_published(:ids)")
MARK_FAILED = text("SELECT backbone.mark_failed(:ids, :error)")
FORGET = text("SELECT what, removed FROM backbone.forget_expired()")


def run() -> Mapping[str, int]:
    """Publish in claims of 100, until none is left or none of a claim is taken; hourly, forget what has expired."""
    counts = {"published": 0, "failed": 0}
    end = time.monotonic() + LONGEST_RUN_SECONDS
    while time.monotonic() < end:
        published, failed = sweep()
        counts["published"] += published
        counts["failed"] += failed
        if published == 0 or published + failed < ROWS_A_CLAIM:
            break
    return {**counts, **(forget() if clock.now().minute == 0 else {})}


def sweep(*, older_than_seconds: int = OLDER_THAN_SECONDS) -> tuple[int, int]:
    """One claim: how many events the bus took, and how many it did not. The claim's lock lasts until they are
    marked, so that two sweeps never send the same event."""
    with unit_of_work(NO_TENANT) as session:
        claimed = session.execute(CLAIM, {"wanted": ROWS_A_CLAIM, "older_than": older_than_seconds})
        rows = [OutboxRow(row.id, row.org_id, row.name, row.detail, row.occurred_at) for row in claimed]
        oldest = min((row.occurred_at for row in rows), default=clock.now())
        age_seconds = (clock.now() - oldest).total_seconds()
        tell("outbox", (AGE,), outbox_age_seconds=age_seconds, claimed=len(rows))
        published = _send(session, rows)
    return published, len(rows) - published


def forget() -> dict[str, int]:
    """Remove expired idempotency keys, events published a month ago, and full rate buckets."""
    with unit_of_work(NO_TENANT) as session:
        return {f"forgotten_{row.what}": row.removed for row in session.execute(FORGET)}


def _send(session: Session, rows: Sequence[OutboxRow]) -> int:
    sent = bus.put(rows)
    if sent.accepted:
        session.execute(MARK_PUBLISHED, {"ids": sent.accepted})
    for reason in set(sent.refused.values()):
        alike = [event_id for event_id, why in sent.refused.items() if why == reason]
        log.warning("events_not_published", count=len(alike), reason=reason)
        session.execute(MARK_FAILED, {"ids": alike, "error": reason})
    return len(sent.accepted)


handler = schedule(run)
