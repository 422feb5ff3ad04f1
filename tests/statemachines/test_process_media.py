"""statemachines/process_media.asl.json, walked in the embedded AWS."""

from pathlib import Path
from typing import Any

import pytest

from local.client import Client, wait_for
from tests.media.files import PAGE, a_video, short_clip
from tests.stack.executions import Execution, reached, tell_again, walked
from tests.stack.functions import NO_DATABASE, broken, misled
from tests.stack.product import Product
from tests.stack.works import uploaded

pytestmark = [pytest.mark.stack, pytest.mark.slow]
MACHINE = "process_media"
CLAIMED = ["ClaimProcessing", "IsClaimed"]
PROBED = [*CLAIMED, "Probe", "IsAccepted"]
HEARD = [*PROBED, "ExtractSound", "Transcribe"]
READY = [*HEARD, "FinishWithTranscript", "Ready"]
FAILED = ["FailProcessing", "ProcessingFailed"]


@pytest.fixture(scope="module")
def candidate(running: Product) -> Client:
    """A learner who agreed to be recorded."""
    learner = running.learner(stars=4)
    learner.api.post("/v1/identity/consents", {"purpose": "recording", "notice_version": "2026-01"})
    return learner.api


def asset(owner: Client, asset_id: str) -> dict[str, Any]:
    found: dict[str, Any] = owner.get(f"/v1/media/assets/{asset_id}")
    return found


def transcript(owner: Client, asset_id: str) -> dict[str, Any]:
    found: dict[str, Any] = owner.get(f"/v1/media/assets/{asset_id}/transcript")
    return found


def test_a_good_recording_becomes_playable_with_its_transcript(served: Product) -> None:
    asset_id = uploaded(served.staff, short_clip(), purpose="lesson_video")
    walk = walked(served.stack, MACHINE, asset_id)
    assert (walk.states, walk.failures) == (READY, [])
    assert asset(served.staff, asset_id)["state"] == "ready"
    assert transcript(served.staff, asset_id)["state"] == "ready"


def test_a_document_needs_no_transcript(served: Product) -> None:
    asset_id = uploaded(served.staff, b"name,score\n", purpose="resource", content_type="text/csv")
    assert walked(served.stack, MACHINE, asset_id).states == [*PROBED, "FinishWithoutSpeech", "Ready"]
    assert asset(served.staff, asset_id)["state"] == "ready"


@pytest.mark.parametrize("kind", ["a page named .webm", "a film without sound"])
def test_what_is_no_interview_is_rejected(
    served: Product, candidate: Client, tmp_path: Path, kind: str
) -> None:
    silent = kind == "a film without sound"
    data = a_video(tmp_path / "silent.webm", seconds=2, sound=None).read_bytes() if silent else PAGE
    asset_id = uploaded(candidate, data, purpose="interview_video")
    assert walked(served.stack, MACHINE, asset_id).states == [*PROBED, "Rejected"]
    rejected = asset(candidate, asset_id)
    assert (rejected["state"], bool(rejected["problem_code"])) == ("rejected", True)


def test_without_transcription_the_recording_is_playable_all_the_same(served: Product) -> None:
    served.simulators.order("openai", down=True)
    asset_id = uploaded(served.staff, short_clip(), purpose="lesson_video")
    walk = walked(served.stack, MACHINE, asset_id)
    assert walk.states == [*HEARD, "FinishWithFailedTranscript", "ReadyWithoutTranscript"]
    assert walk.failures == ["AllModelsFailed"]
    assert asset(served.staff, asset_id)["state"] == "ready"
    assert transcript(served.staff, asset_id)["state"] == "failed"


def test_a_failed_transcript_is_made_later_without_probing_again(served: Product) -> None:
    served.simulators.order("openai", down=True)
    asset_id = uploaded(served.staff, short_clip(), purpose="lesson_video")
    walked(served.stack, MACHINE, asset_id)
    served.simulators.reset()
    served.staff.post(f"/v1/media/assets/{asset_id}/transcriptions")
    again = walked(served.stack, MACHINE, asset_id, nth=2)
    assert again.states == [*CLAIMED, "ExtractSound", "Transcribe", "FinishWithTranscript", "Ready"]
    assert transcript(served.staff, asset_id)["state"] == "ready"


