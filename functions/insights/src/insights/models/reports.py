"""Reports that are sent by themselves: what, when and to whom, and every run of it."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow, VersionedRow, tenant_key
from lodestar.leases import LeasedRow


class ReportSchedule(VersionedRow, Base):
    """A report that is due at a local time. `zone_in_use` is what `time_zone`, or the organization's, was at
    `armed_at`, when `next_at` was computed; a schedule that rests has no `next_at`."""

    __tablename__ = "report_schedules"
    __table_args__ = ({"schema": "insights"},)

    title: Mapped[str]
    metrics: Mapped[list[str]] = mapped_column(ARRAY(Text))
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cadence: Mapped[str] = mapped_column(default="weekly")
    weekday: Mapped[str] = mapped_column(default="monday")
    local_time: Mapped[time] = mapped_column(server_default=text("'07:00'"))
    time_zone: Mapped[str | None]
    zone_in_use: Mapped[str]
    format: Mapped[str]
    with_learners: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime | None]
    armed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    created_by: Mapped[UUID | None]
    deleted_at: Mapped[datetime | None]


class ReportRecipient(TenantRow, Base):
    """Somebody who is to get a report, as long as they are a member in a role that may see it."""

    __tablename__ = "report_recipients"
    __table_args__ = (
        tenant_key("schedule_id", "insights.report_schedules", ondelete="CASCADE"),
        {"schema": "insights"},
    )

    schedule_id: Mapped[UUID]
    user_id: Mapped[UUID]


class ReportRun(LeasedRow, Base):
    """A report of one period, first day to last; `files` are there until `expires_at`."""

    __tablename__ = "report_runs"
    __table_args__ = (
        tenant_key("schedule_id", "insights.report_schedules", ondelete="CASCADE"),
        {"schema": "insights"},
    )

    schedule_id: Mapped[UUID]
    occasion: Mapped[str] = mapped_column(default="scheduled")
    period_from: Mapped[date]
    period_to: Mapped[date]
    time_zone: Mapped[str]
    asked_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    files: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    expires_at: Mapped[datetime | None]


class ReportRunRecipient(TenantRow, Base):
    """Whether somebody was sent a run's report, and why not."""

    __tablename__ = "report_run_recipients"
    __table_args__ = (
        tenant_key("run_id", "insights.report_runs", ondelete="CASCADE"),
        {"schema": "insights"},
    )

    run_id: Mapped[UUID]
    user_id: Mapped[UUID]
    outcome: Mapped[str]
    reason: Mapped[str | None]
