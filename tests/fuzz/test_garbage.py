"""R11: whatever is sent, the answer is the operation's own or a problem document, and never the product's fault."""

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from lodestar.responses import PROBLEM_JSON
from tests.fuzz.front_door import Answer, FrontDoor, Handler
from tests.fuzz.garbage import Request, requests
from tests.proof import WHOLE, Proof, generator
from tests.security.operations import Operation, filled, operations
from tests.security.world import World

pytestmark = [pytest.mark.usefixtures("product"), pytest.mark.proof]
SLICE = 7
"""Requests an operation in `make test`; `make prove` sends all."""
INTERNALS = (
    b"Traceback",
    b'File "',
    b"sqlalchemy",
    b"pg8000",
    b"psycopg",
    b"pydantic.dev",
    b"SELECT ",
    b"INSERT ",
)


def fault_of(answer: Answer) -> str | None:
    """What is wrong with an answer; None when nothing is."""
    status, headers, body = answer
    if status >= 500:
        return f"{status} {body[:300]!r}"
    shown = [text for text in INTERNALS if text in body]
    if shown:
        return f"{status} shows {shown}: {body[:300]!r}"
    kind = {name.lower(): value for name, value in headers.items()}.get("content-type", "")
    if status >= 400 and not kind.startswith(PROBLEM_JSON):
        return f"{status} is {kind or 'untyped'}: {body[:200]!r}"
    if status >= 400 and not {"code", "detail", "correlation_id"} <= json.loads(body).keys():
        return f"{status} is no problem document: {body[:200]!r}"
    return None


def tried(
    world: World, only: Callable[[Operation], bool] = lambda _: True
) -> Iterator[tuple[Operation, str, bytes, Request]]:
    """What is sent: the operation, its URL, its right body, and the garbage."""
    random = generator("R11 garbage")
    for operation in filter(only, operations()):
        if "/webhooks/" in operation.path:
            continue  # what is not signed by the vendor is not read (R1)
        choose = partial(world.own, resource=operation.resource, person=world.admin)
        body = filled(operation.body(), choose)
        right = json.dumps(body).encode() if body is not None else b""
        every = list(requests(method=operation.method.upper(), body=body))
        for request in every if WHOLE else random.sample(every, min(SLICE, len(every))):
            yield operation, operation.url(choose), right, request


def sent(door: FrontDoor, operation: Operation, url: str, right: bytes, request: Request) -> Answer:
    return door.send(
        request.method or operation.method.upper(),
        url,
        token="admin",
        query=request.query,
        headers=request.headers,
        body=right if request.body is None else request.body,
    )


def test_garbage_is_refused_by_a_problem_document(world: World, proof: Proof) -> None:
    door, count, wrong = FrontDoor({"admin": world.admin}), 0, []
    for operation, url, right, request in tried(world):
        count += 1
        fault = fault_of(sent(door, operation, url, right, request))
        wrong += [f"{operation} [{request.what}]: {fault}"] if fault else []
    proof.found("R11", "answers to garbage in bodies, headers, queries and methods", tried=count, wrong=wrong)


@pytest.mark.parametrize(
    "broken",
    [
        {"statusCode": 500, "headers": {"content-type": PROBLEM_JSON}, "body": '{"code": "internal_error"}'},
        {
            "statusCode": 404,
            "headers": {"content-type": "application/json"},
            "body": '{"detail": "Not Found"}',
        },
        {"statusCode": 200, "headers": {}, "body": "Traceback (most recent call last)"},
    ],
    ids=["fails", "no problem document", "shows internals"],
)
def test_the_suite_sees_a_handler_that_breaks(world: World, proof: Proof, broken: dict[str, object]) -> None:
    handler: Handler = lambda event, context: dict(broken)  # noqa: E731 - one answer, whatever comes
    door = FrontDoor({"admin": world.admin}, replacing={"/v1/identity/me": handler})
    answers = [
        sent(door, operation, url, right, request)
        for operation, url, right, request in tried(
            world, lambda operation: operation.path == "/v1/identity/me"
        )
    ]
    caught = sum(fault_of(answer) is not None for answer in answers)
    proof.control("R11", "a handler that breaks, under garbage", tried=len(answers), caught=caught)
