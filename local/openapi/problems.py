"""Every problem of every operation: what its endpoint declares, and what the edge and API Gateway answer by themselves."""

import json
from http import HTTPStatus
from typing import Any

from local.gateway_responses import GatewayResponses
from local.openapi.headers import CORRELATION, HEADERS, bear, takes
from local.openapi.parts import Json, Operation, operations
from lodestar.pagination import InvalidCursor
from lodestar.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    IdempotencyKeyReused,
    InvalidContent,
    NotFound,
    OrganizationRequired,
    Problem,
    RateLimited,
    RequestInProgress,
    StaleVersion,
    Unauthenticated,
    Unavailable,
)
from lodestar.responses import PROBLEM_JSON, problems

EVERYWHERE = (NotFound, InvalidContent, RateLimited, Problem, Unavailable)
SIGNED = (Unauthenticated, Forbidden, OrganizationRequired)
OF_THE_GATEWAY = {"INTEGRATION_TIMEOUT": HTTPStatus.GATEWAY_TIMEOUT, "DEFAULT_4XX": HTTPStatus.BAD_REQUEST}
OF_THE_GATEWAY_WITH_BODY = {"REQUEST_TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
TOLD_WHEN = frozenset(kind.code for kind in (RateLimited, RequestInProgress, Unavailable))
"""Whose answers say when to ask again."""
SCHEMA = "#/components/schemas/ProblemDocument"


def declare_problems(document: Json, gateway: GatewayResponses) -> None:
    """Each code's example is a component, and so is each set of codes that is answered with one status."""
    components = document["components"]
    examples: dict[str, Json] = components.setdefault("examples", {})
    answers: dict[str, Json] = components.setdefault("responses", {})
    for operation in operations(document):
        responses = operation.document["responses"]
        for status, codes in _codes(operation, gateway).items():
            examples.update(codes)
            name = "-".join(sorted(codes))
            answers[name] = _answer(int(status), codes)
            responses[status] = {"$ref": f"#/components/responses/{name}"}
        operation.document["responses"] = dict(sorted(responses.items()))


def _codes(operation: Operation, gateway: GatewayResponses) -> dict[str, dict[str, Json]]:
    """Examples by status and code."""
    found: dict[str, dict[str, Json]] = {}
    declared = operation.document["responses"]
    for answer in (declared, problems(*_of_the_edge(operation))):
        for status, part in answer.items():
            codes = part.get("content", {}).get(PROBLEM_JSON, {}).get("examples")
            if codes:
                found.setdefault(str(status), {}).update(codes)
    kinds = OF_THE_GATEWAY | (OF_THE_GATEWAY_WITH_BODY if "requestBody" in operation.document else {})
    for kind, default in kinds.items():
        response = gateway.of(kind, default)
        value = json.loads(response.render(CORRELATION))
        found.setdefault(str(response.status), {})[value["code"]] = {
            "summary": value["title"],
            "value": value,
        }
    return found


def _of_the_edge(operation: Operation) -> list[type[Problem]]:
    """What can be answered before or after the endpoint's own code, by what the operation takes."""
    kinds: list[type[Problem]] = [*EVERYWHERE, *(() if operation.is_public else SIGNED)]
    if operation.method != "get":
        kinds.append(Conflict)
    if operation.body_schema:
        kinds.append(BadRequest)
    if operation.method == "post":
        kinds += [IdempotencyKeyReused, RequestInProgress]
    if takes(operation.document, "If-Match"):
        kinds.append(StaleVersion)
    if any(parameter.get("name") == "cursor" for parameter in operation.document.get("parameters", [])):
        kinds.append(InvalidCursor)
    return kinds


def _answer(status: int, codes: dict[str, Json]) -> Json:
    schema: dict[str, Any] = {
        "allOf": [{"$ref": SCHEMA}],
        "properties": {"status": {"const": status}, "code": {"enum": sorted(codes)}},
    }
    answer: Json = {
        "description": " · ".join(f"`{code}`: {codes[code]['summary']}" for code in sorted(codes)),
        "content": {
            PROBLEM_JSON: {
                "schema": schema,
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in sorted(codes)},
            }
        },
    }
    if codes.keys() <= TOLD_WHEN:
        bear(answer, "Retry-After")
    elif codes.keys() & TOLD_WHEN:
        answer["headers"] = {"Retry-After": {**HEADERS["Retry-After"], "required": False}}
    return answer
