"""A pydantic model's JSON schema in the dialect each vendor accepts."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

_GEMINI_KEYWORDS = frozenset(
    [
        "$defs",
        "$ref",
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "oneOf",
        "properties",
        "required",
    ]
)
_OPENAI_KEYWORDS = frozenset(
    [
        "$defs",
        "$ref",
        "type",
        "format",
        "description",
        "enum",
        "const",
        "items",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "pattern",
        "anyOf",
        "properties",
        "required",
    ]
)


def gemini_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """For `responseJsonSchema`; Gemini 2.0 keeps the properties' order only when it is told.

    Source: https://ai.google.dev/gemini-api/docs/structured-output
    """
    plain = _kept(_const_as_enum(schema.model_json_schema()), _GEMINI_KEYWORDS)
    return dict(_each_object(plain, _with_order))


def openai_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """For strict structured outputs: closed objects, every property required.

    Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    """
    return dict(_each_object(_kept(schema.model_json_schema(), _OPENAI_KEYWORDS), _closed))


def _with_order(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "propertyOrdering": list(node["properties"])}


def _closed(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "required": list(node["properties"]), "additionalProperties": False}


def _kept(node: Any, keywords: frozenset[str]) -> Any:
    """The schema with only these keywords; names of properties and definitions are not keywords."""
    if not isinstance(node, dict):
        return [_kept(item, keywords) for item in node] if isinstance(node, list) else node
    kept: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: _kept(child, keywords) for name, child in value.items()}
        elif key in keywords:
            kept[key] = _kept(value, keywords)
    return kept


def _const_as_enum(node: Any) -> Any:
    if isinstance(node, list):
        return [_const_as_enum(item) for item in node]
    if not isinstance(node, dict):
        return node
    swapped = {key: _const_as_enum(value) for key, value in node.items()}
    if isinstance(swapped.get("const"), str):
        swapped["enum"] = [swapped.pop("const")]
    return swapped


def _each_object(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(node, list):
        return [_each_object(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    walked = {key: _each_object(value, change) for key, value in node.items()}
    return change(walked) if isinstance(walked.get("properties"), dict) and "type" in walked else walked
