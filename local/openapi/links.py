"""Where an answer leads: OpenAPI links between operations, found by the names of ids.

An id is called the same everywhere (`enrollment_id`), in paths, filters, bodies and answers; an answer's own `id` is
called as the parameter of its resource's path. So from any answer a link leads
- to the operations on the same item: `create` to `read`, `update`, `delete`, and to what is under the item;
- to the item that one of the answer's fields names: `attempt.enrollment_id` to the enrollment;
- to the collections that are filtered by, or whose items are created with, the item's id;
- from 202 to the operation that tells how far the work is.
"""

import re
from collections.abc import Iterator
from typing import Any

from local.openapi.parts import Json, Operation, operations, options, resolved

DEEPEST = 5
ITEM = re.compile(r"/v1/[^/]+/[^/{]+/\{[^/]+\}")
Names = dict[str, str]
"""Runtime expressions by the names of the ids that they yield."""


def link_operations(document: Json) -> None:
    """Write every operation's links into its answer."""
    every = list(operations(document))
    names = {o.path.rpartition("/")[0]: o.path_parameters[0] for o in every if ITEM.fullmatch(o.path)}
    for source in every:
        links = dict(_links(document, source, every, names.get("/v1/" + "/".join(source.segments[:2]))))
        if links:
            source.success[1]["links"] = links


def _links(
    document: Json, source: Operation, every: list[Operation], own: str | None
) -> Iterator[tuple[str, Json]]:
    if source.is_public:
        return
    given = _given(document, source, own)
    if source.method == "delete":
        given = {
            name: expression for name, expression in given.items() if expression.startswith("$request.path")
        }
    for target in every:
        if target is source or target.is_public:
            continue
        link = _link(document, target, given, own=own, source=source)
        if link:
            yield target.document["operationId"], {"operationId": target.document["operationId"], **link}


def _link(
    document: Json, target: Operation, given: Names, *, own: str | None, source: Operation
) -> Json | None:
    wanted = target.path_parameters
    same_item = own in wanted and target.segments[:2] == source.segments[:2]
    if source.method == "delete":
        return _by_path(target, given) if same_item and target.method == "get" and len(wanted) == 1 else None
    if wanted:
        leads = (
            same_item or (target.method == "get" and len(wanted) == 1) or len(set(wanted) & given.keys()) > 1
        )
        return _by_path(target, given) if leads else None
    if own in given and source.method in {"get", "post"}:
        return _by_parent(document, target, str(own), given[str(own)])
    return None


def _by_path(target: Operation, given: Names) -> Json | None:
    if not set(target.path_parameters) <= given.keys():
        return None
    return {"parameters": {f"path.{name}": given[name] for name in target.path_parameters}}


def _by_parent(document: Json, target: Operation, name: str, expression: str) -> Json | None:
    """Parents are a filter or a field."""
    if any(p.get("name") == name and p["in"] == "query" for p in target.document.get("parameters", [])):
        return {"parameters": {f"query.{name}": expression}}
    bodies = options(document, target.body_schema) if target.body_schema else []
    if target.method == "post" and bodies and all(name in body.get("properties", {}) for body in bodies):
        return {"requestBody": {name: expression}}
    return None


def _given(document: Json, source: Operation, own: str | None) -> Names:
    """The ids that a client has once it is answered, the outermost first."""
    found: Names = {name: f"$request.path.{name}" for name in source.path_parameters}
    schema = source.success[1].get("content", {}).get("application/json", {}).get("schema")
    if schema:
        for name, pointer in _ids(document, schema, own):
            found.setdefault(name, f"$response.body#{pointer}")
    return found


def _ids(document: Json, schema: Json, own: str | None) -> list[tuple[str, str]]:
    """Names and pointers of all ids in an answer, an array's by its first item, by their depth."""
    found: list[tuple[str, str]] = []

    def look(part: Any, pointer: str, name: str, depth: int) -> None:
        for option in options(document, part):
            if option.get("format") == "uuid":
                found.append((name, pointer))
            elif depth < DEEPEST and option.get("type") == "array":
                look(option.get("items", {}), f"{pointer}/0", name, depth + 1)
            elif depth < DEEPEST and option.get("type") == "object":
                for field, of_field in option.get("properties", {}).items():
                    outer = own if pointer in {"", "/data/0"} else f"{pointer.rpartition('/')[2]}_id"
                    look(of_field, f"{pointer}/{field}", str(outer) if field == "id" else field, depth + 1)

    look(resolved(document, schema), "", "", 0)
    return sorted(found, key=lambda entry: entry[1].count("/"))
