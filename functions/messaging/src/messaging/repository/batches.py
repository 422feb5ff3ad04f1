"""Queries of batches: who belongs to a segment, and how its members become deliveries, part by part."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from messaging.models.batches import MessageBatch

UNFINISHED = ("pending", "expanding", "sending")
OPEN = ("queued", "deferred", "sending", "unknown")
LISTED = """
    SELECT m.user_id FROM identity.v_members AS m
    JOIN jsonb_array_elements_text(:segment -> 'user_ids') AS u(id) ON m.user_id = u.id::uuid
"""
ROLE = """
    SELECT DISTINCT m.user_id FROM identity.v_memberships AS m WHERE m.role = :segment ->> 'role'
"""
PROGRAM = """
    SELECT DISTINCT e.user_id FROM learning.v_enrollments AS e
    JOIN identity.v_members AS m ON m.user_id = e.user_id
    WHERE e.program_id = (:segment ->> 'program_id')::uuid
      AND (:segment ->> 'enrollment_status' IS NULL OR e.status = :segment ->> 'enrollment_status')
      AND (:segment ->> 'tier' IS NULL OR e.tier = :segment ->> 'tier')
"""
# The members of a segment that come after the last one who has a delivery, in one statement with their deliveries.
EXPAND = """
    WITH part AS (
      SELECT s.user_id FROM ({members}) AS s WHERE s.user_id > :after ORDER BY s.user_id LIMIT :most
    ), made AS (
      INSERT INTO messaging.deliveries (channel, category, template_key, variables, dedupe_key, batch_id, recipient_id)
      SELECT :channel, :category, :template_key, CAST(:variables AS jsonb),
        'batch:' || :batch_id || ':' || part.user_id, CAST(:batch_id AS uuid), part.user_id
      FROM part
      ON CONFLICT (org_id, dedupe_key) DO NOTHING
      RETURNING id
    )
    SELECT (SELECT count(*) FROM part) AS count, (SELECT max(user_id::text) FROM part) AS last,
      coalesce((SELECT array_agg(id) FROM made), CAST(ARRAY[] AS uuid[])) AS made
"""


def _members(segment: Mapping[str, Any]) -> str:
    """The query of the one kind of segment that this is, with its parameter typed."""
    kind = LISTED if "user_ids" in segment else ROLE if "role" in segment else PROGRAM
    return kind.replace(":segment", "CAST(:segment AS jsonb)")


def count(session: Session, segment: str, *, of: Mapping[str, Any]) -> int:
    """How many people belong to it now; `segment` is `of` in JSON."""
    query = f"SELECT count(*) FROM ({_members(of)}) AS s"
    return session.scalar(text(query), {"segment": segment}) or 0


def expand(session: Session, batch: MessageBatch, *, segment: str, variables: str, most: int) -> Any:
    """Make deliveries of the next members: `count` of them, the `last` one, and the ids of those `made`."""
    query = text(EXPAND.format(members=_members(batch.segment)))
    values = {
        "segment": segment,
        "after": UUID(batch.expanded_after or str(UUID(int=0))),
        "most": most,
        "channel": batch.channel,
        "category": batch.category,
        "template_key": batch.template_key,
        "variables": variables,
        "batch_id": str(batch.id),
    }
    return session.execute(query, values).one()


def add(session: Session, **values: Any) -> MessageBatch | None:
    """A new batch; None when the same is on its way."""
    return session.scalar(
        insert(MessageBatch).values(**values).on_conflict_do_nothing().returning(MessageBatch)
    )


def on_its_way(
    session: Session, *, channel: str, template_key: str, variables: dict[str, Any], segment: dict[str, Any]
) -> MessageBatch | None:
    """The unfinished batch of the same message to the same segment."""
    query = select(MessageBatch).where(
        MessageBatch.channel == channel,
        MessageBatch.template_key == template_key,
        func.md5(cast(MessageBatch.variables, Text)) == func.md5(cast(literal(variables, JSONB), Text)),
        func.md5(cast(MessageBatch.segment, Text)) == func.md5(cast(literal(segment, JSONB), Text)),
        MessageBatch.state.in_(UNFINISHED),
    )
    return session.scalar(query)


def batches() -> Select[Any]:
    """The organization's."""
    return select(MessageBatch)


def batch_of(session: Session, batch_id: UUID, *, lock: bool = False) -> MessageBatch | None:
    """One batch; with `lock`, for a change."""
    query = select(MessageBatch).where(MessageBatch.id == batch_id)
    return session.scalar(query.with_for_update() if lock else query)


def unfinished(session: Session, *, silent_since: datetime) -> list[MessageBatch]:
    """Batches that are being sent, and those whose expansion has said nothing since then; locked, if nobody has them."""
    query = select(MessageBatch).where(
        (MessageBatch.state == "sending")
        | (MessageBatch.state.in_(("pending", "expanding")) & (MessageBatch.updated_at < silent_since))
    )
    return list(session.scalars(query.order_by(MessageBatch.id).with_for_update(skip_locked=True)))


def counts(session: Session, batch_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """How many deliveries of each batch are in which state."""
    query = """
        SELECT batch_id, state, count(*) AS deliveries FROM messaging.deliveries
        WHERE batch_id = ANY (:batches) GROUP BY batch_id, state
    """
    found: dict[UUID, dict[str, int]] = {batch_id: {} for batch_id in batch_ids}
    for row in session.execute(text(query), {"batches": list(batch_ids)}):
        found[row.batch_id][row.state] = row.deliveries
    return found
