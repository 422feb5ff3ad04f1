"""P2: a warm authorised request with the database stubbed, over a bare Mangum with an `async def`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

from fastapi import APIRouter as BareRouter
from fastapi import FastAPI
from mangum import Mangum

from bench.driver import Result, compare
from lodestar import api
from lodestar.principal import Role
from tests.gateway import Person, gateway_event

TARGET = 2.0
CALLS = 300
PATH = "/v1/bench/things/0199f3c2-0000-7000-8000-000000000000"


class Thing(api.ReadModel):
    """A small answer."""

    id: UUID
    name: str


def measure() -> Iterator[Result]:
    """Both answer the same small document from API Gateway's event."""
    event = gateway_event("GET", PATH, as_=Person(uuid4(), {uuid4(): frozenset({Role.LEARNER})}))
    bare, ours = _bare(), _ours()
    with mock.patch("lodestar.api.unit_of_work", _no_database):
        yield compare(
            "P2",
            "authorised GET, database stubbed / bare Mangum",
            baseline=lambda: bare(event, None),
            candidate=lambda: ours(event, None),
            target=TARGET,
            calls=CALLS,
        )


@contextmanager
def _no_database(_principal: object, **_options: Any) -> Iterator[None]:
    yield None


def _bare() -> Any:
    router = BareRouter()

    @router.get("/v1/bench/things/{thing_id}", response_model=Thing)
    async def read(thing_id: UUID) -> Thing:
        return Thing(id=thing_id, name="thing")

    app = FastAPI(openapi_url=None)
    app.include_router(router)
    return Mangum(app, lifespan="off")


def _ours() -> Any:
    router = api.APIRouter()

    @router.get("/v1/bench/things/{thing_id}", response_model=Thing)
    def read(thing_id: UUID, caller: api.Caller, session: api.ReadSession) -> Thing:
        del caller, session
        return Thing(id=thing_id, name="thing")

    return api.lambda_handler(router)
