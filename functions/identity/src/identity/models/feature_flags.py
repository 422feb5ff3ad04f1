"""Feature flags."""

from datetime import datetime

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lodestar.db import Base, VersionedRow, type_map


class FeatureFlag(VersionedRow, Base):
    """What an organization has set. A flag without a row has its default, which is off for what the product does not
    know."""

    __tablename__ = "feature_flags"
    __table_args__ = ({"schema": "identity"},)

    key: Mapped[str]
    enabled: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")


class Published(DeclarativeBase):
    """A view, to be read only."""

    metadata = MetaData()
    type_annotation_map = type_map


class Flag(Published):
    """A flag as it holds: what was set, and the default of a known feature that was not (version 0)."""

    __tablename__ = "v_feature_flags"
    __table_args__ = ({"schema": "identity"},)

    key: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    note: Mapped[str]
    updated_at: Mapped[datetime | None]
    version: Mapped[int]
