"""/v1/media/assets: what staff do with files, and who reads their bytes and words."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import av
import httpx
import pytest
from sqlalchemy import text

from lodestar.adapters.storage import object_store
from lodestar.db import work_for
from lodestar.principal import Role
from media.schedules import purge_assets
from media.service import processing
from tests import gateway
from tests.bus import emitted
from tests.factories import media as rows
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person
from tests.media import flows
from tests.media.conftest import Clock
from tests.media.files import SIZE, short_clip
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
WORDS = "A written transcript wins over any model's."


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def url(asset_id: UUID | str, rest: str = "") -> str:
    return f"{flows.ASSETS}/{asset_id}{rest}"


def test_staff_list_their_organizations_files_and_learners_their_own(staff: Person) -> None:
    learner = a_person(staff.org_id)
    lesson = rows.an_asset(staff.org_id, staff.user_id)
    interview = rows.an_asset(staff.org_id, learner.user_id, purpose="interview_video")

    def listed(person: Person, query: str = "") -> list[str]:
        return [a["id"] for a in gateway.get(f"{flows.ASSETS}{query}", as_=person).expect(200)["data"]]

    assert listed(staff) == [str(interview), str(lesson)]
    assert listed(staff, "?purpose=lesson_video") == [str(lesson)]
    assert listed(staff, f"?owner_id={learner.user_id}&state=ready") == [str(interview)]
    assert listed(learner) == [str(interview)]
    assert listed(learner, f"?owner_id={staff.user_id}") == []
    assert listed(a_person(an_organization(), Role.ORG_ADMIN)) == []


def test_a_title_changes_under_its_version_only(staff: Person) -> None:
    asset_id = rows.an_asset(staff.org_id, staff.user_id)
    tag = gateway.get(url(asset_id), as_=staff).headers["etag"]
    body = {"title": "A better title", "language": "en"}
    changed = gateway.patch(url(asset_id), body, as_=staff, headers={"If-Match": tag})
    assert changed.expect(200)["title"] == "A better title"
    assert gateway.patch(url(asset_id), body, as_=staff, headers={"If-Match": tag}).status == 412
    assert gateway.patch(url(asset_id), {"duration_ms": 1}, as_=staff).status == 422
    assert gateway.patch(url(asset_id), body, as_=a_person(staff.org_id)).status == 403
    assert gateway.patch(url(asset_id), body, as_=a_person(an_organization(), Role.ORG_STAFF)).status == 404


def test_a_link_plays_the_file_and_lives_a_day_at_most(staff: Person, simulators: Simulators) -> None:
    asset_id = flows.an_upload(staff, short_clip(), purpose="masterclass_video")
    answer = gateway.post(url(asset_id, "/playback-urls"), {}, as_=staff)
    assert answer.headers["cache-control"] == "no-store"
    assert httpx.get(answer.expect(201)["url"]).content == short_clip()
    too_long = {"expires_seconds": 24 * 3600 + 1}
    assert gateway.post(url(asset_id, "/playback-urls"), too_long, as_=staff).status == 422


def test_a_preview_of_staff_is_no_view(staff: Person) -> None:
    asset_id = rows.an_asset(staff.org_id, staff.user_id, purpose="masterclass_video")
    for _ in range(2):
        previewed = gateway.post(url(asset_id, "/playback-urls"), {"preview": True}, as_=staff).expect(201)
        assert previewed["url"]
    assert gateway.get(url(asset_id, "/views"), as_=staff).expect(200)["data"] == []
    gateway.post(url(asset_id, "/playback-urls"), {}, as_=staff).expect(201)
    (view,) = gateway.get(url(asset_id, "/views"), as_=staff).expect(200)["data"]
    assert view["clicks"] == 1
    refused = gateway.post(url(asset_id, "/playback-urls"), {"preview": True}, as_=a_person(staff.org_id))
    assert refused.status == 403


def test_each_click_on_a_recording_is_logged_with_how_long_it_was_watched(staff: Person) -> None:
    """SB-06. A request that is repeated under its Idempotency-Key is the same click."""
    asset_id = rows.an_asset(staff.org_id, staff.user_id, purpose="masterclass_video")
    rows.played(staff.org_id, staff.user_id, asset_id, percent=40)
    for key in ("one", "two", "two"):
        headers = {"Idempotency-Key": key}
        gateway.post(url(asset_id, "/playback-urls"), {}, as_=staff, headers=headers).expect(201)
    (view,) = gateway.get(url(asset_id, "/views"), as_=staff).expect(200)["data"]
    assert (view["learner_id"], view["clicks"], view["covered_ms"]) == (str(staff.user_id), 2, 24_000)


def test_a_recordings_poster_is_a_picture_of_it_and_an_interview_has_none(
    staff: Person, simulators: Simulators
) -> None:
    asset_id = flows.an_upload(staff, short_clip(), purpose="masterclass_video")
    found = gateway.get(url(asset_id), as_=staff).expect(200)
    picture = httpx.get(found["poster_url"]).raise_for_status()
    assert picture.headers["content-type"] == "image/jpeg"
    with av.open(BytesIO(picture.content), "r") as opened:
        frame = next(opened.decode(video=0))
        assert (frame.width, frame.height) == SIZE
    learner = a_person(staff.org_id)
    flows.consent(learner)
    interview = flows.an_upload(learner, short_clip())
    assert gateway.get(url(interview), as_=learner).expect(200)["poster_url"] is None


def test_a_deleted_file_is_gone_at_once_and_its_bytes_within_30_days(staff: Person, time: Clock) -> None:
    upload = flows.begin(staff, purpose="lesson_video").expect(201)
    flows.arrive(staff, upload, short_clip())
    asset_id, prefix = upload["asset_id"], f"{staff.org_id}/lesson_video/{upload['asset_id']}/"
    assert gateway.delete(url(asset_id), as_=a_person(staff.org_id)).status == 403
    assert gateway.delete(url(asset_id), as_=staff).status == 204
    assert gateway.get(url(asset_id), as_=staff).status == 404
    assert gateway.delete(url(asset_id), as_=staff).status == 404
    purge_assets.handler({}, None)
    assert len(object_store().list_objects(prefix).objects) == 1
    with work_for(staff.org_id) as session:
        session.execute(text("UPDATE media.media_assets SET retain_until = now() - interval '1 minute'"))
    time.forward(timedelta(days=8).total_seconds())
    assert purge_assets.handler({}, None)["assets"] >= 1
    assert object_store().list_objects(prefix).objects == ()
    noted = [entry["data"]["action"] for entry in emitted(staff.org_id, "backbone.audit_recorded")]
    assert noted == ["upload.received", "asset.deleted"]


def a_written(staff: Person, asset_id: UUID | str, **more: Any) -> dict[str, Any]:
    body = {"text": WORDS, "language": "en", **more}
    written: dict[str, Any] = gateway.patch(url(asset_id, "/transcript"), body, as_=staff).expect(200)
    return written


def test_a_written_transcript_is_never_replaced_by_a_model(staff: Person, simulators: Simulators) -> None:
    upload = flows.begin(staff, purpose="lesson_video").expect(201)
    asset_id = upload["asset_id"]
    a_written(staff, asset_id)
    flows.arrive(staff, upload, short_clip())
    flows.process(staff.org_id, asset_id)
    kept = gateway.get(url(asset_id, "/transcript"), as_=staff).expect(200)
    assert (kept["source"], kept["text"], kept["state"]) == ("person", WORDS, "ready")
    assert simulators.sent("openai") == []
    answer = gateway.post(url(asset_id, "/transcriptions"), {}, as_=staff)
    assert (answer.status, answer.json["code"]) == (409, "transcript_by_person")
    assert len(emitted(staff.org_id, "media.transcript_ready")) == 1


def test_words_written_while_a_model_listens_win(staff: Person, simulators: Simulators) -> None:
    upload = flows.begin(staff, purpose="lesson_video").expect(201)
    asset_id = upload["asset_id"]
    flows.arrive(staff, upload, short_clip())
    for name in ("claim_processing", "probe", "extract_sound", "transcribe"):
        flows.step(name, staff.org_id, asset_id)
    a_written(staff, asset_id)
    flows.step("finish_processing", staff.org_id, asset_id, speech="ready")
    assert gateway.get(url(asset_id, "/transcript"), as_=staff).expect(200)["source"] == "person"


def test_captions_are_a_file_that_players_read(staff: Person) -> None:
    asset_id = rows.an_asset(staff.org_id, staff.user_id)
    assert gateway.get(url(asset_id, "/captions.vtt"), as_=staff).status == 404
    long = "Words that do not fit on one line of captions are broken over two of them."
    cues = [
        {"start_ms": 3_661_001, "end_ms": 3_662_000, "text": long},
        {"start_ms": 0, "end_ms": 1_500, "text": "a < b & c --> d"},
    ]
    a_written(staff, asset_id, cues=cues)
    assert gateway.get(url(asset_id, "/captions.vtt?language=en"), as_=staff).text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\na &lt; b &amp; c --&gt; d\n\n"
        "01:01:01.001 --> 01:01:02.000\nWords that do not fit on one line of\ncaptions are broken over two of them.\n"
    )
    assert gateway.get(url(asset_id, "/captions.vtt?language=de"), as_=staff).status == 404
    wrong = [{"start_ms": 5, "end_ms": 5, "text": "x"}]
    body = {"text": WORDS, "cues": wrong}
    assert gateway.patch(url(asset_id, "/transcript"), body, as_=staff).status == 422


def test_transcribing_and_processing_again_answer_an_operation_that_ends(
    staff: Person, simulators: Simulators
) -> None:
    asset_id = flows.an_upload(staff, short_clip(), purpose="lesson_video")
    for noun in ("transcriptions", "processings"):
        answer = gateway.post(url(asset_id, f"/{noun}"), {}, as_=staff)
        operation = answer.expect(202)["operation_id"]
        assert answer.headers["location"] == f"/v1/identity/operations/{operation}"
        flows.process(staff.org_id, asset_id)
        with work_for(staff.org_id) as session:
            status = session.scalar(
                text("SELECT status FROM backbone.operations WHERE id = :id"), {"id": UUID(operation)}
            )
        assert status == "succeeded"
    assert len(emitted(staff.org_id, "media.processing_requested")) == 2
    assert gateway.get(url(asset_id), as_=staff).expect(200)["state"] == "ready"
    pending = flows.begin(staff, purpose="lesson_video").expect(201)["asset_id"]
    assert gateway.post(url(pending, "/processings"), {}, as_=staff).json["code"] == "nothing_to_process"
    assert gateway.post(url(pending, "/transcriptions"), {}, as_=staff).json["code"] == "asset_not_ready"


def test_an_operation_tells_how_far_the_processing_is(staff: Person, simulators: Simulators) -> None:
    asset_id = flows.an_upload(staff, short_clip(), purpose="lesson_video")
    answer = gateway.post(url(asset_id, "/processings"), {}, as_=staff)
    told = f"/v1/identity/operations/{answer.expect(202)['operation_id']}"
    assert gateway.get(told, as_=staff).expect(200)["status"] == "pending"
    assert processing.claim(staff.org_id, UUID(str(asset_id)), execution="e-1") != "nothing"
    operation = gateway.get(told, as_=staff).expect(200)
    assert (operation["status"], operation["progress_percent"]) == ("running", 10)
    assert operation["message"] == "We are looking at the file."


def test_an_interview_is_seen_by_its_learner_and_staff_and_by_no_peer(staff: Person) -> None:
    learner, peer = a_person(staff.org_id), a_person(staff.org_id)
    asset_id = rows.an_asset(staff.org_id, learner.user_id, purpose="interview_video")
    rows.a_transcript(staff.org_id, asset_id, "My answer.", source="model")
    foreigner = a_person(an_organization(), Role.ORG_ADMIN)
    for rest in ("", "/transcript"):
        assert gateway.get(url(asset_id, rest), as_=learner).status == 200
        assert gateway.get(url(asset_id, rest), as_=staff).status == 200
        assert gateway.get(url(asset_id, rest), as_=peer).status == 404
        assert gateway.get(url(asset_id, rest), as_=foreigner).status == 404


def test_views_may_be_asked_for_those_who_are_done(staff: Person) -> None:
    asset_id = rows.an_asset(staff.org_id, staff.user_id)
    done, begun = a_person(staff.org_id), a_person(staff.org_id)
    rows.played(staff.org_id, done.user_id, asset_id)
    rows.played(staff.org_id, begun.user_id, asset_id, percent=40)

    def seen(query: str) -> list[str]:
        views = gateway.get(url(asset_id, f"/views{query}"), as_=staff).expect(200)["data"]
        return [view["learner_id"] for view in views]

    assert seen("") == [str(begun.user_id), str(done.user_id)]
    assert seen("?completed=true") == [str(done.user_id)]
    assert seen("?completed=false") == [str(begun.user_id)]
    assert gateway.get(url(asset_id, "/views"), as_=done).status == 403
