"""Every function has a sample event that its handler accepts: what to send it by hand, and what it was made for."""

import inspect
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.routing import Match

from lodestar import events
from tests.architecture.events import sample
from tests.architecture.tree import ROOT, Function, functions


def test_every_function_has_a_sample_and_every_sample_a_function() -> None:
    found = {
        str(path.relative_to(ROOT / "events").with_suffix("")) for path in (ROOT / "events").rglob("*.json")
    }
    assert found == {f"{function.domain}/{function.name}" for function in functions() if function.kind}


@pytest.mark.parametrize("function", functions("endpoints"), ids=str)
def test_an_endpoint_accepts_its_sample(function: Function) -> None:
    event = sample(function.domain, function.name)
    route = matching(function.module.router, event["httpMethod"], event["path"])
    assert event["resource"] == route.path
    context = event["requestContext"].get("authorizer")
    assert context is None or all(isinstance(value, str) for value in context.values()), "strings only"
    if route.body_field is not None:
        body: TypeAdapter[Any] = TypeAdapter(route.body_field.field_info.annotation or Any)
        body.validate_json(event["body"])


@pytest.mark.parametrize("function", functions("reactions"), ids=str)
def test_a_reaction_accepts_its_sample(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[UUID, UUID]] = []
    monkeypatch.setattr(events, "_once", lambda org_id, event_id, *_: taken.append((org_id, event_id)))
    monkeypatch.setattr(events, "_in_steps", lambda org_id, event_id, *_: taken.append((org_id, event_id)))
    event = sample(function.domain, function.name)
    assert function.module.handler(event, None) == {"batchItemFailures": []}
    assert len(taken) == len(event["Records"])


@pytest.mark.parametrize("function", functions("reactions"), ids=str)
def test_a_reactions_sample_is_one_that_its_rule_lets_through(function: Function) -> None:
    from tests.architecture.test_messages import queue_of, rules_into

    for record in sample(function.domain, function.name)["Records"]:
        body = json.loads(record["body"])
        patterns = [rule["EventPattern"] for rule in rules_into(function.domain, queue_of(function))]
        assert any(body["detail-type"] in pattern["detail-type"] for pattern in patterns)


@pytest.mark.parametrize("function", functions("tasks"), ids=str)
def test_a_task_accepts_its_sample(function: Function) -> None:
    inputs: Mapping[str, Any] = inspect.getclosurevars(function.module.handler).nonlocals
    inputs["input_type"].model_validate(sample(function.domain, function.name))


def matching(router: APIRouter, method: str, path: str) -> APIRoute:
    """The operation that answers; fails when there is none."""
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    for route in router.routes:
        if isinstance(route, APIRoute) and route.matches(scope)[0] == Match.FULL:
            return route
    raise AssertionError(f"no operation answers {method} {path}")
