"""Feature flags."""

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class FeatureFlag(VersionedRow, Base):
    """Whether an organization has a feature. A flag without a row is off."""

    __tablename__ = "feature_flags"
    __table_args__ = ({"schema": "identity"},)

    key: Mapped[str]
    enabled: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")
