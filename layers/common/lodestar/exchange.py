"""One request and its answer, as the edge knows them: who asks, what is open until the answer is made."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from sqlalchemy.orm import Session

from lodestar import idempotency
from lodestar.idempotency import Claim
from lodestar.principal import Principal
from lodestar.problems import InvalidContent
from lodestar.work import Work

SCOPE_KEY = "lodestar.exchange"
LONGEST_KEY = 255


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
    made: UUID | None = None
    """The id of what is answered."""
    session: Session | None = None
    work: Work | None = None
    """What the request writes in, for its caller."""


def begin_exchange(request: Request, until_answered: ExitStack) -> Exchange:
    """The route begins it."""
    begun = request.scope[SCOPE_KEY] = Exchange(until_answered)
    return begun


def exchange_of(request: Request) -> Exchange:
    """The request's exchange."""
    known: Exchange = request.scope[SCOPE_KEY]
    return known


async def claim_of(request: Request) -> Claim | None:
    """What the request's Idempotency-Key stands for, if it has one."""
    key = request.headers.get("idempotency-key")
    if not key:
        return None
    if len(key) > LONGEST_KEY:
        raise InvalidContent(f"An Idempotency-Key has at most {LONGEST_KEY} characters.")
    return idempotency.claim_of(
        key=key, method=request.method, path=request.url.path, body=await request.body()
    )
