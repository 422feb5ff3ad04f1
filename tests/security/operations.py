"""Every operation of the OpenAPI as requests: each id that it takes, in path, query or body, is a slot of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from local.openapi import UNSIGNED, assemble
from tests.gateway import Answer, Person, call

METHODS = ("get", "put", "patch", "post", "delete")
FORMATS = {
    "date-time": "2030-01-01T00:00:00Z",
    "email": "someone@example.org",
    "uri": "https://example.org/",
}
Schema = Mapping[str, Any]
Choose = Callable[[str], UUID]
"""Gives an id for a name: `choose("enrollment_id")`."""


@dataclass(frozen=True)
class Id:
    """Where an id belongs in a body. `name` says of what; `probed` marks the one that a slot is about."""

    name: str
    probed: bool = False


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    document: Schema

    @property
    def resource(self) -> str:
        """The path's third segment, as a table would be called."""
        return self.path.split("/")[3].replace("-", "_")

    @property
    def is_public(self) -> bool:
        return any(part in self.path for part in UNSIGNED)

    @property
    def body_schema(self) -> Schema | None:
        """What the body must be; None when it takes none."""
        content = self.document.get("requestBody", {}).get("content", {}).get("application/json")
        return content["schema"] if content else None

    @property
    def answer_schema(self) -> Schema:
        """What it answers when all is well."""
        for status, answer in self.document["responses"].items():
            if status.startswith("2"):
                schema: Schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
                return schema
        return {}

    def parameters(self, place: str) -> Iterator[tuple[str, Schema]]:
        """Names and schemas of its parameters in `path` or `query`."""
        for parameter in self.document.get("parameters", []):
            if parameter.get("in") == place:
                yield parameter["name"], parameter["schema"]

    def url(self, choose: Choose) -> str:
        """The path, with ids by their names and an example for every other parameter."""
        url = self.path
        for name, schema in self.parameters("path"):
            value = choose(name) if _is_id(schema) else example(schema)
            url = url.replace("{" + name + "}", str(value))
        return url

    def body(self) -> Any:
        """A body from the schema's examples, with an `Id` wherever an id belongs; None when it takes none."""
        return example(self.body_schema) if self.body_schema else None

    @property
    def names_ids(self) -> bool:
        """Whether an id stands in its path."""
        return any(_is_id(schema) for _, schema in self.parameters("path"))

    def send(self, choose: Choose, *, as_: Person | None, headers: Mapping[str, str] | None = None) -> Answer:
        """Call it with the ids that are chosen."""
        body = filled(self.body(), choose)
        return call(self.method.upper(), self.url(choose), as_=as_, body=body, headers=headers)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Slot:
    """One id that an operation takes."""

    operation: Operation
    place: str
    name: str
    body: Any = None

    def send(self, choose: Choose, probe: UUID, *, as_: Person) -> Answer:
        """Call the operation with `probe` here; every other id is chosen."""
        url = self.operation.url(
            lambda name: probe if self.place == "path" and name == self.name else choose(name)
        )
        if self.place == "query":
            url += "?" + urlencode({self.name: str(probe)})
        return call(self.operation.method.upper(), url, as_=as_, body=filled(self.body, choose, probe=probe))

    def __str__(self) -> str:
        return f"{self.operation} [{self.place}: {self.name}]"


@cache
def document() -> dict[str, Any]:
    """The product's OpenAPI."""
    return assemble()


@cache
def operations() -> tuple[Operation, ...]:
    """All of them: first what reads, last what deletes."""
    return tuple(
        Operation(method, path, methods[method])
        for method in METHODS
        for path, methods in document()["paths"].items()
        if method in methods
    )


@cache
def slots() -> tuple[Slot, ...]:
    """Every id of every operation that needs a sign-in."""
    return tuple(slot for operation in operations() if not operation.is_public for slot in _slots(operation))


