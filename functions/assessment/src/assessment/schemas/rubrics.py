"""Rubrics on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from assessment.schemas.common import (
    Key,
    Text,
    Title,
)
from lodestar.api import (
    PatchModel,
    ReadModel,
    RowRead,
    WriteModel,
)

CriterionKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=60)]


class CriterionWrite(WriteModel):
    """What is judged. `weight` is its share of the score, relative to the others'; `keywords` show it is spoken of."""

    key: CriterionKey = Field(examples=["problem"])
    title: Title = Field(examples=["States the problem"])
    description: Text = Field(min_length=1, examples=["Says what is wrong, for whom, and how it shows."])
    weight: float = Field(gt=0, le=100, examples=[40])
    keywords: list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] = Field(
        default_factory=list, max_length=50
    )


Criteria = Annotated[list[CriterionWrite], Field(min_length=1, max_length=20)]


def distinct(criteria: list[CriterionWrite] | None) -> list[CriterionWrite] | None:
    """Raises ValueError when two criteria have one key."""
    if criteria is not None and len({criterion.key for criterion in criteria}) < len(criteria):
        raise ValueError("two criteria have the same key")
    return criteria


class RubricCreate(WriteModel):
    """A new rubric."""

    key: Key
    title: Title
    criteria: Criteria

    _distinct = field_validator("criteria")(distinct)


class RubricPatch(PatchModel):
    """Changes to a rubric; what has started is graded by the version it froze."""

    title: Title | None = None
    criteria: Criteria | None = None

    _distinct = field_validator("criteria")(distinct)


class RubricRead(RowRead):
    """A rubric."""

    key: str
    title: str
    criteria: list[dict[str, Any]]


class RubricVersionRead(ReadModel):
    """A rubric as it once stood, and how many of the organization's attempts are graded by it."""

    version: int
    title: str
    criteria: list[dict[str, Any]]
    created_at: datetime
    attempts: int


class RubricDetail(RubricRead):
    """A rubric with its latest versions, the newest first; at most 50."""

    versions: list[RubricVersionRead]


class CriterionRead(ReadModel):
    """A criterion as a learner reads it before starting."""

    key: str
    title: str
    description: str
    weight: float
