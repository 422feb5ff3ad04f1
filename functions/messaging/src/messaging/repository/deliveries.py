"""Queries of deliveries: made once, taken by one sender at a time, settled by whoever took them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lodestar.ids import new_id
from messaging.models.deliveries import Delivery, DeliveryEvent

ROWS_AT_ONCE = 2_000

# What is taken goes on after the last one taken, and not over all the entries of those that were released before it; by
# its place in the table, which its lock keeps.
RELEASE = text(
    """
    WITH due AS (
      SELECT ctid AS place, send_at, id FROM messaging.waiting_messages
      WHERE org_id = backbone.current_org() AND send_at <= :now
        AND (send_at, id) > (CAST(:after_time AS timestamptz), CAST(:after_id AS uuid))
      ORDER BY send_at, id LIMIT :most FOR UPDATE SKIP LOCKED
    ), released AS (
      DELETE FROM messaging.waiting_messages WHERE ctid = ANY (ARRAY(SELECT place FROM due)) RETURNING id
    ), queued AS (
      INSERT INTO messaging.deliveries (org_id, channel, category, template_key, dedupe_key, scheduled_message_id,
        recipient_id, address, name, locale, time_zone, attachments, target_type, target_id, not_before)
      SELECT s.org_id, s.channel, s.category, s.template_key, 'scheduled:' || s.id, s.id, s.recipient_id, s.address,
        s.name, s.locale, s.time_zone, a.attachments, a.kind, a.subject_id, :now
      FROM messaging.scheduled_messages AS s JOIN messaging.anchors AS a ON a.id = s.anchor_id
      WHERE s.id = ANY (ARRAY(SELECT id FROM released))
      ON CONFLICT (org_id, dedupe_key) DO NOTHING
      RETURNING id, channel
    )
    SELECT (SELECT count(*) FROM released) AS released, last.send_at AS last_time, last.id AS last_id,
      (SELECT jsonb_object_agg(channel, ids) FROM (
        SELECT channel, jsonb_agg(id) AS ids FROM queued GROUP BY channel) AS of_channel) AS queued
    FROM (SELECT send_at, id FROM due ORDER BY send_at DESC, id DESC LIMIT 1) AS last
    """
)
CLAIM = text(
    """
    UPDATE messaging.deliveries SET state = 'sending', attempts = attempts + 1, version = version + 1,
      updated_at = now(), claimed_until = :until, template_id = o.template_id, template_revision = o.template_revision
    FROM jsonb_to_recordset(CAST(:claims AS jsonb)) AS o(id uuid, template_id uuid, template_revision integer)
    WHERE deliveries.id = o.id
    """
)
SETTLE = text(
    """
    UPDATE messaging.deliveries AS d SET state = o.state, reason = o.reason, detail = o.detail,
      not_before = coalesce(o.not_before, d.not_before), claimed_until = o.claimed_until,
      vendor = coalesce(o.vendor, d.vendor), vendor_message_id = coalesce(o.vendor_message_id, d.vendor_message_id),
      sent_at = coalesce(d.sent_at, o.sent_at), settled_at = o.settled_at,
      version = d.version + 1, updated_at = now()
    FROM jsonb_to_recordset(CAST(:settlements AS jsonb)) AS o(id uuid, attempts integer, state text, reason text,
      detail text, not_before timestamptz, claimed_until timestamptz, vendor text, vendor_message_id text,
      sent_at timestamptz, settled_at timestamptz)
    WHERE d.id = o.id AND d.attempts = o.attempts AND d.state IN ('queued', 'deferred', 'sending', 'unknown')
    RETURNING d.id
    """
)
ADD_EVENTS = text(
    """
    INSERT INTO messaging.delivery_events (delivery_id, kind, occurred_at, vendor, detail)
    SELECT o.delivery_id, o.kind, o.occurred_at, o.vendor, o.detail
    FROM jsonb_to_recordset(CAST(:events AS jsonb))
      AS o(delivery_id uuid, kind text, occurred_at timestamptz, vendor text, detail jsonb)
    """
)
# The vendor told of it before our own call came back: what it said stands, and its name of the message is added.
NAME_AT_VENDOR = text(
    """
    UPDATE messaging.deliveries AS d SET vendor = o.vendor, vendor_message_id = o.vendor_message_id,
      sent_at = coalesce(d.sent_at, o.sent_at)
    FROM jsonb_to_recordset(CAST(:settlements AS jsonb)) AS o(id uuid, attempts integer, vendor text,
      vendor_message_id text, sent_at timestamptz)
    WHERE d.id = o.id AND d.attempts = o.attempts AND o.vendor_message_id IS NOT NULL AND d.vendor_message_id IS NULL
    """
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scheduled message stands in the order in which they fall due."""

    time: datetime
    id: UUID


