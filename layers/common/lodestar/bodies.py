"""The bases of what the API reads and answers."""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import fastapi.utils
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

# FastAPI asks it of each field, to refuse models of pydantic 1: it imports that whole library, and there are none here.
vars(fastapi.utils)["annotation_is_pydantic_v1"] = lambda _annotation: False

TAKEN_AS_SENT = frozenset({"bool", "int", "float"})


def _take_as_sent(part: Any) -> None:
    """JSON tells these types apart, so they are not converted. Ids and times come as text and still are."""
    if isinstance(part, list | tuple):
        for one in part:
            _take_as_sent(one)
    elif isinstance(part, dict):
        if str(part.get("type")) in TAKEN_AS_SENT:
            part["strict"] = True
        for key, inner in part.items():
            if key not in {"metadata", "default"}:
                _take_as_sent(inner)


class WriteModel(BaseModel):
    """The base of request bodies: unknown fields are refused, and so is `"3"` for a number or `1` for a truth value."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _take_as_sent(schema)
        return schema


class PatchModel(WriteModel):
    """The base of PATCH bodies: a field left out stays as it is; null empties only what may be empty."""

    may_be_null: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        document = handler.resolve_ref_schema(handler(schema))
        for name, field in document["properties"].items():
            field.pop("default", None)
            kept = [option for option in field.get("anyOf", []) if option != {"type": "null"}]
            if kept and name not in cls.may_be_null:
                del field["anyOf"]
                field.update(kept[0] if len(kept) == 1 else {"anyOf": kept})
        return document

    @model_validator(mode="after")
    def _null_only_where_allowed(self) -> Self:
        nulls = {name for name in self.model_fields_set if getattr(self, name) is None} - self.may_be_null
        if nulls:
            raise ValueError(f"cannot be null, leave it out to keep it: {', '.join(sorted(nulls))}")
        return self


class ReadModel(BaseModel):
    """The base of answers, filled from rows."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


class RowRead(ReadModel):
    """What every editable row tells of itself; `version` is its ETag."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
