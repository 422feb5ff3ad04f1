"""A request of several transactions: commit the intent, call a vendor, commit the result with the answer.

Nothing is locked while the vendor is called. The request's Idempotency-Key is held by a lease meanwhile, so that twins
wait for its answer, and one that dies on its way is resumed by whoever repeats it.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import idempotency
from lodestar.db import unit_of_work
from lodestar.ids import new_id
from lodestar.principal import Principal
from lodestar.problems import Problem, RequestInProgress

SERVER_ERRORS = 500


class Work:
    """What an endpoint that calls a vendor takes instead of a session."""

    def __init__(self, principal: Principal, claim: idempotency.Claim | None) -> None:
        self._principal = principal
        self._claim = claim
        self._held: idempotency.Held | None = None
        self._id = new_id()
        self._last: Session | None = None
        self._until_answered = ExitStack()

    @property
    def intent_id(self) -> UUID:
        """The same for every try of the request, from its first transaction on: the vendor's idempotency key."""
        return self._held.intent_id if self._held else self._id

    @property
    def is_resumed(self) -> bool:
        """Whether an earlier try died on its way or was answered, so that what it committed is there."""
        return bool(self._held and self._held.is_resumed)

    @property
    def last(self) -> Session | None:
        """The conclusion's, once it has begun."""
        return self._last

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that commits at the block's end. The first of a request takes its Idempotency-Key."""
        with ExitStack() as stack:
            yield self._begin(stack)

    @contextmanager
    def conclusion(self) -> Iterator[Session]:
        """The last transaction: it commits once the endpoint has answered, together with the saved answer."""
        self._last = self._begin(self._until_answered)
        yield self._last

    def _begin(self, stack: ExitStack) -> Session:
        patience_ends = time.monotonic() + idempotency.PATIENCE_SECONDS
        while True:
            with ExitStack() as opened:
                session = opened.enter_context(unit_of_work(self._principal))
                if self._holds(session, is_patient=time.monotonic() < patience_ends):
                    stack.push(opened.pop_all())
                    return session
            time.sleep(idempotency.POLL_SECONDS)

    def _holds(self, session: Session, *, is_patient: bool) -> bool:
        if self._claim is None or self._held is not None:
            return True
        try:
            self._held = idempotency.claim(session, self._claim)
        except RequestInProgress:
            if not is_patient:
                raise
        return self._held is not None

    def save(self, *, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Keep the answer under the key."""
        if self._held is None:
            return
        with nullcontext(self._last) if self._last else unit_of_work(self._principal) as session:
            idempotency.save(session, self._principal, self._held, status=status, body=body, headers=headers)

    @contextmanager
    def until_answered(self) -> Iterator["Work"]:
        """Commit the conclusion at the end; after a failure undo it, and let go of the key."""
        try:
            with self._until_answered:
                yield self
        except Exception as error:
            if self._held is not None and not isinstance(error, RequestInProgress):
                refused = isinstance(error, Problem) and error.status < SERVER_ERRORS
                with unit_of_work(self._principal) as session:
                    idempotency.let_go(session, self._held, refused=refused)
            raise
