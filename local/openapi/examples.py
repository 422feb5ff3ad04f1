"""An example of every parameter, request body and answer, made of the examples that stand at the fields.

Ids are the same wherever they are called the same, so a reader can follow an enrollment through the document.
"""

import hashlib
from typing import Any

from local.openapi.parts import Json, Operation, operations, options, resolved

JSON = "application/json"
FORMATS = {
    "date-time": "2026-11-02T09:30:00Z",
    "date": "2026-11-02",
    "email": "ada@example.org",
    "uri": "https://example.org/",
}
BY_NAME: dict[str, Any] = {
    "body": "Read the question twice before you look at the numbers.",
    "cursor": "WyIyMDI2LTExLTAyVDA5OjMwOjAwKzAwOjAwIl0",
    "description": "What it is about, in a sentence or two.",
    "email": "ada@example.org",
    "key": "job-readiness",
    "learner_name": "Ada Lovelace",
    "display_name": "Ada Lovelace",
    "message": "Two of five parts are done.",
    "name": "Riverside College",
    "reason": "The second criterion was read too strictly.",
    "slug": "riverside",
    "speaker": "Grace Hopper",
    "summary": "How to tell a number that means something.",
    "text": "Two of five lessons are done.",
    "time_zone": "Europe/Berlin",
    "title": "Reading numbers before trusting them",
    "token": "q7Lr2vXk9sTn4bYe1mWc",
    "type": "case_study",
    "url": "https://example.org/",
    "version": 3,
}
"""For fields that bear no example of their own."""
ABSENT = [
    "ended_at",
    "error",
    "failure_code",
    "next_cursor",
    "problem",
    "problem_code",
    "problem_detail",
    "review_reason",
    "revoked_at",
    "withdrawn_at",
    "deleted_at",
    "read_at",
    "dismissed_at",
    "total",
]
"""What is null in the usual case."""
DEEPEST = 12


def show_examples(document: Json) -> None:
    """Write them into the document."""
    for operation in operations(document):
        for parameter in operation.document.get("parameters", []):
            if "$ref" not in parameter and "example" not in parameter and "examples" not in parameter:
                parameter["example"] = example(document, parameter["schema"], parameter["name"])
        if operation.body_schema:
            content = operation.document["requestBody"]["content"][JSON]
            content["examples"] = _bodies(document, operation.body_schema)
        _show_answer(document, operation)


def _show_answer(document: Json, operation: Operation) -> None:
    _, answer = operation.success
    for kind, content in answer.get("content", {}).items():
        if kind == JSON and "examples" not in content and "example" not in content:
            content["example"] = example(document, content["schema"], _named(operation))


def _named(operation: Operation) -> str:
    """What the `id` of an answer is called elsewhere: by the path's last parameter, else by its resource."""
    return (operation.path_parameters or [operation.segments[1].replace("-", "_").removesuffix("s") + "_id"])[
        -1
    ]


def _bodies(document: Json, schema: Json) -> Json:
    """The schema's own examples, else one of each of the kinds that it can be."""
    found: Json = {}
    for option in options(document, schema):
        title = option.get("title", "Body")
        given = option.get("examples") or [example(document, option, "")]
        for number, value in enumerate(given, 1):
            found[title if len(given) == 1 else f"{title}-{number}"] = {"value": value}
    return found


def identifier(name: str) -> str:
    """The UUIDv7 that stands for this name throughout the document."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"0199f3c2-{digest[:4]}-7{digest[4:7]}-8{digest[7:10]}-{digest[10:22]}"


def example(document: Json, schema: Json, name: str, depth: int = 0) -> Any:
    """A value that fits the schema and reads like the real thing."""
    named = resolved(document, schema)
    choices = options(document, named)
    if name in ABSENT and len(choices) < len(named.get("anyOf", choices)):
        return None
    given = [*named.get("examples", ()), *(named[key] for key in ("const", "example") if key in named)]
    if given:
        return given[0]
    if choices != [named]:
        return example(document, choices[0], name, depth) if choices else None
    return _made(document, named, name, depth)


def _made(document: Json, schema: Json, name: str, depth: int) -> Any:
    if schema.get("type") == "object":
        return _object(document, schema, name, depth)
    if schema.get("type") == "array":
        count = 0 if depth > DEEPEST else max(1, schema.get("minItems", 1))
        return [example(document, schema.get("items", {}), name, depth + 1) for _ in range(count)]
    if schema.get("enum"):
        return schema["enum"][0]
    return _plain(schema, name)


def _plain(schema: Json, name: str) -> Any:
    match schema.get("type"):
        case "integer" | "number":
            return schema.get("default") or BY_NAME.get(name) or _number(schema)
        case "boolean":
            return schema.get("default", True)
        case "string":
            return _text(schema, name)
        case _:
            return {}


def _object(document: Json, schema: Json, name: str, depth: int) -> Json:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    shown = [field for field in properties if field in required or "examples" in properties[field]]
    return {
        field: example(document, properties[field], name if field == "id" else field, depth + 1)
        for field in shown or list(properties)[:1]
    }


def _number(schema: Json) -> int | float:
    least: int | float = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return least


def _text(schema: Json, name: str) -> str:
    if schema.get("format") == "uuid":
        return identifier(name)
    known = FORMATS.get(schema.get("format", "")) or schema.get("default") or BY_NAME.get(name)
    text = str(known or name.removesuffix("_text").replace("_", " ").capitalize() or "Text")
    text = text.ljust(schema.get("minLength", 0), ".")
    return text[: schema.get("maxLength", len(text))]
