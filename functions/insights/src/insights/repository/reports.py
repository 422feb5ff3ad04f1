"""Queries of scheduled reports: the schedules, their recipients, and what is due."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from insights.models.reports import ReportRecipient, ReportSchedule
from lodestar.db import principal_of
from lodestar.ids import new_id

TURN = "SELECT pg_advisory_xact_lock(hashtextextended(backbone.current_org()::text || 'report schedules', 0))"
PEOPLE = """
SELECT m.user_id, m.display_name,
  ARRAY(SELECT h.role FROM identity.v_memberships AS h WHERE h.user_id = m.user_id) AS roles
FROM identity.v_members AS m WHERE m.user_id = ANY (:people)
"""
STANDING = """
SELECT (SELECT count(*) FROM insights.report_schedules
    WHERE org_id = backbone.current_org() AND deleted_at IS NULL) AS schedules,
  (SELECT time_zone FROM identity.v_organization) AS time_zone,
  CAST(:program AS uuid) IS NULL
    OR EXISTS (SELECT FROM learning.v_versions WHERE program_id = CAST(:program AS uuid)) AS has_program,
  EXISTS (SELECT FROM insights.report_schedules
    WHERE org_id = backbone.current_org() AND deleted_at IS NULL AND lower(title) = lower(:title)
      AND id <> :itself) AS has_title
"""
RECIPIENTS = """
SELECT r.schedule_id, r.user_id, m.display_name,
  ARRAY(SELECT h.role FROM identity.v_memberships AS h WHERE h.user_id = r.user_id) AS roles
FROM insights.report_recipients AS r LEFT JOIN identity.v_members AS m ON m.user_id = r.user_id
WHERE r.org_id = backbone.current_org() AND r.schedule_id = ANY (:schedules) ORDER BY r.schedule_id, r.id
"""
ARM = """
UPDATE insights.report_schedules AS s SET next_at = a.next_at, armed_at = :now, zone_in_use = a.zone
FROM unnest(CAST(:ids AS uuid[]), CAST(:next AS timestamptz[]), CAST(:zones AS text[])) AS a (id, next_at, zone)
WHERE s.id = a.id AND s.org_id = backbone.current_org()
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A member, or a recipient who may be none any more: then there is no name, and there are no roles."""

    user_id: UUID
    display_name: str | None
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about a schedule: how many there are, the organization's zone, whether it has the program, and
    another schedule of the title."""

    schedules: int
    time_zone: str
    has_program: bool
    has_title: bool


def schedules() -> Select[ReportSchedule]:
    """The organization's."""
    return select(ReportSchedule).where(
        ReportSchedule.org_id == func.backbone.current_org(), ReportSchedule.deleted_at.is_(None)
    )


def schedule_of(session: Session, schedule_id: UUID, *, lock: bool = False) -> ReportSchedule | None:
    """One of the organization's; with `lock`, for a change."""
    statement = select(ReportSchedule).where(
        ReportSchedule.id == schedule_id,
        ReportSchedule.org_id == principal_of(session).org_id,
        ReportSchedule.deleted_at.is_(None),
    )
    return session.scalar(statement.with_for_update() if lock else statement)


def wait_for_turn(session: Session) -> None:
    """Those who add a schedule, or give one a title, wait for each other until they commit."""
    session.execute(text(TURN))


def standing(session: Session, *, program_id: UUID | None, title: str | None, itself: UUID) -> Standing:
    """What is known before a schedule is written."""
    given = {"program": program_id, "title": title, "itself": itself}
    return Standing(*session.execute(text(STANDING), given).one())


def add(session: Session, values: dict[str, Any]) -> ReportSchedule:
    """The new one."""
    return session.scalars(insert(ReportSchedule).values(values).returning(ReportSchedule)).one()


def people(session: Session, user_ids: Sequence[UUID]) -> dict[UUID, Known]:
    """Those that are members, with their roles."""
    found = session.execute(text(PEOPLE), {"people": list(user_ids)})
    return {row.user_id: Known(row.user_id, row.display_name, tuple(row.roles)) for row in found}


def name_recipients(session: Session, schedule_id: UUID, user_ids: Sequence[UUID]) -> None:
    """These are its recipients from now on."""
    session.execute(delete(ReportRecipient).where(ReportRecipient.schedule_id == schedule_id))
    add_recipients(session, schedule_id, user_ids)


def add_recipients(session: Session, schedule_id: UUID, user_ids: Sequence[UUID]) -> None:
    """The recipients of a new schedule."""
    rows = [{"id": new_id(), "schedule_id": schedule_id, "user_id": one} for one in user_ids]
    session.execute(insert(ReportRecipient).values(rows))


def recipients(session: Session, schedule_ids: Sequence[UUID]) -> Mapping[UUID, list[Known]]:
    """Of each schedule, in the order in which they were named."""
    found = defaultdict[UUID, list[Known]](list)
    for row in session.execute(text(RECIPIENTS), {"schedules": list(schedule_ids)}):
        found[row.schedule_id].append(Known(row.user_id, row.display_name, tuple(row.roles)))
    return found


def claim_due(session: Session, schedule_ids: Sequence[UUID], now: datetime) -> Sequence[ReportSchedule]:
    """Those of these that are due, for this transaction alone: another one's are passed over."""
    statement = select(ReportSchedule).where(
        ReportSchedule.id.in_(schedule_ids),
        ReportSchedule.org_id == principal_of(session).org_id,
        ReportSchedule.next_at <= now,
    )
    return session.scalars(statement.order_by(ReportSchedule.id).with_for_update(skip_locked=True)).all()


def arm(session: Session, armed: Sequence[tuple[UUID, datetime, str]], *, now: datetime) -> None:
    """When each is due next, on the clocks of which zone. Nobody edited them, so their versions stay."""
    ids, moments, zones = (list(column) for column in zip(*armed, strict=True))
    session.execute(text(ARM), {"ids": ids, "next": moments, "zones": zones, "now": now})
