"""R2: twins of every POST, at the same time, have one effect and get one answer.

What a request changes is measured once by itself, in an organization of its own; its twins must change as much.
"""

import fcntl
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from lodestar import idempotency, limits
from lodestar.ids import new_id
from tests.gateway import Answer
from tests.proof import WHOLE, Proof, size
from tests.security.posts import REPEATABLE, requests
from tests.security.twins import Request, State, Vendors, many_connections
from tests.security.world import World, a_full_organization

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
KEYS = size(slice=40, whole=500)
TWINS = size(slice=4, whole=64)
FEW_TWINS = 4
"""Enough for a control: without its defence each of them has its effect, and 64 would use up the caller's rates."""
SEVERAL = ("registrations", "email-verifications", "invitations/{token}", "of an interview", "media/uploads")
"""The requests of several transactions."""
TEXTS = ("title", "display_name", "name", "reason", "filename", "email", "code")
SERVER_ERRORS = 500
Effect = Counter[str]


@pytest.fixture(scope="module")
def patched() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module", autouse=True)
def threads(patched: pytest.MonkeyPatch, product: None) -> Iterator[None]:
    with many_connections(patched):
        yield


@pytest.fixture(scope="module")
def vendors(patched: pytest.MonkeyPatch) -> Vendors:
    return Vendors(patched)


