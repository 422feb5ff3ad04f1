"""One request and its answer, as the edge knows them: who asks, what is open until the answer is made."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from fastapi import Request

from lodestar.idempotency import Claim
from lodestar.principal import Principal

SCOPE_KEY = "lodestar.exchange"


@dataclass(slots=True)
class Exchange:
    """What is found out about a request on its way to the answer."""

    until_answered: ExitStack
    """What is open: committed once the answer is made, undone when there is none."""
    caller: Principal | None = None
    organization_optional: bool = False
    claim: Claim | None = None
    save_answer: Callable[..., None] | None = None
    """Keeps the answer under the request's Idempotency-Key: `status=`, `body=`, `headers=`."""
    version: int | None = None
    """The answer's, which its ETag names."""


def begin_exchange(request: Request, until_answered: ExitStack) -> Exchange:
    """The route begins it."""
    begun = request.scope[SCOPE_KEY] = Exchange(until_answered)
    return begun


def exchange_of(request: Request) -> Exchange:
    """The request's exchange."""
    known: Exchange = request.scope[SCOPE_KEY]
    return known
