"""The headers that requests carry and answers bear, each written once."""

from local.openapi.parts import Json, operations, resolved

CORRELATION = "0199f3c2-0000-7000-8000-000000000000"
ORGANIZATION = "Lodestar-Organization"
PARAMETERS: dict[str, Json] = {
    "Idempotency-Key": {
        "description": "Any fresh string. Sent again with the same body, the first answer is given again.",
        "schema": {"type": "string", "maxLength": 255},
        "example": "5f2b6c1e-enrol",
    },
    "If-Match": {
        "description": "The `ETag` of what is to be changed. 412 when someone else was first.",
        "schema": {"type": "string", "pattern": r'^(\*|(W/)?"?[0-9]{1,9}"?)$'},
        "example": '"3"',
    },
    ORGANIZATION: {
        "description": "One of the caller's organizations; needed by who belongs to several.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "0199f3c2-0000-7000-8000-00000000000a",
    },
    "X-Correlation-Id": {
        "description": "Continues a correlation: at most 64 letters, digits, `-` and `_`. Else a new one begins.",
        "schema": {"type": "string"},
        "example": CORRELATION,
    },
}
HEADERS: dict[str, Json] = {
    "X-Correlation-Id": {
        "description": "Quote it when you ask for help.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64},
        "example": CORRELATION,
    },
    "ETag": {
        "description": "The row's version, for `If-Match`.",
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "example": '"3"',
    },
    "Location": {
        "description": "Where to ask how far it is.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/v1/identity/operations/0199f3c2-0000-7000-8000-000000000001",
    },
    "Retry-After": {
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 30,
    },
}


def declare_headers(document: Json) -> None:
    """What the edge reads of every request and says in every answer; `ETag` where the answer has a version."""
    components = document["components"]
    components["parameters"] = {
        name: {"name": name, "in": "header", "required": False, **of} for name, of in PARAMETERS.items()
    }
    components["headers"] = {name: {"required": True, **of} for name, of in HEADERS.items()}
    for operation in operations(document):
        own = operation.document.get("parameters", [])
        taken = [
            name for name in PARAMETERS if name.lower() in {p["name"] for p in own if p["in"] == "header"}
        ]
        taken += ["Idempotency-Key"] if operation.method == "post" else []
        taken += [] if operation.is_public else [ORGANIZATION]
        kept = [_without_null(p) for p in own if p["name"] not in {name.lower() for name in PARAMETERS}]
        references = [{"$ref": f"#/components/parameters/{name}"} for name in [*taken, "X-Correlation-Id"]]
        operation.document["parameters"] = [*kept, *references]
        status, answer = operation.success
        borne = ["X-Correlation-Id", *(["ETag"] if _has_version(document, answer) else [])]
        borne += ["Location"] if status == "202" and not operation.is_public else []
        bear(answer, *borne)


def bear(answer: Json, *names: str) -> None:
    """Declare an answer's headers."""
    for name in names:
        answer.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}


def takes(operation: Json, name: str) -> bool:
    """Whether a request may carry the header."""
    return {"$ref": f"#/components/parameters/{name}"} in operation.get("parameters", [])


def _has_version(document: Json, answer: Json) -> bool:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return "version" in resolved(document, schema).get("properties", {})


def _without_null(parameter: Json) -> Json:
    """A parameter is left out, it is never null."""
    schema = parameter["schema"]
    rest = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    if len(rest) != 1:
        return parameter
    beside = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**parameter, "schema": {**rest[0], **beside}}
