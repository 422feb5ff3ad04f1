"""process_media, step by step: what a file really is, what is said in it, and what its owner is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.adapters.ai import AllModelsFailed
from lodestar.adapters.storage import object_store
from lodestar.db import work_for
from lodestar.principal import NOBODY, Role
from media.service.processing import ClaimLost
from tests import gateway
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person
from tests.media import flows
from tests.media.conftest import Clock
from tests.media.files import INTERVIEW, PAGE, a_video, short_clip
from tests.security.corpora.files import pdf
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
Make = Callable[[Path], bytes]


@pytest.fixture
def learner() -> Person:
    """A learner who agreed to be recorded."""
    person = a_person(an_organization())
    flows.consent(person)
    return person


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def received(person: Person, data: bytes, **fields: Any) -> str:
    """An upload that has arrived and was not processed yet; answers its asset's id."""
    upload = flows.begin(person, **fields).expect(201)
    flows.arrive(person, upload, data)
    return str(upload["asset_id"])


def asset(person: Person, asset_id: str) -> dict[str, Any]:
    found: dict[str, Any] = gateway.get(f"{flows.ASSETS}/{asset_id}", as_=person).expect(200)
    return found


def test_a_spoken_interview_becomes_an_asset_with_transcript_and_captions(
    learner: Person, simulators: Simulators
) -> None:
    asset_id = flows.an_upload(learner, INTERVIEW.read_bytes())
    ready = asset(learner, asset_id)
    assert (ready["state"], ready["duration_ms"], ready["content_type"]) == ("ready", 44_000, "video/webm")
    assert ready["retain_until"] is not None
    transcript = gateway.get(f"{flows.ASSETS}/{asset_id}/transcript", as_=learner).expect(200)
    assert (transcript["state"], transcript["source"], transcript["model"]) == (
        "ready", "model", "offline-whisper-1",
    )  # fmt: skip
    assert "lead of a small team" in transcript["text"]
    captions = gateway.get(f"{flows.ASSETS}/{asset_id}/captions.vtt", as_=learner)
    assert captions.status == 200
    assert captions.headers["content-type"].startswith("text/vtt")
    assert captions.text.startswith("WEBVTT\n\n00:00:0")
    assert [e["name"] for e in emitted(learner.org_id) if e["name"].startswith("media.")] == [
        "media.upload_received", "media.transcript_ready", "media.asset_ready",
    ]  # fmt: skip
    with work_for(learner.org_id) as session:
        runs = session.execute(text("SELECT purpose, source, outcome FROM backbone.ai_runs")).all()
    assert [tuple(run) for run in runs] == [("transcribe", "offline", "succeeded")]


def an_html_page(_folder: Path) -> bytes:
    return PAGE


def a_picture_without_sound(folder: Path) -> bytes:
    return a_video(folder / "silent.webm", seconds=1, sound=None).read_bytes()


def six_minutes(folder: Path) -> bytes:
    return a_video(folder / "long.webm", seconds=360, rate=1).read_bytes()


def a_sound_without_picture(folder: Path) -> bytes:
    return a_video(folder / "audio.webm", seconds=1, picture=None).read_bytes()


def a_truncated_header(_folder: Path) -> bytes:
    return INTERVIEW.read_bytes()[:200]


def a_playlist(_folder: Path) -> bytes:
    return b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (an_html_page, "not_a_video"),
        (a_playlist, "not_a_video"),
        (a_picture_without_sound, "no_audio"),
        (a_sound_without_picture, "no_video"),
        (six_minutes, "too_long"),
        (a_truncated_header, "damaged_video"),
    ],
)
def test_what_cannot_serve_is_rejected_in_words_and_told_once(
    learner: Person, tmp_path: Path, make: Make, code: str
) -> None:
    asset_id = received(learner, make(tmp_path))
    assert flows.step("claim_processing", learner.org_id, asset_id) == {"need": "probe"}
    assert flows.step("probe", learner.org_id, asset_id)["verdict"] == "rejected"
    rejected = asset(learner, asset_id)
    assert (rejected["state"], rejected["problem_code"]) == ("rejected", code)
    assert len(rejected["problem_detail"]) > 30
    with pytest.raises(ClaimLost):
        flows.step("probe", learner.org_id, asset_id)
    (event,) = emitted(learner.org_id, "media.asset_rejected")
    assert (event["data"]["code"], event["data"]["owner_id"]) == (code, str(learner.user_id))
    answer = gateway.post(f"{flows.ASSETS}/{asset_id}/playback-urls", {}, as_=learner)
    assert (answer.status, answer.json["code"]) == (409, "asset_not_ready")


def test_mp4_as_safari_records_it_is_taken_and_named_for_what_it_is(
    learner: Person, tmp_path: Path, simulators: Simulators
) -> None:
    video = a_video(tmp_path / "safari.mp4", seconds=2, picture="libx264", sound="aac")
    asset_id = flows.an_upload(learner, video.read_bytes())
    ready = asset(learner, asset_id)
    assert (ready["state"], ready["content_type"]) == ("ready", "video/mp4")
    assert 1900 <= ready["duration_ms"] <= 2200


def test_a_lecture_of_six_minutes_and_one_without_sound_are_fine(
    staff: Person, tmp_path: Path, simulators: Simulators
) -> None:
    silent = a_video(tmp_path / "slides.webm", seconds=2, sound=None)
    asset_id = flows.an_upload(staff, silent.read_bytes(), purpose="lesson_video")
    assert asset(staff, asset_id)["state"] == "ready"
    transcript = gateway.get(f"{flows.ASSETS}/{asset_id}/transcript", as_=staff).expect(200)
    assert (transcript["state"], transcript["problem_detail"]) == ("failed", "The recording has no sound.")


