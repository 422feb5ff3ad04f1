"""Learners' fields, what each is asked at each tier, and what serves when no model does."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow, tenant_key


class Background(VersionedRow, Base):
    """A field of study or work (JR-33). `submission_kind` decides what a project hands in."""

    __tablename__ = "backgrounds"
    __table_args__ = ({"schema": "assessment"},)

    key: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    submission_kind: Mapped[str]
    project_types: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)


class BackgroundProfile(VersionedRow, Base):
    """What a background is asked: a project of a type, or interview questions of a type, at a tier (JR-34, JR-40)."""

    __tablename__ = "background_profiles"
    __table_args__ = (tenant_key("background_id", "assessment.backgrounds"), {"schema": "assessment"})

    background_id: Mapped[UUID]
    kind: Mapped[str]
    type: Mapped[str]
    tier: Mapped[str]
    system_prompt: Mapped[str]
    input_prompt: Mapped[str]
    description_template: Mapped[str] = mapped_column(default="")
    focus_area: Mapped[str] = mapped_column(default="")
    rubric_id: Mapped[UUID]
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)


class FallbackContent(VersionedRow, Base):
    """A project, or a set of interview questions, written by a person beforehand (JR-36, JR-41)."""

    __tablename__ = "fallback_contents"
    __table_args__ = (tenant_key("background_id", "assessment.backgrounds"), {"schema": "assessment"})

    kind: Mapped[str]
    key: Mapped[str]
    background_id: Mapped[UUID]
    tier: Mapped[str]
    type: Mapped[str]
    body: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
