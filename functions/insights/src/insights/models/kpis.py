"""Figures of dashboards that are kept each night."""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base


class KpiSnapshot(Base):
    """How a figure stood when the organization's day began."""

    __tablename__ = "kpi_snapshots"
    __table_args__ = ({"schema": "insights"},)

    org_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("backbone.current_org()"))
    name: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[int]
