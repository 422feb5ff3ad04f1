"""Rubrics: what is graded, and how much each criterion weighs."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from lodestar.db import Base, TenantRow, VersionedRow, tenant_key


class Rubric(VersionedRow, Base):
    """`criteria` is a list of `{key, title, description, weight, keywords}`. An attempt keeps the version it froze."""

    __tablename__ = "rubrics"
    __table_args__ = ({"schema": "assessment"},)

    key: Mapped[str]
    title: Mapped[str]
    criteria: Mapped[list[dict[str, Any]]]


class RubricVersion(TenantRow, Base):
    """A rubric as it once stood. The database keeps each by itself, whoever changes the rubric."""

    __tablename__ = "rubric_versions"
    __table_args__ = (tenant_key("rubric_id", "assessment.rubrics"), {"schema": "assessment"})

    rubric_id: Mapped[UUID]
    version: Mapped[int]
    title: Mapped[str]
    criteria: Mapped[list[dict[str, Any]]]
