"""What may be uploaded for what: size, types, who, and what is asked of the content (JR-27, JR-43, D-22)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from lodestar.principal import STAFF, Role

MEGABYTE = 1024 * 1024
MULTIPART_FROM = 100 * MEGABYTE
"""Larger files than this go up in parts, so that a broken connection costs one part."""
PART_BYTES = 16 * MEGABYTE

VIDEO_TYPES = {"video/webm": "webm", "video/mp4": "mp4"}
"""Safari records MP4, the other browsers WebM (X-06)."""
DOCUMENT_TYPES = {
    "application/pdf": "pdf",
    "application/zip": "zip",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/csv": "csv",
    "text/plain": "txt",
}

INTERVIEW_LIMIT_MS = 300_000
INTERVIEW_TOLERANCE_MS = 10_000
"""A recorder stops a little after its countdown; each attempt's own limit is checked again when it is graded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """The rules of one kind of upload. `types` maps a content type to the stored name's extension."""

    kind: Literal["video", "document"]
    max_bytes: int
    types: dict[str, str]
    roles: frozenset[Role]
    consent: str | None = None
    max_duration_ms: int | None = None
    needs_audio: bool = False
    transcribed: bool = False
    retained: timedelta | None = None


_LECTURE = Purpose(kind="video", max_bytes=500 * MEGABYTE, types=VIDEO_TYPES, roles=STAFF, transcribed=True)
PURPOSES: dict[str, Purpose] = {
    "lesson_video": _LECTURE,
    "masterclass_video": _LECTURE,
    "interview_video": Purpose(
        kind="video",
        max_bytes=20 * MEGABYTE,
        types=VIDEO_TYPES,
        roles=frozenset({Role.LEARNER}),
        consent="recording",
        max_duration_ms=INTERVIEW_LIMIT_MS + INTERVIEW_TOLERANCE_MS,
        needs_audio=True,
        transcribed=True,
        retained=timedelta(days=180),
    ),
    "resource": Purpose(kind="document", max_bytes=100 * MEGABYTE, types=DOCUMENT_TYPES, roles=STAFF),
}


def base_type(content_type: str) -> str:
    """The content type without parameters: a recorder says `video/webm;codecs=vp9,opus`."""
    return content_type.partition(";")[0].strip().lower()


def parts_of(size_bytes: int) -> int | None:
    """How many parts a file of this size goes up in; None when it goes up in one piece."""
    return -(-size_bytes // PART_BYTES) if size_bytes > MULTIPART_FROM else None


def storage_key(*, org_id: object, purpose: str, asset_id: object, content_type: str) -> str:
    """Where the original lies. The file's own name is never part of it."""
    return f"{org_id}/{purpose}/{asset_id}/original.{PURPOSES[purpose].types[content_type]}"
