"""Every operation of the OpenAPI as a request: path and body filled from the schema and from chosen ids."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from local.openapi import assemble

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    document: Mapping[str, Any]

    @property
    def domain(self) -> str:
        return self.path.split("/")[2]

    @property
    def resource(self) -> str:
        return self.path.split("/")[3]

    @property
    def is_public(self) -> bool:
        return "/public/" in self.path or "/webhooks/" in self.path

    @property
    def identifiers(self) -> list[str]:
        """The path parameters that are ids."""
        return [
            p["name"]
            for p in self.document.get("parameters", [])
            if p["in"] == "path" and p["schema"].get("format") == "uuid"
        ]

    def url(self, ids: Mapping[str, UUID]) -> str:
        """The path with these ids, and an example for every other parameter."""
        url = self.path
        for parameter in self.document.get("parameters", []):
            if parameter["in"] == "path":
                value = ids.get(parameter["name"]) or example(parameter["schema"])
                url = url.replace("{" + parameter["name"] + "}", str(value))
        return url

    def body(self) -> Any:
        """A valid body, from the schema's examples; None when it takes none."""
        content = self.document.get("requestBody", {}).get("content", {}).get("application/json")
        return example(content["schema"]) if content else None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@cache
def _document() -> dict[str, Any]:
    return assemble()


def operations() -> Iterator[Operation]:
    """All of them, in the document's order."""
    for path, methods in _document()["paths"].items():
        for method in METHODS:
            if method in methods:
                yield Operation(method, path, methods[method])


def example(schema: Mapping[str, Any]) -> Any:
    """A value that fits the schema: its first example where it has one, else the least that fits."""
    if "$ref" in schema:
        return example(_document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
    for given in ("const", "default"):
        if schema.get(given) is not None:
            return schema[given]
    for listed in ("examples", "enum"):
        if schema.get(listed):
            return schema[listed][0]
    for alternatives in ("oneOf", "anyOf", "allOf"):
        if alternatives in schema:
            return example(schema[alternatives][0])
    return _least(schema)


def _least(schema: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "object":
            required = schema.get("required", [])
            return {name: example(schema["properties"][name]) for name in required}
        case "array":
            return [example(schema["items"]) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "string":
            formats = {
                "uuid": "0199f3c2-0000-7000-8000-000000000000",
                "date-time": "2030-01-01T00:00:00Z",
                "email": "someone@example.org",
                "uri": "https://example.org/",
            }
            return formats.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
        case _:
            return None
