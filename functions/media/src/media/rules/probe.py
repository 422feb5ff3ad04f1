"""Whether a probed file is what its purpose asks for, in words for the person who sent it."""

import re
from dataclasses import dataclass

from media.rules.purposes import INTERVIEW_TOLERANCE_MS, Purpose

CONTAINERS = {b"\x1a\x45\xdf\xa3": "matroska", b"ftyp": "mp4"}
"""The first bytes of WebM; MP4's mark stands after four bytes of length."""
CONTENT_TYPES = {"matroska": "video/webm", "mp4": "video/mp4"}
VIDEO_CODECS = frozenset({"vp8", "vp9", "av1", "h264", "hevc"})
MOST_PIXELS = 4096 * 2304
AUDIO_CODECS = frozenset({"opus", "vorbis", "aac", "mp3", "flac"})
LONGEST_MS = 24 * 3_600_000
"""No recording is longer; a file that says so lies."""
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?[\s\x0c]*<(?:!doctype|!--|\?xml|/?(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|"
    rb"br|p|svg|img|meta|link|object|embed|form|math|video|audio|base)[\s>/])",
    re.IGNORECASE,
)
"""What a browser would take for a page: https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type"""
HEAD_BYTES = 4096
"""How much of a file's beginning `document_type` looks at."""


class FileRejected(Exception):
    """The file is not what it claimed, or breaks a limit: a problem's code, and words for its owner."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a video file really is. `duration_ms` comes from its packets, not from its header."""

    container: str
    duration_ms: int
    video_codec: str | None
    audio_codec: str | None
    width: int
    height: int


def container_of(head: bytes) -> str:
    """The container by its first bytes, so that nothing else is ever handed to a demuxer. Raises FileRejected."""
    found = CONTAINERS.get(head[:4]) or CONTAINERS.get(head[4:8])
    if found is None:
        raise FileRejected(
            "not_a_video",
            "This file is not a WebM or MP4 video, whatever its name says. Record or export the video again and "
            "upload that file.",
        )
    return found


def check_video(probe: Probe, purpose: Purpose) -> None:
    """Raises FileRejected when the video cannot serve its purpose."""
    if probe.video_codec is None:
        raise FileRejected(
            "no_video", "There is no picture in this file. Turn the camera on and record again."
        )
    if probe.video_codec not in VIDEO_CODECS:
        raise FileRejected(
            "unsupported_codec",
            f"Browsers cannot play {probe.video_codec}. Export the video as H.264 (MP4) or VP9 (WebM).",
        )
    if probe.width * probe.height > MOST_PIXELS:
        raise FileRejected(
            "resolution_too_large", f"{probe.width} x {probe.height} is too large; export it at 1080p."
        )
    if probe.audio_codec is not None and probe.audio_codec not in AUDIO_CODECS:
        raise FileRejected(
            "unsupported_codec",
            f"Browsers cannot play {probe.audio_codec} sound. Export the video with AAC (MP4) or Opus (WebM).",
        )
    if purpose.needs_audio and probe.audio_codec is None:
        raise FileRejected(
            "no_audio",
            "There is no sound in this recording. Allow the microphone and record your answers again.",
        )
    if probe.duration_ms > LONGEST_MS:
        raise FileRejected("too_long", "The recording says that it lasts longer than a day. Export it again.")
    if purpose.max_duration_ms is not None and probe.duration_ms > purpose.max_duration_ms:
        limit = (purpose.max_duration_ms - INTERVIEW_TOLERANCE_MS) // 60_000
        raise FileRejected(
            "too_long",
            f"The recording lasts {_spoken(probe.duration_ms)}; at most {limit} minutes are allowed. "
            "Record a shorter one.",
        )


def document_type(head: bytes) -> str | None:
    """The content type of a document by its first bytes; None when it is none of ours. Text is UTF-8 without NULs."""
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"PK\x03\x04"):
        return "application/zip"
    return None if _PAGE.match(head) or b"\0" in head or not _is_text(head) else "text/plain"


def check_document(head: bytes, content_type: str) -> None:
    """Raises FileRejected when a document is not of the type it was announced as."""
    found = document_type(head)
    if found != ("text/plain" if content_type.startswith("text/") else content_type):
        raise FileRejected(
            "not_as_announced",
            f"The file's content is not {content_type}. Upload the file itself, saved in that format.",
        )


def _is_text(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == HEAD_BYTES and error.start > len(head) - 4
    return True


def _spoken(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes} min {seconds} s"
