"""Cohorts on the wire."""

from datetime import date
from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from learning.schemas.common import Title
from lodestar.api import PatchModel, ReadModel, RowRead, WriteModel

LARGEST = 100_000


class CohortCreate(WriteModel):
    """An intake into a program that the organization wrote or is offered. The title is unique in the program."""

    program_id: UUID
    title: Title = Field(examples=["Autumn 2026"])
    starts_on: date = Field(examples=["2026-09-01"])
    ends_on: date = Field(description="The last day", examples=["2026-12-18"])
    capacity: int | None = Field(
        default=None, ge=1, le=LARGEST, description="At most so many who have not withdrawn", examples=[30]
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on is before starts_on")
        return self


class CohortPatch(PatchModel):
    """Changes to a cohort. Nobody joins an archived one, and who is in it stays."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"capacity"})

    title: Title | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    capacity: int | None = Field(default=None, ge=1, le=LARGEST)
    archived: bool | None = None


class CohortRead(RowRead):
    """A cohort, and how full it is."""

    program_id: UUID
    program_title: str = Field(examples=["Job Readiness"])
    title: str = Field(examples=["Autumn 2026"])
    starts_on: date
    ends_on: date
    capacity: int | None = Field(examples=[30])
    archived: bool = Field(examples=[False])
    learners: int = Field(description="Who are in it and have not withdrawn", examples=[24])
    places_left: int | None = Field(description="Null where there is no limit", examples=[6])


class CohortRef(ReadModel):
    """The cohort that an enrollment belongs to."""

    id: UUID
    title: str = Field(examples=["Autumn 2026"])
    starts_on: date
    ends_on: date
