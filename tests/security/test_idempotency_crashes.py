"""R2: a request that dies before or after each of its commits is completed by whoever repeats it, and done once.

The process dies by what no handler catches; what a kill leaves of a connection, closing it leaves too.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import Session

from lodestar import idempotency
from lodestar.ids import new_id
from tests.gateway import Answer
from tests.proof import WHOLE, Proof
from tests.security.posts import requests
from tests.security.test_idempotency import (
    Effect,
    alone,
    content,
    is_of_several_transactions,
    patched,
    threads,
    vendors,
)
from tests.security.twins import Request, State, Vendors
from tests.security.world import a_full_organization

__all__ = ["alone", "patched", "threads", "vendors"]
pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
TWICE = {"SignUp": 1, "AdminDeleteUser": 1, "ConfirmSignUp": 1}
"""What a vendor cannot be kept from doing again when the request dies right after it (docs/adr/0001)."""
MOST_COMMITS = 5


class Killed(BaseException):
    """The process ends here."""


class Death:
    """Kills at the nth commit, before or after it."""

    def __init__(self, patch: pytest.MonkeyPatch, *, nth: int, after: bool) -> None:
        self.came = False
        self._left = nth
        commit = Session.commit

        def dying(session: Session) -> None:
            self._left -= 1
            if self._left or self.came:
                commit(session)
                return
            self.came = True
            if after:
                commit(session)
            session.close()
            raise Killed

        patch.setattr(Session, "commit", dying)


@contextmanager
def dying(*, nth: int, after: bool) -> Iterator[Death]:
    with pytest.MonkeyPatch.context() as patch:
        death = Death(patch, nth=nth, after=after)
        try:
            yield death
        except Killed:
            assert death.came


@contextmanager
def lease_run_out() -> Iterator[None]:
    """Time passes: a lease that is taken now ends at once, and so did the dead request's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(idempotency, "LEASE_SECONDS", 0)
        yield


def points() -> Iterator[tuple[int, bool]]:
    """Before and after each commit; for a slice, around the second, which is where most harm is done."""
    for nth in range(1, MOST_COMMITS + 1) if WHOLE else (2,):
        yield from ((nth, False), (nth, True))


def die_and_repeat(request: Request, *, nth: int, after: bool) -> tuple[bool, Answer, Answer]:
    """Whether the request died, and the answers to its repetition and to one more."""
    key = str(new_id())
    with lease_run_out(), dying(nth=nth, after=after) as death:
        request.send(idempotency_key=key)
    return death.came, request.send(idempotency_key=key), request.send(idempotency_key=key)


def more_than(expected: Effect, effect: Effect) -> dict[str, int]:
    """What was done beyond the expected, but for what vendors cannot deduplicate."""
    return {
        name: effect[name] - expected[name]
        for name in effect.keys() | expected.keys()
        if effect[name] != expected[name] and not 0 < effect[name] - expected[name] <= TWICE.get(name, 0)
    }


def chosen(name: str) -> bool:
    return WHOLE or is_of_several_transactions(name)


def test_a_request_that_dies_at_any_commit_is_completed_once(
    proof: Proof, vendors: Vendors, alone: dict[str, Effect]
) -> None:
    wrong: list[str] = []
    tried = 0
    for nth, after in points():
        died = 0
        world = a_full_organization()
        for name, prepare in requests(world):
            if not chosen(name):
                continue
            request = prepare()
            org_id = request.person.org_id if request.person and request.person.memberships else world.org_id
            before = State.now(org_id, request.person, vendors)
            came, first, second = die_and_repeat(request, nth=nth, after=after)
            effect = State.now(org_id, request.person, vendors).since(before)
            died += came
            where = f"{name}, {'after' if after else 'before'} commit {nth}"
            if not (answered(first) and (content(second) == content(first) or is_secret(second))):
                wrong.append(f"{where}: {first.status} {first.text[:200]}, then {second.status}")
            if extra := more_than(alone[name], effect):
                wrong.append(f"{where}: {extra}")
        tried += died
        if not died:
            break
    proof.found(
        "R2", "a request that dies before or after each commit, and is repeated", tried=tried, wrong=wrong
    )


def answered(answer: Answer) -> bool:
    """Done; or it held a secret, which was lost with the answer."""
    return answer.status < 300 or is_secret(answer)


def is_secret(answer: Answer) -> bool:
    return bool((answer.json or {}).get("code") == "secret_already_shown")
