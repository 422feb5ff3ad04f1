"""What several bodies and answers share."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from lodestar.api import ReadModel, WriteModel

Key = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100), Field(examples=["numeracy"])
]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=5_000)]
Prompt = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Percent = Annotated[float, Field(ge=0, le=100, description="In percent")]


class PatchModel(WriteModel):
    """The base of PATCH bodies: a field left out stays as it is; null clears only the fields that may be empty."""

    may_be_null: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def refuse_null(self) -> "PatchModel":
        """Null where a value is needed is a mistake, not an omission."""
        nulls = {name for name in self.model_fields_set if getattr(self, name) is None} - self.may_be_null
        if nulls:
            raise ValueError(f"may not be null: {', '.join(sorted(nulls))}")
        return self


class RowRead(ReadModel):
    """What every editable row tells of itself."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
