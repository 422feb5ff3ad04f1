"""Which recordings of an interview can be graded at all (X-01, JR-43)."""

from dataclasses import dataclass
from uuid import UUID

from lodestar.contracts.media import Asset, Transcript

TOLERANCE_MS = 10_000
"""What a recording may last beyond its frozen limit."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, as a problem's code, and what the learner can do."""

    code: str
    detail: str


def recording_fault(
    asset: Asset | None, transcript: Transcript | None, *, learner_id: UUID, limit: int | None
) -> Fault | None:
    """Why the recording is refused; None while it may still become, or is, good. `limit` is in seconds."""
    if asset is None or asset.owner_id != learner_id:
        return Fault("recording_unusable", "The recording is no longer there. Record again and hand that in.")
    if asset.state == "rejected":
        detail = asset.problem_detail or "The file could not be used. Record again and hand that in."
        return Fault(asset.problem_code or "recording_unusable", detail)
    if (
        limit is not None
        and asset.duration_ms is not None
        and asset.duration_ms > limit * 1000 + TOLERANCE_MS
    ):
        return Fault("video_too_long", f"The recording is longer than {limit} seconds; record a shorter one.")
    if transcript is not None and transcript.state == "ready" and not transcript.text.strip():
        return Fault("no_speech", "Nothing is said in the recording. Check your microphone and record again.")
    return None
