"""Going through an OpenAPI document: its operations, its references."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
UNSIGNED = ("/public/", "/webhooks/")
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one path; `document` is its part of the whole and may be written to."""

    method: str
    path: str
    document: Json

    @property
    def is_public(self) -> bool:
        """Whether it is answered without credentials."""
        return any(part in self.path for part in UNSIGNED)

    @property
    def segments(self) -> list[str]:
        """What follows `/v1/`: domain, resource, and further names and `{parameters}`."""
        return self.path.split("/")[2:]

    @property
    def path_parameters(self) -> list[str]:
        return [part[1:-1] for part in self.segments if part.startswith("{")]

    @property
    def success(self) -> tuple[str, Json]:
        """The status and the answer when all is well; of a creation that may be repeated, the first time."""
        return max(
            (status, answer) for status, answer in self.document["responses"].items() if status[0] == "2"
        )

    @property
    def body_schema(self) -> Json | None:
        """What its body must be; None when it takes none."""
        content = self.document.get("requestBody", {}).get("content", {}).get("application/json")
        return content["schema"] if content else None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(document: Json) -> Iterator[Operation]:
    """Every operation, a path's in reading order."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield Operation(method, path, methods[method])


def resolved(document: Json, part: Json) -> Json:
    """The component that a reference names, with what is said beside the reference."""
    if "$ref" not in part:
        return part
    kind, name = part["$ref"].split("/")[-2:]
    beside = {key: value for key, value in part.items() if key != "$ref"}
    return {**resolved(document, document["components"][kind][name]), **beside}


def options(document: Json, schema: Json) -> list[Json]:
    """The schema itself, or those of which it is one; null is not among them."""
    schema = resolved(document, schema)
    for key in ("oneOf", "anyOf"):
        if key in schema:
            beside = {k: v for k, v in schema.items() if k not in {key, "discriminator"}}
            return [{**found, **beside} for option in schema[key] for found in options(document, option)]
    return [] if schema.get("type") == "null" else [schema]


def is_nullable(document: Json, schema: Json) -> bool:
    """Whether null fits."""
    schema = resolved(document, schema)
    return schema.get("type") == "null" or any(
        is_nullable(document, option) for key in ("oneOf", "anyOf") for option in schema.get(key, ())
    )
