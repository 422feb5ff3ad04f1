"""A program that is assigned opens what it teaches, to those who are taught with it, and nothing else."""

from functools import partial

import pytest

from lodestar.principal import Role
from tests import bus
from tests.gateway import Person, get, patch, post
from tests.security.catalogue import visible_to
from tests.security.probing import listed, probed, told
from tests.security.world import World, a_full_organization

ENROLLMENTS = "/v1/learning/enrollments"
PLAYING = {
    "GET /v1/media/assets/{asset_id} [path: asset_id]",
    "GET /v1/media/assets/{asset_id}/transcript [path: asset_id]",
    "GET /v1/media/assets/{asset_id}/captions.vtt [path: asset_id]",
    "GET /v1/media/playback/{asset_id} [path: asset_id]",
    "PUT /v1/media/playback/{asset_id} [path: asset_id]",
    "POST /v1/media/assets/{asset_id}/playback-urls [path: asset_id]",
}
ENROLLED = {
    "GET /v1/learning/enrollments [query: program_id]",
    "PATCH /v1/learning/enrollments/{enrollment_id} [body: background_id]",
    "POST /v1/assessment/attempts [body: assessment_id]",
}
OPENED = {
    "learner": PLAYING
    | ENROLLED
    | {
        "GET /v1/assessment/assessments [query: module_id]",
        "GET /v1/assessment/assessments/{assessment_id} [path: assessment_id]",
        "GET /v1/assessment/backgrounds/{background_id} [path: background_id]",
        "GET /v1/learning/lessons [query: module_id]",
        "GET /v1/learning/lessons/{lesson_id} [path: lesson_id]",
        "GET /v1/learning/masterclasses [query: program_id]",
        "GET /v1/learning/masterclasses/{masterclass_id} [path: masterclass_id]",
        "GET /v1/learning/modules [query: program_id]",
        "GET /v1/learning/modules/{module_id} [path: module_id]",
        "GET /v1/learning/resources [query: lesson_id]",
        "GET /v1/learning/resources/{resource_id} [path: resource_id]",
        "POST /v1/learning/resources/{resource_id}/downloads [path: resource_id]",
    },
    "admin": PLAYING
    | ENROLLED
    | {
        "GET /v1/insights/activity [query: program_id]",
        "GET /v1/insights/learners [query: background_id]",
        "GET /v1/insights/learners [query: program_id]",
        "GET /v1/insights/metrics/{name} [query: program_id]",
        "GET /v1/learning/program-assignments [query: program_id]",
        "POST /v1/learning/cohorts [body: program_id]",
        "POST /v1/insights/exports [body: background_id]",
        "POST /v1/insights/exports [body: program_id]",
        "POST /v1/insights/report-schedules [body: program_id]",
        "PATCH /v1/insights/report-schedules/{schedule_id} [body: program_id]",
        "POST /v1/learning/enrollments [body: program_id]",
        "POST /v1/messaging/batches [body: program_id]",
        "GET /v1/media/assets/{asset_id}/views [path: asset_id]",
    },
}
"""All that an assignment lets a learner, and an administrator, of the other organization reach by ids of its author."""


@pytest.fixture(scope="module")
def taught(theirs: World) -> World:
    """An organization that A's program is assigned to, and whose learners are on it, one with a background of A's."""
    world = a_full_organization()
    platform = Person(world.admin.user_id, {world.org_id: frozenset({Role.PLATFORM_ADMIN})})
    body = {"program_id": theirs.rows["learning.programs"][0]["id"]}
    post("/v1/learning/program-assignments", body, as_=platform).expect(201)
    bus.deliver(world.org_id)
    (enrollment,) = get(f"{ENROLLMENTS}?program_id={body['program_id']}", as_=world.learner).expect(200)[
        "data"
    ]
    chosen = {"background_id": theirs.rows["assessment.backgrounds"][0]["id"]}
    patch(f"{ENROLLMENTS}/{enrollment['id']}", chosen, as_=world.learner).expect(200)
    return world


@pytest.mark.parametrize("role", ["learner", "admin"])
def test_an_assignment_opens_these_and_no_others(role: str, taught: World, theirs: World) -> None:
    ask = partial(told, asker=getattr(taught, role), home=taught, abroad=theirs)
    opened = {str(slot): tells for slot in probed() if (tells := ask(slot))}
    closed = {slot: tells for slot, tells in opened.items() if slot not in OPENED[role]}
    assert not closed, listed(closed)
    assert opened.keys() == OPENED[role]
    assert visible_to(theirs.org_id) == theirs.rows


@pytest.mark.parametrize("role", ["learner", "admin"])
def test_the_learners_of_its_author_stay_unseen(role: str, taught: World, theirs: World) -> None:
    ask = partial(told, asker=getattr(taught, role), home=taught, abroad=theirs, owner=theirs.learner)
    faults = {str(slot): tells for slot in probed() if (tells := ask(slot))}
    assert not faults, listed(faults)


def test_files_that_the_program_does_not_show_stay_unseen(taught: World, theirs: World) -> None:
    shown = {
        row["asset_id"]
        for table in ("lessons", "masterclasses", "resources")
        for row in theirs.rows[f"learning.{table}"]
    }
    statuses = {
        (row["id"] in shown, get(f"/v1/media/assets/{row['id']}", as_=taught.admin).status)
        for row in theirs.rows["media.media_assets"]
    }
    assert statuses == {(True, 200), (False, 404)}
