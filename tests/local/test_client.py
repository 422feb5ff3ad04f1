"""A client that asks again until it is answered, as `make run` does when it seeds a machine that is busy."""

from collections.abc import Callable

import httpx
import pytest

from local.client import NotInTime, PatientClient, Refused

BUSY = {"code": "unavailable", "detail": "Everybody is busy."}


def asking(answer: Callable[[httpx.Request], httpx.Response], *, patience: float = 60) -> PatientClient:
    transport = httpx.MockTransport(answer)
    return PatientClient("http://product.test", patience=patience, http=httpx.Client(transport=transport))


def test_a_request_without_an_answer_is_repeated_with_its_key() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadError("gone")
        return httpx.Response(503, json=BUSY) if len(keys) == 2 else httpx.Response(200, json={"done": True})

    assert asking(answer).post("/v1/things", {}) == {"done": True}
    assert len(keys) == 3
    assert len(set(keys)) == 1


@pytest.mark.parametrize("code", ["request_in_progress", "rate_limited"])
def test_what_is_over_soon_is_waited_for(code: str) -> None:
    answers = iter([httpx.Response(409, json={"code": code}), httpx.Response(200, json=[])])
    assert asking(lambda _: next(answers)).get("/v1/things") == []


def test_a_refusal_is_raised_at_once() -> None:
    answers = iter([httpx.Response(422, json={"code": "invalid_request"})])
    with pytest.raises(Refused, match="invalid_request"):
        asking(lambda _: next(answers)).get("/v1/things")


def test_patience_ends_with_the_last_failure() -> None:
    with pytest.raises(NotInTime, match="Everybody is busy"):
        asking(lambda _: httpx.Response(503, json=BUSY), patience=0).get("/v1/things")
