"""Grades by models and the evidence for each point; signs that a submission tries to grade itself."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow, tenant_key


class Grade(TenantRow, Base):
    """One run of grading. Several may exist; the one that counts is `settled`. `score` is in percent."""

    __tablename__ = "grades"
    __table_args__ = ({"schema": "assessment"},)

    attempt_id: Mapped[UUID]
    run: Mapped[int]
    strategy: Mapped[str]
    source: Mapped[str]
    model: Mapped[str]
    prompt_version: Mapped[str]
    score: Mapped[Decimal]
    passed: Mapped[bool]
    summary: Mapped[str] = mapped_column(default="")
    doubts: Mapped[list[str]] = mapped_column(default=list)
    settled: Mapped[bool] = mapped_column(default=False)


class GradeEvidence(TenantRow, Base):
    """The points of one criterion and the verbatim passage they rest on; unverified, they are 0."""

    __tablename__ = "grade_evidence"
    __table_args__ = (tenant_key("grade_id", "assessment.grades"), {"schema": "assessment"})

    grade_id: Mapped[UUID]
    criterion: Mapped[str]
    points: Mapped[Decimal]
    possible: Mapped[Decimal]
    quote: Mapped[str | None]
    location: Mapped[str | None]
    verified: Mapped[bool]
    comment: Mapped[str] = mapped_column(default="")


class SubmittedWork(TenantRow, Base):
    """What grading read, kept as it was read, so that nothing that changes afterwards changes a grade.

    `origin` is a commit's SHA, `text` or `transcript`; `parts` are `{location, text}` (a file's path, or null);
    `left_out` are `{location, reason}`.
    """

    __tablename__ = "submitted_works"
    __table_args__ = ({"schema": "assessment"},)

    attempt_id: Mapped[UUID]
    origin: Mapped[str]
    parts: Mapped[list[dict[str, Any]]]
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(default=list)


class IntegritySignal(TenantRow, Base):
    """A sign of manipulation in what was handed in; one row a kind."""

    __tablename__ = "integrity_signals"
    __table_args__ = ({"schema": "assessment"},)

    attempt_id: Mapped[UUID]
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
