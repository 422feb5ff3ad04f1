"""docs/openapi.json is what the routers say, and says what a client's developer needs."""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from local.openapi import DOCUMENT, assemble
from local.openapi.examples import JSON
from local.openapi.parts import Json, Operation, operations, resolved
from lodestar.responses import PROBLEM_JSON


@cache
def document() -> Json:
    return assemble()


every_operation = pytest.mark.parametrize("operation", list(operations(document())), ids=str)


def test_the_committed_document_is_fresh() -> None:
    assert json.loads(DOCUMENT.read_text()) == document(), "run `make openapi` and commit docs/openapi.json"


def test_it_is_valid_openapi() -> None:
    assert document()["openapi"].startswith("3.1")
    validate(document())


def test_operations_are_named_by_what_they_are_and_each_differs() -> None:
    names = [operation.document["operationId"] for operation in operations(document())]
    assert len(set(names)) == len(names)
    assert all(
        re.fullmatch(r"[a-z][a-z0-9_]+_(list|read|create|replace|update|delete)", name) for name in names
    )


def test_every_domain_is_described_in_reading_order() -> None:
    described = {tag["name"] for tag in document()["tags"] if len(tag["description"]) > 10}
    assert described == {tag for operation in operations(document()) for tag in operation.document["tags"]}


@every_operation
def test_an_operation_says_what_it_does_and_who_may_call_it(operation: Operation) -> None:
    assert operation.document["summary"]
    assert operation.document["description"]
    assert bool(operation.document["security"]) != operation.is_public


@every_operation
def test_every_parameter_body_and_answer_has_an_example_that_fits(operation: Operation) -> None:
    for name, schema, value in _examples(operation):
        faults = Draft202012Validator(
            {"components": document()["components"], **schema}, format_checker=FormatChecker()
        ).iter_errors(value)
        assert not [fault.message for fault in faults], name


def test_every_format_that_the_document_names_is_checked() -> None:
    """A library of formats is optional to `jsonschema`: without it, examples would fit whatever they are."""
    named = {
        part["format"]
        for part in parts_of(document())
        if part.get("type") == "string" and isinstance(part.get("format"), str)
    }
    assert named >= {"uuid", "date-time", "uri-reference"}
    assert named <= FormatChecker().checkers.keys()


def parts_of(value: Any) -> Iterator[Json]:
    """Every object in the document."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts_of(part)


def _examples(operation: Operation) -> Iterator[tuple[str, Json, Any]]:
    for part in operation.document["parameters"]:
        parameter = resolved(document(), part)
        given = parameter.get("examples") or parameter["schema"].get("examples") or [parameter["example"]]
        yield parameter["name"], parameter["schema"], given[0]
    if "requestBody" in operation.document:
        content = operation.document["requestBody"]["content"][JSON]
        assert content["examples"]
        for name, example in content["examples"].items():
            yield name, content["schema"], example["value"]
    status, answer = operation.success
    for kind, content in answer.get("content", {}).items():
        assert "example" in content or "examples" in content, f"{status} {kind}"
        if kind == JSON:
            yield status, content["schema"], content["example"]


@every_operation
def test_every_problem_that_an_operation_answers_is_listed_by_its_code(operation: Operation) -> None:
    assert "default" not in operation.document["responses"]
    statuses = set(operation.document["responses"])
    assert {"404", "422", "429", "500", "503", "504"} <= statuses
    assert operation.is_public or {"400", "401", "403"} <= statuses
    for status, part in operation.document["responses"].items():
        if status[0] in "45":
            answer = resolved(document(), part)["content"][PROBLEM_JSON]
            codes = answer["schema"]["properties"]["code"]["enum"]
            assert codes == sorted(answer["examples"])
            for code in codes:
                value = resolved(document(), answer["examples"][code])["value"]
                assert (value["code"], value["status"]) == (code, int(status))


@every_operation
def test_a_post_tells_that_its_twin_is_at_work_and_when_to_ask_again(operation: Operation) -> None:
    if operation.method == "post":
        answer = resolved(document(), operation.document["responses"]["409"])
        schema = answer["content"][PROBLEM_JSON]["schema"]
        assert "request_in_progress" in schema["properties"]["code"]["enum"]
        assert "Retry-After" in answer["headers"]


@every_operation
def test_links_lead_to_operations_with_what_those_take(operation: Operation) -> None:
    targets = {target.document["operationId"]: target for target in operations(document())}
    for link in operation.success[1].get("links", {}).values():
        target = targets[link["operationId"]]
        taken = {f"{p['in']}.{p['name']}" for p in target.document["parameters"] if "$ref" not in p}
        assert link.get("parameters", {}).keys() <= taken
        assert {f"path.{name}" for name in target.path_parameters} <= link.get("parameters", {}).keys()
        for expression in [*link.get("parameters", {}).values(), *link.get("requestBody", {}).values()]:
            assert _yields(operation, expression), expression


def _yields(operation: Operation, expression: str) -> bool:
    """Whether the operation's request or example answer has what the expression points to."""
    if expression.startswith("$request.path."):
        return expression.removeprefix("$request.path.") in operation.path_parameters
    here: Any = operation.success[1]["content"][JSON]["schema"]
    for step in expression.removeprefix("$response.body#/").split("/"):
        here = _within(here, step)
        if here is None:
            return False
    return True


def _within(schema: Json, step: str) -> Json | None:
    schema = resolved(document(), schema)
    found = schema.get("items") if step == "0" else schema.get("properties", {}).get(step)
    nested = (_within(option, step) for key in ("anyOf", "oneOf") for option in schema.get(key, ()))
    return found or next((option for option in nested if option), None)


FROM_ENROLLMENT_TO_RESULT = [
    "learning_enrollments_list",
    "learning_enrollments_progress_read",
    "assessment_attempts_create",
    "assessment_attempts_starts_create",
    "assessment_attempts_submissions_create",
    "assessment_attempts_result_read",
    "assessment_attempts_decisions_list",
]
FROM_UPLOAD_TO_PLAYBACK = [
    "media_uploads_create",
    "media_uploads_completions_create",
    "media_assets_read",
    "media_assets_playback_urls_create",
    "media_playback_read",
    "media_playback_replace",
]


@pytest.mark.parametrize(
    "journey", [FROM_ENROLLMENT_TO_RESULT, FROM_UPLOAD_TO_PLAYBACK], ids=["result", "playback"]
)
def test_a_learner_can_be_followed_by_links(journey: list[str]) -> None:
    links = {o.document["operationId"]: o.success[1].get("links", {}) for o in operations(document())}
    for here, there in pairwise(journey):
        assert there in links[here], f"{here} does not lead to {there}"


@every_operation
def test_what_is_created_leads_to_where_it_is_read(operation: Operation) -> None:
    item = re.compile(re.escape(operation.path) + r"/\{[a-z_]+\}")
    reads = [
        target.document["operationId"]
        for target in operations(document())
        if target.method == "get" and item.fullmatch(target.path)
    ]
    if operation.method == "post" and operation.success[0] == "201" and reads:
        assert set(reads) <= operation.success[1]["links"].keys()