def _slots(operation: Operation) -> Iterator[Slot]:
    for place in ("path", "query"):
        for name, schema in operation.parameters(place):
            if _is_id(schema):
                yield Slot(operation, place, name, operation.body())
    if operation.body_schema:
        for body, name in _probes(operation.body_schema, ""):
            yield Slot(operation, "body", name, body)


def _is_id(schema: Schema) -> bool:
    return schema.get("format") == "uuid" or any(_is_id(option) for option in schema.get("anyOf", ()))


def resolved(schema: Schema) -> Schema:
    """The schema that a reference names."""
    if "$ref" not in schema:
        return schema
    named = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return {**named, **{key: value for key, value in schema.items() if key != "$ref"}}


def alternatives(schema: Schema) -> list[Schema]:
    """The schema itself, or those of which it is one."""
    schema = resolved(schema)
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return [found for option in schema[key] for found in alternatives(option)]
    return [schema]


def example(schema: Schema, name: str = "") -> Any:
    """A value that fits: the schema's own example, else the least that fits. Ids are `Id`s by their names."""
    schema = resolved(schema)
    if _is_id(schema):
        return Id(name)
    if schema.get("examples") and schema.get("type") == "object":
        return _with_ids(schema["examples"][0], schema)
    for given in ("const", "default"):
        if schema.get(given) is not None:
            return schema[given]
    for listed in ("examples", "enum"):
        if schema.get(listed):
            return schema[listed][0]
    options = alternatives(schema)
    return _least(options[0], name) if options == [schema] else example(options[0], name)


def _least(schema: Schema, name: str) -> Any:
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {field: example(properties[field], field) for field in schema.get("required", [])}
        case "array":
            return [example(schema["items"], name) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "string":
            return FORMATS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
        case _:
            return None


def _with_ids(given: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """An object's example, whose literal ids, and lists of them, give way to `Id`s."""
    properties = schema.get("properties", {})
    return {
        name: _in_place_of(value, name, resolved(properties.get(name, {}))) for name, value in given.items()
    }


def _in_place_of(value: Any, name: str, schema: Schema) -> Any:
    if not value:
        return value
    if _is_id(schema):
        return Id(name)
    listed = schema.get("type") == "array" and _is_id(resolved(schema["items"]))
    return [Id(name)] if listed else value


def _probes(schema: Schema, name: str) -> Iterator[tuple[Any, str]]:
    """Values that fit, each with another one of its ids probed, and that id's name."""
    for option in alternatives(schema):
        if option.get("format") == "uuid":
            yield Id(name, probed=True), name
        elif option.get("type") == "array":
            yield from (([value], found) for value, found in _probes(option["items"], name))
        elif option.get("type") == "object":
            yield from _probed_fields(option, name)


def _probed_fields(schema: Schema, parent: str) -> Iterator[tuple[Any, str]]:
    given = [_with_ids(entry, schema) for entry in schema.get("examples", ())] or [example(schema)]
    for field, of_field in schema.get("properties", {}).items():
        named = f"{parent}_id" if field == "id" else field
        for option in alternatives(of_field):
            base = _base(given, field, option)
            yield from ((base | {field: value}, found) for value, found in _probes(option, named))


def _base(given: list[dict[str, Any]], field: str, option: Schema) -> dict[str, Any]:
    """The example in which the field is such a one; else one that has the field, else the first."""
    having = [entry for entry in given if field in entry]
    fields = option.get("properties", {}).keys()
    fitting = (entry for entry in having if isinstance(entry[field], dict) and entry[field].keys() <= fields)
    return next(fitting, having[0] if having else given[0])


def filled(body: Any, choose: Choose, *, probe: UUID | None = None) -> Any:
    """The body with ids in place: `probe` where it is probed, else what is chosen for the name."""
    match body:
        case Id(name=name, probed=probed):
            return str(probe if probed else choose(name))
        case dict():
            return {name: filled(value, choose, probe=probe) for name, value in body.items()}
        case list():
            return [filled(value, choose, probe=probe) for value in body]
        case _:
            return body