def test_an_upload_that_is_told_of_twice_is_processed_once(served: Product) -> None:
    asset_id = uploaded(served.staff, b"name,score\n", purpose="resource", content_type="text/csv")
    tell_again(served.stack, walked(served.stack, MACHINE, asset_id))
    assert walked(served.stack, MACHINE, asset_id, nth=2).states == [*CLAIMED, "Superseded"]


def test_an_execution_that_lost_its_claim_steps_back(served: Product) -> None:
    served.simulators.order("openai", latency_ms=3000)
    asset_id = uploaded(served.staff, short_clip(), purpose="lesson_video")
    reached(served.stack, MACHINE, asset_id, "Transcribe")
    served.execute("UPDATE media.media_assets SET claimed_by = 'another' WHERE id = :id", id=asset_id)
    walk = walked(served.stack, MACHINE, asset_id)
    assert (walk.states[-1], walk.failures) == ("Superseded", ["ClaimLost"])


@pytest.mark.parametrize(
    ("function", "state"),
    [
        ("ClaimProcessing", "ClaimProcessing"),
        ("Probe", "Probe"),
        ("ExtractSound", "ExtractSound"),
        ("Transcribe", "Transcribe"),
        ("FinishProcessing", "FinishWithTranscript"),
    ],
)
def test_a_step_that_cannot_reach_the_database_is_repeated(
    served: Product, function: str, state: str
) -> None:
    with misled(served.stack, function, DATABASE_URL=NO_DATABASE):
        asset_id = uploaded(served.staff, short_clip(), purpose="lesson_video")
        await_failure(served, asset_id, state)
    walk = walked(served.stack, MACHINE, asset_id)
    assert (walk.states, set(walk.failures)) == (READY, {"OperationalError"})


@pytest.mark.parametrize(
    ("function", "states"),
    [
        ("ClaimProcessing", CLAIMED[:1]),
        ("Probe", [*CLAIMED, "Probe"]),
        ("ExtractSound", [*PROBED, "ExtractSound"]),
        ("Transcribe", HEARD),
        ("FinishProcessing", [*HEARD, "FinishWithTranscript"]),
    ],
)
def test_a_step_that_keeps_failing_lets_go_of_the_asset(
    served: Product, function: str, states: list[str]
) -> None:
    """Reconcile then has it done by an execution that finds what this one left."""
    with broken(served.stack, function):
        asset_id = uploaded(served.staff, short_clip(), purpose="lesson_video")
        walk = walked(served.stack, MACHINE, asset_id)
    assert (walk.status, walk.states, len(walk.failures)) == ("FAILED", [*states, *FAILED], 1), walk.failures
    assert asset(served.staff, asset_id)["state"] == "processing"
    let_pass(served, asset_id)
    assert served.reconcile()["assets"] >= 1
    assert walked(served.stack, MACHINE, asset_id, nth=2).states == READY
    assert asset(served.staff, asset_id)["state"] == "ready"


def let_pass(served: Product, asset_id: str) -> None:
    """As if an hour had passed since anybody last worked on the asset."""
    for table, key in (("media_assets", "id"), ("transcripts", "asset_id")):
        served.execute(
            f"UPDATE media.{table} SET updated_at = updated_at - interval '1 hour' WHERE {key} = :id",
            id=asset_id,
        )
    aged = "UPDATE media.media_assets SET claimed_at = claimed_at - interval '1 hour' WHERE id = :id"
    served.execute(aged, id=asset_id)


def await_failure(served: Product, asset_id: str, state: str) -> Execution:
    """The execution, once its state has failed for the first time."""

    def look() -> Execution | None:
        walk = reached(served.stack, MACHINE, asset_id, state)
        return walk if walk.failures else None

    return wait_for(look, seconds=60, what=f"the first failure of {state}")