BEGINNING = Place(datetime.min.replace(tzinfo=UTC), UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How many scheduled messages were, the new deliveries' ids by channel, in the letters in which events tell them
    (to read a million costs more than to release them), and the last one that was looked at."""

    count: int
    queued: dict[str, list[str]]
    last: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a delivery in its `attempts`-th attempt, and the event that is kept of it."""

    id: UUID
    attempts: int
    state: str
    kind: str
    reason: str | None = None
    detail: str | None = None
    not_before: datetime | None = None
    claimed_until: datetime | None = None
    vendor: str | None = None
    vendor_message_id: str | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    told: dict[str, Any] = field(default_factory=dict)


def enqueue(session: Session, rows: Sequence[dict[str, Any]]) -> list[tuple[UUID, str]]:
    """Make deliveries, unless ones of the same dedupe keys are there; the ids and channels of the new ones."""
    found = list[tuple[UUID, str]]()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        statement = insert(Delivery).values(
            [{"id": new_id(), **row} for row in rows[start : start + ROWS_AT_ONCE]]
        )
        statement = statement.on_conflict_do_nothing(index_elements=["org_id", "dedupe_key"])
        made = session.execute(statement.returning(Delivery.id, Delivery.channel))
        found += [(row.id, row.channel) for row in made]
    return found


def release(session: Session, *, now: datetime, after: Place, most: int) -> Released | None:
    """Make deliveries of the next scheduled messages that are due; None when none is left."""
    values = {"now": now, "after_time": after.time, "after_id": after.id, "most": most}
    row = session.execute(RELEASE, values).one_or_none()
    if row is None:
        return None
    return Released(count=row.released, queued=row.queued or {}, last=Place(row.last_time, row.last_id))


def _among(ids: Iterable[UUID]) -> ColumnElement[bool]:
    """One parameter, however many ids: hundreds of them cost more to be written down one by one than to be looked up."""
    return Delivery.id == any_(literal(list(ids), ARRAY(Uuid())))


def take(session: Session, ids: Iterable[UUID], *, now: datetime, most: int) -> Sequence[Delivery]:
    """Of these, up to `most` that wait and that no other sender is looking at; locked until the commit."""
    query = (
        select(Delivery)
        .where(_among(ids), Delivery.state.in_(("queued", "deferred")), Delivery.not_before <= now)
        .order_by(Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).all()


def claim(session: Session, texts: dict[UUID, tuple[UUID | None, int]], *, until: datetime) -> None:
    """These are being sent, by the text of this id and revision, until `until`."""
    claims = [{"id": i, "template_id": of, "template_revision": nth} for i, (of, nth) in texts.items()]
    if claims:
        session.execute(CLAIM, {"claims": json.dumps(claims, default=str), "until": until})


def settle(session: Session, settlements: Sequence[Settlement], *, now: datetime) -> set[UUID]:
    """Write what became of them; the ids of those for which it holds, because nobody knew better meanwhile."""
    if not settlements:
        return set()
    rows = json.dumps([_written(one) for one in settlements], default=_as_json)
    held = set(session.scalars(SETTLE, {"settlements": rows}))
    session.execute(NAME_AT_VENDOR, {"settlements": rows})
    rows_of_events = [
        {
            "delivery_id": one.id, "kind": one.kind, "occurred_at": now, "vendor": one.vendor,
            "detail": {"reason": one.reason, "words": one.detail, **one.told},
        }
        for one in settlements
    ]  # fmt: skip
    add_events(session, rows_of_events)
    session.expire_all()
    return held


def add_events(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what happened: `delivery_id`, `kind`, `occurred_at`, `detail` and, where one told it, `vendor`."""
    if rows:
        session.execute(ADD_EVENTS, {"events": json.dumps(rows, default=_as_json)})


def _written(one: Settlement) -> dict[str, Any]:
    """What SETTLE reads; `asdict` would copy all that is told, and deeply."""
    return {
        column.name: getattr(one, column.name)
        for column in fields(one)
        if column.name not in ("kind", "told")
    }


def _as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def by_ids(session: Session, ids: Sequence[UUID]) -> Sequence[Delivery]:
    """These deliveries, as they are now."""
    if not ids:
        return []
    return session.scalars(select(Delivery).where(_among(ids))).all()


def channel_of(session: Session, delivery_id: UUID) -> str | None:
    """By what a delivery goes out."""
    return session.scalar(select(Delivery.channel).where(Delivery.id == delivery_id))


def untold(session: Session, *, now: datetime, grace: timedelta, most: int) -> list[tuple[UUID, str]]:
    """Deliveries that are due and of which no sender is told: deferred ones, ones to be tried again, and new ones
    whose event is late by `grace`. They count as told from now on, for ten times as long."""
    is_told = Delivery.claimed_until > now
    nobody_knows = or_(
        Delivery.state == "deferred", Delivery.attempts > 0, Delivery.not_before <= now - grace
    )
    due = (
        select(Delivery.id)
        .where(Delivery.state.in_(("queued", "deferred")), Delivery.not_before <= now)
        .where(nobody_knows, or_(Delivery.claimed_until.is_(None), ~is_told))
        .order_by(Delivery.not_before, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    told = (
        update(Delivery)
        .where(Delivery.id.in_(due))
        .values(claimed_until=now + 10 * grace)
        .returning(Delivery.id, Delivery.channel)
        .execution_options(synchronize_session=False)
    )
    return [(row.id, row.channel) for row in session.execute(told)]


def expired(
    session: Session, *, state: str, now: datetime, most: int, of: Sequence[UUID] | None = None
) -> Sequence[Delivery]:
    """Deliveries, of any or `of` these, whose claim, or whose waiting for a vendor's word, is over; locked."""
    query = (
        select(Delivery)
        .where(Delivery.state == state, Delivery.claimed_until <= now)
        .order_by(Delivery.claimed_until, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query if of is None else query.where(_among(of))).all()


def marketing_counts(session: Session, people: Iterable[str], *, now: datetime) -> dict[str, tuple[int, int]]:
    """How many marketing messages went to each person (an id or an address) within a day and a week."""
    who = func.coalesce(func.cast(Delivery.recipient_id, Delivery.address.type), Delivery.address)
    day = func.count().filter(Delivery.sent_at > now - timedelta(days=1))
    query = (
        select(who, day, func.count())
        .where(
            Delivery.category == "marketing",
            Delivery.sent_at > now - timedelta(days=7),
            who.in_(set(people)),
        )
        .group_by(who)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def matching(**wanted: Any) -> Select[Any]:
    """Deliveries, filtered by those of the columns that are not None."""
    given = {name: value for name, value in wanted.items() if value is not None}
    return select(Delivery).filter_by(**given)


def delivery_of(session: Session, delivery_id: UUID, *, recipient_id: UUID | None = None) -> Delivery | None:
    """One delivery; with `recipient_id`, only if it is theirs."""
    query = select(Delivery).where(Delivery.id == delivery_id)
    return session.scalar(query.where(Delivery.recipient_id == recipient_id) if recipient_id else query)


def events_of(session: Session, delivery_id: UUID, *, most: int = 200) -> Sequence[DeliveryEvent]:
    """What happened to a delivery, in order."""
    query = (
        select(DeliveryEvent)
        .where(DeliveryEvent.delivery_id == delivery_id)
        .order_by(DeliveryEvent.occurred_at, DeliveryEvent.id)
    )
    return session.scalars(query.limit(most)).all()


def of_recipient(recipient_id: UUID, address: str | None) -> Any:
    """The condition on a person's deliveries: made out to them, or to their address."""
    return or_(Delivery.recipient_id == recipient_id, Delivery.address == address)