@pytest.fixture(scope="module")
def alone(vendors: Vendors, threads: None, run_directory: Path) -> dict[str, Effect]:
    """What each request changes by itself. All succeed. The first worker that asks finds it out for all of them: it
    takes as long as a suite."""
    kept = run_directory / "effects.json"
    with (run_directory / "effects.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(effects_alone(vendors)))
    return {name: Counter(effect) for name, effect in json.loads(kept.read_text()).items()}


def effects_alone(vendors: Vendors) -> dict[str, Effect]:
    """What each request changes that is sent once, by its name."""
    found: dict[str, Effect] = {}
    for name, _, (answer,), effect in effects(a_full_organization(), vendors, lambda once: [once.send()]):
        assert answer.status < 300, f"{name}: {answer.status} {answer.text}"
        found[name] = effect
    return found


def effects(
    world: World,
    vendors: Vendors,
    send: Callable[[Request], list[Answer]],
    *,
    only: Callable[[str], bool] = bool,
) -> Iterator[tuple[str, Request, list[Answer], Effect]]:
    """Every request by its name, with what `send` got for it, and what that changed."""
    for name, prepare in requests(world):
        if not only(name):
            continue
        request = prepare()
        org_id = request.person.org_id if request.person and request.person.memberships else world.org_id
        before = State.now(org_id, request.person, vendors)
        answers = send(request)
        yield name, request, answers, State.now(org_id, request.person, vendors).since(before)


def in_twins(request: Request) -> list[Answer]:
    return request.twins(FEW_TWINS, idempotency_key=str(new_id()))


def content(answer: Answer) -> tuple[Any, ...]:
    """What must be the same: all but signatures, which an answer that is made anew bears fresh ones of."""
    kept = answer.headers.get("etag"), answer.headers.get("location")
    if answer.headers.get("cache-control") == "no-store":
        return (answer.status, json.dumps(unsigned(answer.json)), *kept)
    return (answer.status, answer.text, *kept)


def unsigned(value: Any) -> Any:
    """The answer without what signing adds to a form, and to a link that lives from now on."""
    if isinstance(value, list):
        return [unsigned(entry) for entry in value]
    if isinstance(value, dict):
        added = {"expires_at"} if "url" in value else set()
        return {
            name: unsigned(entry)
            for name, entry in value.items()
            if name not in {"policy"} | added and not name.startswith("x-amz-")
        }
    return value.partition("X-Amz-Algorithm=")[0] if isinstance(value, str) else value


def disagreement(answers: list[Answer]) -> str | None:
    """None when all got the one answer; a secret is told once, and the others hear so."""
    shown = [a for a in answers if not (a.status == 409 and a.json["code"] == "secret_already_shown")]
    if len(shown) < len(answers) and len(shown) != 1:
        return f"{len(shown)} saw the secret"
    different = Counter(map(content, shown))
    return None if len(different) == 1 else f"{len(different)} answers: {[a[:2] for a in different]}"


def wrong_with(name: str, answers: list[Answer], effect: Effect, expected: Effect) -> Iterator[str]:
    if different := disagreement(answers):
        yield f"{name}: {different}"
    if effect != expected:
        yield f"{name}: changed {dict(effect)}, alone {dict(expected)}"


def other_content(request: Request) -> Request:
    """The same call with another body that is as acceptable: another text where there is one, else other bytes."""
    for field in TEXTS:
        if isinstance(request.body, dict) and isinstance(request.body.get(field), str):
            first, rest = request.body[field][0], request.body[field][1:]
            return replace(request, body={**request.body, field: f"{'2' if first == '1' else '1'}{rest}"})
    return replace(request, body="{}" if request.body is None else json.dumps(request.body) + " ")


def is_of_several_transactions(name: str) -> bool:
    return any(part in name for part in SEVERAL)


def is_sampled(name: str) -> bool:
    """All of them, or for a slice about one in four."""
    return WHOLE or len(name) % 4 == 0


def worlds(keys: int) -> Iterator[World]:
    """As many as it takes to use so many keys."""
    a_world = a_full_organization()
    yield a_world
    for _ in range(1, ceil(keys / len(list(requests(a_world))))):
        yield a_full_organization()


def test_twins_of_every_post_have_one_effect_and_one_answer(
    proof: Proof, vendors: Vendors, alone: dict[str, Effect]
) -> None:
    wrong: list[str] = []
    refused: list[tuple[str, str]] = []

    def twins_and_another(request: Request) -> list[Answer]:
        key = str(new_id())
        answers = request.twins(TWINS, idempotency_key=key)
        other = other_content(request).send(idempotency_key=key)
        refused.append((request.url, f"{other.status} {(other.json or {}).get('code')}"))
        return answers

    keys = 0
    for world in worlds(KEYS):
        for name, _, answers, effect in effects(world, vendors, twins_and_another):
            keys += 1
            wrong += wrong_with(name, answers, effect, alone[name])
    proof.found("R2", f"twins of every POST, {TWINS} at once", tried=keys * TWINS, wrong=wrong)
    taken = [f"{url}: {code}" for url, code in refused if code != "422 idempotency_key_reused"]
    proof.found("R2", "same key, other body", tried=len(refused), wrong=taken)


def test_control_without_keys_twins_change_more(
    proof: Proof, vendors: Vendors, alone: dict[str, Effect], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = idempotency.claim_of
    monkeypatch.setattr(idempotency, "claim_of", lambda **request: honest(**request | {"key": str(new_id())}))
    tried, caught = wrong_twins(vendors, alone, only=is_sampled)
    proof.control("R2", "no key is claimed", tried=tried, caught=caught)


def test_control_without_a_lease_twins_work_while_a_vendor_is_asked(
    proof: Proof, vendors: Vendors, alone: dict[str, Effect], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LEASE_SECONDS", -1)
    tried, caught = wrong_twins(vendors, alone, only=is_of_several_transactions)
    proof.control("R2", "no lease", tried=tried, caught=caught)


def test_control_a_doubled_spend_is_a_doubled_effect(
    proof: Proof, vendors: Vendors, alone: dict[str, Effect], monkeypatch: pytest.MonkeyPatch
) -> None:
    spend = limits.spend

    def twice(*spending: Any, **bucket: Any) -> None:
        for _ in range(2):
            spend(*spending, **bucket)

    monkeypatch.setattr(limits, "spend", twice)
    tried, caught = wrong_twins(vendors, alone, only=lambda name: "media/uploads " in name)
    proof.control("R2", "tokens are spent twice", tried=tried, caught=caught)


def wrong_twins(
    vendors: Vendors, alone: dict[str, Effect], *, only: Callable[[str], bool]
) -> tuple[int, int]:
    """How many requests' twins were tried, and of how many something was wrong."""
    found = [
        bool(list(wrong_with(name, answers, effect, alone[name])))
        for name, _, answers, effect in effects(a_full_organization(), vendors, in_twins, only=only)
    ]
    return len(found), sum(found)


def test_a_double_click_without_a_key_is_stopped_by_natural_keys(
    proof: Proof, vendors: Vendors, alone: dict[str, Effect]
) -> None:
    wrong, tried = [], 0
    for name, _, answers, effect in effects(a_full_organization(), vendors, in_pairs, only=is_sampled):
        tried += 1
        doubled = effect != alone[name] and name not in REPEATABLE
        if doubled or any(a.status >= SERVER_ERRORS for a in answers):
            wrong.append(f"{name}: {[a.status for a in answers]} {dict(effect)}, alone {dict(alone[name])}")
    proof.found("R2", "double clicks without a key", tried=tried, wrong=wrong)


def in_pairs(request: Request) -> list[Answer]:
    return request.twins(2)
