"""The deployed functions: call one by hand, break one and mend it, find the process that works."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from local.stack import Stack
from tests.stack.aws import client

NO_DATABASE = "postgresql+pg8000://nobody@127.0.0.1:9/nothing"
"""Where nothing listens."""


def name_of(stack: Stack, logical_id: str) -> str:
    """The function's name in the embedded AWS; `logical_id` as its template calls it, unique among the domains."""
    pages = client(stack, "lambda").get_paginator("list_functions").paginate()
    names = [row["FunctionName"] for page in pages for row in page["Functions"]]
    (found,) = [name for name in names if f"-{logical_id}-" in name]
    return str(found)


def invoke(stack: Stack, logical_id: str, **payload: Any) -> Any:
    """Call a job's function by hand; what it answers."""
    answer = client(stack, "lambda").invoke(
        FunctionName=name_of(stack, logical_id), Payload=json.dumps(payload).encode()
    )
    body = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, body
    return body


@contextmanager
def broken(stack: Stack, *logical_ids: str) -> Iterator[None]:
    """Functions whose handlers are not there, as after a bad deployment: an error that no retry cures."""
    with altered(stack, *logical_ids, Handler="absent.handler"):
        yield


@contextmanager
def misled(stack: Stack, logical_id: str, **variables: str) -> Iterator[None]:
    """A function with other environment variables: it cannot reach its database, its storage or its vendor."""
    functions = client(stack, "lambda")
    name = name_of(stack, logical_id)
    known = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    with altered(stack, logical_id, Environment={"Variables": {**known, **variables}}):
        yield


@contextmanager
def altered(stack: Stack, *logical_ids: str, **settings: Any) -> Iterator[None]:
    """Functions with other settings until the block ends."""
    functions = client(stack, "lambda")
    names = [name_of(stack, logical_id) for logical_id in logical_ids]
    before = {name: functions.get_function_configuration(FunctionName=name) for name in names}
    try:
        for name in names:
            functions.update_function_configuration(FunctionName=name, **settings)
        yield
    finally:
        for name in names:
            kept = {key: before[name][key] for key in settings}
            functions.update_function_configuration(FunctionName=name, **kept)


def workers_of(stack: Stack, logical_id: str) -> list[int]:
    """The processes that serve the function: each works in a folder named after it."""
    found = []
    for process in psutil.Process(stack.pid_of("the-embedded-aws")).children(recursive=True):
        try:
            if f"-{logical_id}-" in process.cwd():
                found.append(process.pid)
        except psutil.Error:
            continue
    return found
