"""R2: of changes to one version at the same time one wins; a request that SIGKILL ends is completed once."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from lodestar import db, idempotency
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.factories.identity import a_person
from tests.gateway import Answer, get, post
from tests.proof import Proof, size
from tests.resilience.faults import in_a_process
from tests.security.twins import Request, many_connections
from tests.security.world import World, a_full_organization

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
RACERS = size(slice=8, whole=64)
BANKS = "/v1/assessment/item-banks"
UPLOADS = "/v1/media/uploads"
TOGETHER = {"title": "Renamed"}


@pytest.fixture(scope="module")
def world(product: None) -> World:
    return a_full_organization()


@pytest.fixture
def threads(product: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with many_connections(monkeypatch):
        yield


def changes(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address of a row of every kind that bears a version and can be changed by itself, and a change."""
    prompt = {"purpose": "exam", "system_prompt": "Write.", "input_prompt": f"Write {uuid4()}."}
    made = post("/v1/assessment/prompt-templates", prompt, as_=world.admin).expect(201)
    yield f"/v1/assessment/prompt-templates/{made['id']}", {"active": False}
    for table, url, change in (
        ("assessment.item_banks", BANKS, TOGETHER),
        ("assessment.rubrics", "/v1/assessment/rubrics", TOGETHER),
        ("assessment.assessments", "/v1/assessment/assessments", TOGETHER),
        ("learning.programs", "/v1/learning/programs", TOGETHER),
        ("learning.masterclasses", "/v1/learning/masterclasses", TOGETHER),
        ("media.media_assets", "/v1/media/assets", TOGETHER),
        ("identity.organizations", "/v1/identity/organizations", {"name": "Renamed"}),
    ):
        yield f"{url}/{world.rows[table][0]['id']}", change


def test_of_changes_to_one_version_one_wins(proof: Proof, world: World, threads: None) -> None:
    wrong, tried = [], 0
    for url, change in changes(world):
        before = get(url, as_=world.admin)
        stamped = {"If-Match": before.headers["etag"]}
        answers = Request("PATCH", url, world.admin, change, stamped).twins(RACERS)
        after = get(url, as_=world.admin).headers["etag"]
        tried += len(answers)
        wrong += [f"{url}: {fault}" for fault in faults(answers, before.headers["etag"], after)]
    proof.found("R2", f"If-Match, {RACERS} changes of one version", tried=tried, wrong=wrong)


def test_control_without_versions_all_win(proof: Proof, world: World, threads: None) -> None:
    url, change = next(changes(world))
    before = get(url, as_=world.admin).headers["etag"]
    answers = Request("PATCH", url, world.admin, change).twins(RACERS)
    caught = len(list(faults(answers, before, get(url, as_=world.admin).headers["etag"])))
    proof.control("R2", "no If-Match is sent", tried=RACERS, caught=caught)


def faults(answers: list[Answer], before: str, after: str) -> Iterator[str]:
    statuses = sorted(answer.status for answer in answers)
    if statuses != [200, *[412] * (len(answers) - 1)]:
        yield f"answered {statuses}"
    if int(after.strip('"')) != int(before.strip('"')) + 1:
        yield f"from version {before} to {after}"


def test_the_same_key_of_another_caller_is_another_request(proof: Proof, world: World) -> None:
    key = str(new_id())
    colleague = a_person(world.org_id, Role.ORG_ADMIN)
    made = [a_bank(world).send(idempotency_key=key).expect(201)["id"]]
    made.append(
        Request("POST", BANKS, colleague, a_bank(world).body).send(idempotency_key=key).expect(201)["id"]
    )
    proof.found("R2", "one key of two callers", tried=2, wrong=made if made[0] == made[1] else [])


def a_bank(world: World) -> Request:
    return Request("POST", BANKS, world.admin, {"key": f"bank-{uuid4().hex}", "title": "A bank"})


def an_upload(world: World) -> Request:
    body = {"purpose": "lesson_video", "size_bytes": 300_000_000, "content_type": "video/webm"}
    return Request("POST", UPLOADS, world.admin, {**body, "filename": f"{uuid4()}.webm"})


def test_a_request_that_sigkill_ends_is_completed_once(
    proof: Proof, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every commit, and at every call of a vendor, of a request of one transaction and of one of several."""
    monkeypatch.setattr(idempotency, "LEASE_SECONDS", 0)
    wrong, tried = [], 0
    for make, table in ((a_bank, "assessment.item_banks"), (an_upload, "media.uploads")):
        passed = in_a_process(partial(status, make(world), str(new_id())))
        assert passed.answer == 201
        for nth, point in enumerate(passed.points, start=1):
            request, key, before = make(world), str(new_id()), count(world, table)
            ended = in_a_process(partial(status, request, key), dies_at=nth)
            first, second = (request.send(idempotency_key=key) for _ in range(2))
            tried += ended.killed
            done = count(world, table) - before
            if (first.status, second.status, done) != (201, 201, 1) or first.json["id"] != second.json["id"]:
                wrong.append(f"{table}, {point}: {first.status}, {second.status}, done {done} times")
    proof.found("R2", "requests that SIGKILL ended, repeated", tried=tried, wrong=wrong)
    assert tried > 5


def status(request: Request, key: str) -> int:
    return request.send(idempotency_key=key).status


def count(world: World, table: str) -> int:
    with db.work_for(world.org_id) as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
