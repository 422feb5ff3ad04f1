"""Rubrics: what is graded, and how much each criterion weighs."""

from typing import Any

from sqlalchemy.orm import Mapped

from lodestar.db import Base, VersionedRow


class Rubric(VersionedRow, Base):
    """`criteria` is a list of `{key, title, description, weight, keywords}`. An attempt keeps the version it froze."""

    __tablename__ = "rubrics"
    __table_args__ = ({"schema": "assessment"},)

    key: Mapped[str]
    title: Mapped[str]
    criteria: Mapped[list[dict[str, Any]]]
