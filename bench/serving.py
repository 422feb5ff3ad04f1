"""What P4 serves: the product's handlers behind a thin adapter, and a bare FastAPI application, both as ASGI.

`uvicorn bench.serving:product` and `uvicorn bench.serving:bare`; `BENCH_BARE_URL` and `DATABASE_URL` say which database.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.engine import make_url

from tests.gateway import handler_of

Message = dict[str, Any]
CONTEXT = "X-Bench-Context"
"""Carries what the authorizer would have found out of the caller: the authorizer is cached on AWS, and not measured."""
BARE_URL = "BENCH_BARE_URL"
COLUMNS = "id, created_at, version, updated_at, key, title, description"


async def product(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Makes API Gateway's proxy event of a request, and an answer of what the handler returns."""
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    with _outside_the_loop():
        answer = handler_of(scope["path"])(_event(scope, body), None)
    headers = [(name.encode(), value.encode()) for name, value in answer["headers"].items()]
    await send({"type": "http.response.start", "status": answer["statusCode"], "headers": headers})
    await send({"type": "http.response.body", "body": answer["body"].encode()})


@contextmanager
def _outside_the_loop() -> Iterator[None]:
    """A Lambda has no running event loop, and Mangum brings one of its own; a thread hop would cost more than both."""
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)  # noqa: SLF001 - what asyncio offers to event loops
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)  # noqa: SLF001


def _event(scope: Message, body: bytes) -> dict[str, Any]:
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    return {
        "resource": "/{proxy+}",
        "path": scope["path"],
        "httpMethod": scope["method"],
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {
            "stage": "live",
            "identity": {"sourceIp": "127.0.0.1"},
            "authorizer": json.loads(headers[CONTEXT.lower()]),
        },
        "body": body.decode() or None,
        "isBase64Encoded": False,
    }


class Bank(BaseModel):
    """The same answer as the product's."""

    id: UUID
    created_at: datetime
    version: int
    updated_at: datetime
    key: str
    title: str
    description: str


def bare() -> FastAPI:
    """One prepared statement, no transaction, no caller, no row-level security: uvicorn's `--factory`."""
    import pg8000.native

    url = make_url(os.environ[BARE_URL])
    connection = pg8000.native.Connection(
        url.username or "",
        host=url.host or "",
        port=url.port or 5432,
        password=url.password,
        database=url.database,
    )
    read = connection.prepare(
        f"SELECT {COLUMNS} FROM assessment.item_banks WHERE id = CAST(:bank_id AS uuid)"
    )
    names = COLUMNS.split(", ")
    app = FastAPI()

    @app.get("/v1/assessment/item-banks/{bank_id}", response_model=Bank)
    async def read_bank(bank_id: UUID) -> Any:
        return dict(zip(names, read.run(bank_id=bank_id)[0], strict=True))

    return app
