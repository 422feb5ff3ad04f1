"""Teaching videos: made, uploaded straight to storage, probed by the product, given their written transcript."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local.client import Client, wait_for
from local.seed.upsert import each
from local.seed.video import CONTENT_TYPE, spoken_video

PROCESSING_SECONDS = 120


@dataclass(frozen=True)
class Talk:
    """What is to be filmed. Its title is its natural key among the assets of its purpose."""

    purpose: str
    title: str
    transcript: str


def write_talks(staff: Client, talks: Iterable[Talk], *, simulator_url: str) -> dict[str, str]:
    """The ids of the talks' assets, by title."""
    wanted = list(talks)
    known: dict[tuple[str, str], dict[str, Any]] = {
        (row["purpose"], row["title"]): row
        for row in staff.every("/v1/media/assets")
        if row["state"] == "ready"
    }

    def write(talk: Talk) -> str:
        row = known.get((talk.purpose, talk.title))
        if row is None:
            return _film(staff, talk, simulator_url)
        if staff.get(f"/v1/media/assets/{row['id']}/transcript")["text"] != talk.transcript.strip():
            _write_transcript(staff, row["id"], talk.transcript)
        return str(row["id"])

    ids = each(write, wanted)
    return {talk.title: asset_id for talk, asset_id in zip(wanted, ids, strict=True)}


def _film(staff: Client, talk: Talk, simulator_url: str) -> str:
    video = spoken_video(talk.transcript, simulator_url=simulator_url)
    body = {
        "purpose": talk.purpose,
        "title": talk.title,
        "language": "en",
        "filename": "talk.webm",
        "content_type": CONTENT_TYPE,
        "size_bytes": len(video),
    }
    upload = staff.post("/v1/media/uploads", body)
    _write_transcript(staff, upload["asset_id"], talk.transcript)
    staff.upload(upload["target"], video, content_type=CONTENT_TYPE)
    staff.post(f"/v1/media/uploads/{upload['id']}/completions")

    def settled() -> dict[str, Any] | None:
        asset: dict[str, Any] = staff.get(f"/v1/media/assets/{upload['asset_id']}")
        return asset if asset["state"] in ("ready", "rejected") else None

    asset = wait_for(settled, seconds=PROCESSING_SECONDS, what=f"the processing of “{talk.title}”")
    if asset["state"] == "rejected":
        raise RuntimeError(f"“{talk.title}” was rejected: {asset['problem_detail']}")
    return str(asset["id"])


def _write_transcript(staff: Client, asset_id: str, text: str) -> None:
    """Before the file is there, so that no model is asked for what a person has written."""
    staff.patch(f"/v1/media/assets/{asset_id}/transcript", {"text": text.strip()})
