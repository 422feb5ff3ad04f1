"""What operations are called by generated clients, and how the document is divided."""

from local.openapi.parts import Json, Operation, operations, options, resolved

VERBS = {"post": "create", "put": "replace", "patch": "update", "delete": "delete"}
TAGS = {
    "identity": "People, organizations, memberships, consents, keys, and how far long work is.",
    "learning": "Programs and what is in them; enrollments, progress, stars and promotions.",
    "assessment": "What is asked and how it is graded: banks, attempts, results, decisions, appeals.",
    "media": "Uploads, what became of them, and what was played.",
    "messaging": "What people are told.",
    "insights": "What happened and what it means: learners' progress, activity, metrics, dashboards, exports, reports.",
}
"""In reading order. A domain that is not among them comes last, described by its resources."""


def name_operations(document: Json) -> None:
    """`learning_enrollments_progress_read`: domain, resource, sub-resources, verb. It follows from method and path,
    so renaming a function never renames a client's method."""
    for operation in operations(document):
        names = [part for part in operation.segments if not part.startswith("{")]
        words = "_".join(names).replace("-", "_").replace(".", "_")
        operation.document["operationId"] = f"{words}_{_verb(document, operation)}"


def _verb(document: Json, operation: Operation) -> str:
    if operation.method != "get":
        return VERBS[operation.method]
    return "list" if is_list(document, operation) else "read"


def is_list(document: Json, operation: Operation) -> bool:
    """Whether it answers `{"data": [...]}`."""
    schema = operation.success[1].get("content", {}).get("application/json", {}).get("schema", {})
    data = resolved(document, schema).get("properties", {}).get("data", {})
    return any(option.get("type") == "array" for option in options(document, data))


def describe_tags(document: Json) -> None:
    """Every domain that has operations, in reading order."""
    used = {tag for operation in operations(document) for tag in operation.document["tags"]}
    rest = sorted(used - TAGS.keys())
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]
    document["tags"] += [{"name": name, "description": _resources(document, name)} for name in rest]


def _resources(document: Json, domain: str) -> str:
    found = {operation.segments[1] for operation in operations(document) if operation.segments[0] == domain}
    return ", ".join(sorted(found)).replace("-", " ").capitalize() + "."
