"""The bases of what the API reads and answers."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator


class WriteModel(BaseModel):
    """The base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class PatchModel(WriteModel):
    """The base of PATCH bodies: a field left out stays as it is; null empties only what may be empty."""

    may_be_null: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _null_only_where_allowed(self) -> Self:
        nulls = {name for name in self.model_fields_set if getattr(self, name) is None} - self.may_be_null
        if nulls:
            raise ValueError(f"cannot be null, leave it out to keep it: {', '.join(sorted(nulls))}")
        return self


class ReadModel(BaseModel):
    """The base of answers, filled from rows."""

    model_config = ConfigDict(from_attributes=True)


class RowRead(ReadModel):
    """What every editable row tells of itself; `version` is its ETag."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
