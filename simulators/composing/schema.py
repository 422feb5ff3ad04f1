"""Reading a JSON schema of either vendor's dialect: references, unions, nullability, upper-case types."""

from typing import Any

Schema = dict[str, Any]


def resolved(schema: Schema, root: Schema) -> Schema:
    """The schema itself: references followed, the first branch of a union that is not null taken."""
    while True:
        if "$ref" in schema:
            schema = _pointed(schema["$ref"], root)
        elif union := schema.get("anyOf") or schema.get("oneOf"):
            schema = next((branch for branch in union if kind(branch) != "null"), union[0])
        elif "allOf" in schema:
            merged: Schema = {}
            for branch in schema["allOf"]:
                merged.update(resolved(branch, root))
            return merged
        else:
            return schema


def kind(schema: Schema) -> str:
    """The type's lower-case name; a list of types gives the first that is not null."""
    named = schema.get("type")
    if isinstance(named, list):
        named = next((name for name in named if str(name).lower() != "null"), "null")
    if named is None:
        return "object" if "properties" in schema else "string"
    return str(named).lower()


def choices(schema: Schema) -> list[Any]:
    """The values a schema admits where it lists them."""
    if "const" in schema:
        return [schema["const"]]
    return list(schema.get("enum", []))


def bounds(schema: Schema) -> tuple[int, int | None]:
    """Fewest and most entries of an array; Gemini's own dialect writes them as strings."""
    most = schema.get("maxItems")
    return int(schema.get("minItems", 0)), int(most) if most is not None else None


def _pointed(reference: str, root: Schema) -> Schema:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return dict(node)
