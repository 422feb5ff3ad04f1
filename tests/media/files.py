"""Real media files, made when a test needs them."""

import math
from array import array
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

INTERVIEW = Path(__file__).parents[1] / "data" / "interview.webm"
PAGE = b"<!doctype html><html><head><title>recording.webm</title></head><body>Not found</body></html>"
SIZE = (64, 48)


def a_video(
    path: Path,
    *,
    seconds: float,
    picture: str | None = "libvpx",
    sound: str | None = "libopus",
    rate: int = 5,
) -> Path:
    """A video of a grey square and a hum, WebM or MP4 by the path's ending; without what is None."""
    with av.open(str(path), "w") as opened:
        container: Any = opened
        video = container.add_stream(picture, rate=rate) if picture else None
        if video is not None:
            video.width, video.height = SIZE
            video.pix_fmt = "yuv420p"
            video.bit_rate = 8_000
        audio = container.add_stream(sound, rate=48_000, layout="mono") if sound else None
        if audio is not None:
            audio.bit_rate = 8_000
        if video is not None:
            _draw(container, video, frames=round(seconds * rate))
        if audio is not None:
            hum(container, audio, samples=round(seconds * 48_000))
    return path


def _draw(container: Any, stream: Any, *, frames: int) -> None:
    frame = av.VideoFrame(*SIZE, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([128]) * plane.buffer_size)
    for nth in range(frames):
        frame.pts = nth
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def hum(container: Any, stream: Any, *, samples: int) -> None:
    """Write so much of a tone into the stream."""
    length = stream.codec_context.frame_size or 960
    tone = array("f", (0.1 * math.sin(2 * math.pi * 220 * at / 48_000) for at in range(length)))
    for start in range(0, samples, length):
        frame = av.AudioFrame("fltp", "mono", length)
        frame.sample_rate = 48_000
        frame.planes[0].update(tone.tobytes())
        frame.pts = start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


@cache
def short_clip() -> bytes:
    """A WebM of two seconds in which nothing is said: quick to transcribe."""
    with TemporaryDirectory() as folder:
        return a_video(Path(folder) / "clip.webm", seconds=2).read_bytes()
