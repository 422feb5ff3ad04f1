"""Modules: what a stage is made of. A module keeps its id from version to version."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class Module(VersionedRow, Base):
    """One module in one version. `configuration` fits `kind` (JR-02)."""

    __tablename__ = "modules"
    __table_args__ = ({"schema": "learning"},)

    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    program_id: Mapped[UUID]
    kind: Mapped[str]
    key: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=1)
    configuration: Mapped[dict[str, Any]]
