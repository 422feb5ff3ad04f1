"""What the domain's bodies and answers share."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from lodestar.api import ReadModel, WriteModel

Key = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100),
    Field(description="Unique beside its siblings; kept for good", examples=["job-readiness"]),
]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=5000)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
Position = Annotated[int, Field(ge=1, le=1000, description="Order among its siblings, from 1")]
Percent = Annotated[float, Field(ge=0, le=100)]


class PatchModel(WriteModel):
    """Changes: what is left out stays. Null is taken only where a field says so."""

    @model_validator(mode="after")
    def _null_only_where_allowed(self) -> Self:
        for name in self.model_fields_set:
            if getattr(self, name) is None and name not in self.nullable():
                raise ValueError(f"{name} cannot be null; leave it out to keep it")
        return self

    @classmethod
    def nullable(cls) -> frozenset[str]:
        """The fields that null empties."""
        return frozenset()


class RowRead(ReadModel):
    """What every versioned row tells; `version` is its ETag."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
