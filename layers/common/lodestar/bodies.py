"""The bases of what the API reads and answers."""

import re
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

import fastapi.utils
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_before_validator_function

# FastAPI asks it of each field, to refuse models of pydantic 1: it imports that whole library, and there are none here.
vars(fastapi.utils)["annotation_is_pydantic_v1"] = lambda _annotation: False

TAKEN_AS_SENT = frozenset({"bool", "int", "float"})
WRITTEN_OUT = frozenset({"date", "datetime", "time"})
NUMBER = re.compile(r"[+-]?\d*\.?\d*")


def _take_as_sent(part: Any) -> None:
    """JSON tells these types apart, so they are not converted. Ids come as text and still are, and so do times."""
    if isinstance(part, list | tuple):
        for one in part:
            _take_as_sent(one)
    elif isinstance(part, dict):
        if part.get("function") == {"type": "no-info", "function": _no_number}:
            return  # a model within a model has been here
        if str(part.get("type")) in TAKEN_AS_SENT:
            part["strict"] = True
        elif str(part.get("type")) in WRITTEN_OUT:
            plain = part.copy()
            part.clear()
            part.update(no_info_before_validator_function(_no_number, plain))
            return
        for key, inner in part.items():
            if key not in {"metadata", "default"}:
                _take_as_sent(inner)


def _no_number(value: Any) -> Any:
    """Pydantic takes a number, and a text of digits, for seconds since 1970; RFC 3339 has neither."""
    if isinstance(value, int | float) or (isinstance(value, str) and NUMBER.fullmatch(value.strip())):
        raise PydanticCustomError(
            "time_written_as_number", "Write it out, as in 2026-03-01 or 2026-03-01T09:00:00Z"
        )
    return value


Day = Annotated[date, BeforeValidator(_no_number)]
"""A day in a query. Bodies see to theirs themselves."""
Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]
"""A moment with its zone, in a query."""


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


def place_of_fault(place: tuple[str | int, ...], body: object) -> str:
    """Where a fault is, in the sender's terms: a path within the body, or `query.limit`. The member of a union that
    pydantic names in it (`learners.filters.tier`) is nothing that was sent."""
    if place[:1] != ("body",):
        return ".".join(map(str, place))
    return ".".join(map(str, _sent(place[1:], body)))


def _sent(path: tuple[str | int, ...], here: object) -> list[str | int]:
    """Those parts of the path that lead through what was sent, or name what is missing from it."""
    if not path:
        return []
    part, rest = path[0], path[1:]
    if isinstance(part, int):
        return [part, *_sent(rest, here[part] if isinstance(here, list) and part < len(here) else None)]
    if not isinstance(here, dict) or (rest and _is_member(part, rest[0], here)):
        return _sent(rest, here)
    return [part, *_sent(rest, here.get(part))]


def _is_member(part: str, following: str | int, here: dict[str, object]) -> bool:
    """Of a union, as what follows is in `here` itself and not in a part of it."""
    return part not in here or (following in here and not isinstance(here[part], dict | list))