def test_when_every_model_fails_the_asset_is_ready_and_says_so(
    learner: Person, simulators: Simulators
) -> None:
    asset_id = received(learner, INTERVIEW.read_bytes())
    for name in ("claim_processing", "probe", "extract_sound"):
        flows.step(name, learner.org_id, asset_id)
    simulators.order("openai", scenario="retired")
    with pytest.raises(AllModelsFailed):
        flows.step("transcribe", learner.org_id, asset_id)
    flows.step("finish_processing", learner.org_id, asset_id, speech="failed")
    assert asset(learner, asset_id)["state"] == "ready"
    transcript = gateway.get(f"{flows.ASSETS}/{asset_id}/transcript", as_=learner).expect(200)
    assert (transcript["state"], transcript["source"], transcript["text"]) == ("failed", "none", "")
    assert emitted(learner.org_id, "media.transcript_ready") == []
    assert len(emitted(learner.org_id, "media.asset_ready")) == 1


def test_each_step_may_run_twice_and_transcribing_goes_on_where_it_stopped(
    learner: Person, simulators: Simulators
) -> None:
    asset_id, org_id = received(learner, short_clip()), learner.org_id
    for name in ("claim_processing", "probe", "extract_sound"):
        assert flows.step(name, org_id, asset_id) == flows.step(name, org_id, asset_id)
    assert flows.step("transcribe", org_id, asset_id) == {"transcribed": 1}
    assert flows.step("transcribe", org_id, asset_id) == {"transcribed": 0}
    flows.step("finish_processing", org_id, asset_id, speech="ready")
    with pytest.raises(ClaimLost):
        flows.step("finish_processing", org_id, asset_id, speech="ready")
    assert len(emitted(org_id, "media.asset_ready")) == 1
    assert flows.step("claim_processing", org_id, asset_id) == {"need": "nothing"}


def test_one_execution_works_on_an_asset_until_its_claim_is_old(learner: Person, time: Clock) -> None:
    asset_id, org_id = received(learner, INTERVIEW.read_bytes()), learner.org_id
    assert flows.step("claim_processing", org_id, asset_id, execution="one") == {"need": "probe"}
    assert flows.step("claim_processing", org_id, asset_id, execution="two") == {"need": "nothing"}
    with pytest.raises(ClaimLost):
        flows.step("probe", org_id, asset_id, execution="two")
    time.forward(13 * 60)
    assert flows.step("claim_processing", org_id, asset_id, execution="two") == {"need": "probe"}
    with pytest.raises(ClaimLost):
        flows.step("probe", org_id, asset_id, execution="one")


def test_a_file_that_keeps_failing_is_given_up_and_its_owner_told(learner: Person) -> None:
    asset_id, org_id = received(learner, INTERVIEW.read_bytes()), learner.org_id
    for nth in range(4):
        run = f"run-{nth}"
        assert flows.step("claim_processing", org_id, asset_id, execution=run) == {"need": "probe"}
        given_up = flows.step("fail_processing", org_id, asset_id, execution=run)["given_up"]
        assert given_up == (nth == 3)
    assert asset(learner, asset_id)["problem_code"] == "processing_failed"
    assert len(emitted(org_id, "media.asset_rejected")) == 1


def test_reconcile_finds_what_is_unfinished_and_nothing_else(learner: Person) -> None:
    stuck, fresh = received(learner, INTERVIEW.read_bytes()), received(learner, INTERVIEW.read_bytes())
    with work_for(learner.org_id) as session:
        statement = "UPDATE media.media_assets SET updated_at = now() - interval '1 hour' WHERE id = :id"
        session.execute(text(statement), {"id": UUID(stuck)})
    with work_for(NOBODY) as session:
        rows = session.execute(text("SELECT * FROM media.stuck_assets(600)")).all()
    mine = [row for row in rows if row.org_id == learner.org_id]
    assert [(row.event_name, row.data) for row in mine] == [
        ("media.processing_requested", {"asset_id": stuck})
    ]
    assert fresh not in str(rows)


def test_a_file_exchanged_after_it_was_received_is_rejected(learner: Person) -> None:
    asset_id = received(learner, INTERVIEW.read_bytes())
    key = flows.key_of(learner.org_id, asset_id)
    object_store().upload(key, PAGE, content_type="video/webm")
    flows.step("claim_processing", learner.org_id, asset_id)
    flows.step("probe", learner.org_id, asset_id)
    assert asset(learner, asset_id)["problem_code"] == "file_changed"


@pytest.mark.parametrize(
    ("data", "content_type", "state"),
    [
        (pdf(), "application/pdf", "ready"),
        (b"%PDF-1.7\n1 0 obj\n", "application/pdf", "rejected"),
        (b"a,b\n\x03", "text/csv", "rejected"),
        ("naïve, crème\n".encode(), "text/csv", "ready"),
        (PAGE, "application/pdf", "rejected"),
        (PAGE, "text/plain", "rejected"),
        (b"MZ\x90\x00\x03\x00", "text/plain", "rejected"),
        (b"PK\x03\x04rest", "application/pdf", "rejected"),
    ],
)
def test_a_document_is_what_it_was_announced_as(
    staff: Person, data: bytes, content_type: str, state: str
) -> None:
    asset_id = flows.an_upload(staff, data, purpose="resource", content_type=content_type)
    assert asset(staff, asset_id)["state"] == state


def test_the_folder_of_a_download_is_removed(
    learner: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asset_id = received(learner, INTERVIEW.read_bytes())
    for name in ("claim_processing", "probe", "extract_sound"):
        flows.step(name, learner.org_id, asset_id)
    assert list(tmp_path.iterdir()) == []
