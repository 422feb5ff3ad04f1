"""Organizations: the tenant boundary."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from lodestar.db import Base
from lodestar.ids import new_id


class Organization(Base):
    """A tenant. Its `id` is what every tenant row calls `org_id`; `state` is `pending`, `verified` or `rejected`."""

    __tablename__ = "organizations"
    __table_args__ = ({"schema": "identity"},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    name: Mapped[str]
    slug: Mapped[str]
    time_zone: Mapped[str]
    state: Mapped[str]
    founder_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), onupdate=text("now()"))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands the class
        return {"version_id_col": cls.version, "eager_defaults": True}


class OrgSettings(Base):
    """What an organization chose for itself."""

    __tablename__ = "org_settings"
    __table_args__ = ({"schema": "identity"},)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    support_email: Mapped[str | None]
    default_locale: Mapped[str] = mapped_column(default="en")
