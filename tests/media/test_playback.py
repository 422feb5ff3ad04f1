"""/v1/media/playback: watching counts by the clock, and 95 % is complete once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lodestar.contracts import media as contract
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests import gateway
from tests.bus import emitted
from tests.factories import learning as learning_rows
from tests.factories import media as rows
from tests.factories.identity import a_person, an_organization
from tests.gateway import Answer, Person
from tests.media.conftest import Clock

pytestmark = pytest.mark.usefixtures("product")
DURATION = 60_000
Watched = tuple[Person, UUID]


@pytest.fixture
def watched() -> Watched:
    """A learner with two stars, whose masterclass of a minute it is."""
    org_id = an_organization()
    author, learner = a_person(org_id, Role.ORG_STAFF), a_person(org_id)
    talks = [
        rows.an_asset(org_id, author.user_id, purpose="masterclass_video", duration_ms=DURATION)
        for _ in range(6)
    ]
    program = learning_rows.a_program(org_id, masterclass_assets=talks)
    learning_rows.an_enrollment(org_id, learner.user_id, program, stars=2)
    return learner, talks[0]


def report(person: Person, asset_id: UUID, *segments: tuple[int, int], position: int = 0) -> Answer:
    body = {
        "position_ms": position,
        "segments": [{"from_ms": start, "to_ms": end} for start, end in segments],
        "rate": 1.0,
    }
    return gateway.put(f"/v1/media/playback/{asset_id}", body, as_=person)


def open_player(person: Person, asset_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = gateway.post(f"/v1/media/assets/{asset_id}/playback-urls", {}, as_=person).expect(
        201
    )
    return found


def test_watching_at_twice_the_speed_completes_once(watched: Watched, time: Clock) -> None:
    learner, asset_id = watched
    open_player(learner, asset_id)
    for end in (20_000, 40_000, 60_000):
        time.forward(10)
        answer = report(learner, asset_id, (0, end), position=end).expect(200)
    assert (answer["covered_ms"], answer["percent"], answer["completed"]) == (DURATION, 100, True)
    assert answer["text"] == "You have completed this recording."
    time.forward(30)
    again = report(learner, asset_id, (0, 60_000), position=100).expect(200)
    assert (again["credited_ms"], again["completed_at"], again["position_ms"]) == (
        0, answer["completed_at"], 100,
    )  # fmt: skip
    (event,) = emitted(learner.org_id, "media.playback_completed")
    assert event["data"] == {"asset_id": str(asset_id), "learner_id": str(learner.user_id)}


def test_94_9_percent_is_not_complete_and_the_rest_makes_it_so(watched: Watched, time: Clock) -> None:
    learner, asset_id = watched
    open_player(learner, asset_id)
    time.forward(60)
    answer = report(learner, asset_id, (0, 56_940)).expect(200)
    assert (answer["percent"], answer["completed"], answer["needed_percent"]) == (94.9, False, 95)
    assert emitted(learner.org_id, "media.playback_completed") == []
    time.forward(1)
    assert report(learner, asset_id, (0, 57_000)).expect(200)["completed"] is True


def test_seeking_to_the_end_earns_nothing_but_the_moment(watched: Watched, time: Clock) -> None:
    learner, asset_id = watched
    open_player(learner, asset_id)
    time.forward(3600)
    answer = report(learner, asset_id, (59_500, 60_000), position=60_000).expect(200)
    assert (answer["covered_ms"], answer["completed"], answer["position_ms"]) == (500, False, 60_000)


def test_a_first_report_of_everything_is_bounded_by_the_clock(watched: Watched, time: Clock) -> None:
    learner, asset_id = watched
    answer = report(learner, asset_id, (0, DURATION), position=DURATION).expect(200)
    assert (answer["credited_ms"], answer["reason"], answer["completed"]) == (
        2_000, "faster_than_allowed", False,
    )  # fmt: skip
    assert "does not count" in answer["text"]
    assert report(learner, asset_id, (0, DURATION)).expect(200)["credited_ms"] == 0
    time.forward(5)
    assert report(learner, asset_id, (0, DURATION)).expect(200)["credited_ms"] == 10_000


def test_a_video_of_a_few_seconds_completes_when_it_is_watched(time: Clock) -> None:
    org_id = an_organization()
    staff = a_person(org_id, Role.ORG_STAFF)
    asset_id = rows.an_asset(org_id, staff.user_id, duration_ms=5_000)
    open_player(staff, asset_id)
    time.forward(2.5)
    assert report(staff, asset_id, (0, 5_000)).expect(200)["completed"] is True


def test_progress_never_goes_down_and_resumes(watched: Watched, time: Clock) -> None:
    learner, asset_id = watched
    open_player(learner, asset_id)
    time.forward(10)
    report(learner, asset_id, (0, 15_000), position=15_000).expect(200)
    time.forward(10)
    report(learner, asset_id, (3_000, 4_000), position=4_000).expect(200)
    found = gateway.get(f"/v1/media/playback/{asset_id}", as_=learner).expect(200)
    assert (found["covered_ms"], found["position_ms"], found["segments"]) == (15_000, 4_000, [[0, 15_000]])


def a_loop_of_its_own() -> None:
    """A Lambda's process has an event loop; so must a thread that plays one."""
    asyncio.set_event_loop(asyncio.new_event_loop())


def test_two_tabs_at_once_share_one_clock(watched: Watched, time: Clock) -> None:
    learner, asset_id = watched
    open_player(learner, asset_id)
    time.forward(5)
    tabs = [(0, 10_000), (20_000, 30_000), (40_000, 50_000), (30_000, 40_000)]
    with ThreadPoolExecutor(4, initializer=a_loop_of_its_own) as pool:
        answers = list(pool.map(lambda segment: report(learner, asset_id, segment).expect(200), tabs))
    assert sum(answer["credited_ms"] for answer in answers) == 12_000
    found = gateway.get(f"/v1/media/playback/{asset_id}", as_=learner).expect(200)
    assert found["covered_ms"] == 12_000


def test_a_locked_recording_is_403_and_says_what_opens_it() -> None:
    org_id = an_organization()
    author, learner = a_person(org_id, Role.ORG_STAFF), a_person(org_id)
    talk = rows.an_asset(org_id, author.user_id, purpose="masterclass_video")
    program = learning_rows.a_program(org_id, masterclass_assets=[talk])
    learning_rows.an_enrollment(org_id, learner.user_id, program, stars=1)
    for answer in (
        report(learner, talk, (0, 100)),
        gateway.get(f"/v1/media/playback/{talk}", as_=learner),
        gateway.post(f"/v1/media/assets/{talk}/playback-urls", {}, as_=learner),
        gateway.get(f"/v1/media/assets/{talk}/transcript", as_=learner),
    ):
        assert (answer.status, answer.json["code"]) == (403, "module_locked")
        assert answer.json["required_star"] == 2
    with work_for(org_id) as session:
        assert contract.playbacks(session, learner_id=learner.user_id, asset_ids=[talk]) == {}


def test_without_an_enrollment_and_from_another_tenant_it_is_absent(watched: Watched) -> None:
    learner, asset_id = watched
    for stranger in (a_person(learner.org_id), a_person(an_organization(), Role.ORG_ADMIN)):
        assert report(stranger, asset_id, (0, 100)).status == 404
        assert gateway.get(f"/v1/media/playback/{asset_id}", as_=stranger).status == 404
    assert report(learner, new_id(), (0, 100)).status == 404


def test_an_organization_that_is_taught_with_a_recording_plays_it(time: Clock) -> None:
    writer, college = an_organization("partner"), an_organization()
    author, learner = a_person(writer, Role.ORG_STAFF), a_person(college)
    talk = rows.an_asset(writer, author.user_id, purpose="masterclass_video")
    program = learning_rows.a_program(writer, assigned_to=[college], masterclass_assets=[talk])
    learning_rows.an_enrollment(college, learner.user_id, program, stars=2)
    open_player(learner, talk)
    time.forward(30)
    assert report(learner, talk, (0, 60_000)).expect(200)["completed"] is True
    views = f"/v1/media/assets/{talk}/views?include=total"
    seen = gateway.get(views, as_=a_person(college, Role.ORG_STAFF)).expect(200)
    assert [(v["learner_id"], v["percent"]) for v in seen["data"]] == [(str(learner.user_id), 100)]
    assert gateway.get(views, as_=author).expect(200)["page"]["total"] == 0
    interview = rows.an_asset(writer, author.user_id, purpose="interview_video")
    assert gateway.get(f"/v1/media/assets/{interview}", as_=learner).status == 404


def test_segments_that_go_backwards_are_refused(watched: Watched) -> None:
    learner, asset_id = watched
    answer = report(learner, asset_id, (500, 100))
    assert (answer.status, answer.json["code"]) == (422, "invalid_content")


def test_the_data_layer_refuses_less_playback_and_a_completion_without_coverage(watched: Watched) -> None:
    learner, asset_id = watched
    rows.played(learner.org_id, learner.user_id, asset_id, percent=94.9, duration_ms=DURATION)
    for statement, guard in (
        ("UPDATE media.playback_segments SET segments = '[[0, 10]]'", "playback_goes_up"),
        (
            "INSERT INTO media.playback_completions (asset_id, learner_id, covered_ms, duration_ms) "
            f"VALUES ('{asset_id}', '{learner.user_id}', 60000, 60000)",
            "coverage_needed",
        ),
        (
            "INSERT INTO media.playback_completions (asset_id, learner_id, covered_ms, duration_ms) "
            f"VALUES ('{asset_id}', '{learner.user_id}', 100, 100)",
            "coverage_needed",
        ),
    ):
        with pytest.raises(DBAPIError, match=guard), work_for(learner.org_id) as session:
            session.execute(text(statement))
