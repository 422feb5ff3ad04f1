"""Reading video files with FFmpeg's libraries: what they are, and what is said in them.

Only containers known by their first bytes are opened, and each with its own demuxer: left to guess, FFmpeg would
also follow playlists and references to other files.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from media.rules.probe import HEAD_BYTES, MOST_PIXELS, FileRejected, Probe, container_of

RATE = 48_000
OPUS_FRAME = 960
BITS_PER_SECOND = 24_000
POSTER_WIDTH = 1280
PIECE_MS = 120_000
"""A piece of sound that a transcriber answers well within its timeout."""
OPTIONS = {"protocol_whitelist": "file"}
DAMAGED = "The video is damaged: it cannot be decoded. Record or export it again and upload that file."


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of an asset's sound as an Ogg/Opus file, mono."""

    position: int
    path: Path
    starts_ms: int
    duration_ms: int


def probe(path: Path) -> Probe:
    """What the video file is; its first picture and first sound are decoded. Raises FileRejected."""
    import av

    with path.open("rb") as file:
        container = container_of(file.read(HEAD_BYTES))
    try:
        with av.open(str(path), format=container, options=OPTIONS) as opened:
            video = next(iter(opened.streams.video), None)
            audio = next(iter(opened.streams.audio), None)
            if video is not None:
                video.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
                _refuse_large(video.codec_context.width, video.codec_context.height)
                next(opened.decode(video))
                opened.seek(0)
            duration_ms = _duration_ms(opened)
            if audio is not None:
                opened.seek(0)
                next(opened.decode(audio))
            return Probe(
                container=container,
                duration_ms=duration_ms,
                video_codec=video.codec_context.codec.canonical_name if video else None,
                audio_codec=audio.codec_context.codec.canonical_name if audio else None,
                width=video.codec_context.width if video else 0,
                height=video.codec_context.height if video else 0,
            )
    except (av.error.FFmpegError, StopIteration, ValueError, OverflowError) as error:
        raise FileRejected("damaged_video", DAMAGED) from error


def poster(path: Path, *, at_ms: int) -> bytes | None:
    """A picture of the video as a JPEG, at most POSTER_WIDTH wide: the key frame before `at_ms`. None when there is
    no picture to be had; a file that was probed is not refused for want of one."""
    import av

    with path.open("rb") as file:
        container = container_of(file.read(HEAD_BYTES))
    try:
        with av.open(str(path), format=container, options=OPTIONS) as opened:
            if not opened.streams.video:
                return None
            opened.seek(at_ms * 1000)
            frame = next(opened.decode(video=0))
            width = min(frame.width, POSTER_WIDTH) // 2 * 2
            height = max(round(frame.height * width / frame.width / 2) * 2, 2)
            encoder = av.CodecContext.create("mjpeg", "w")
            encoder.width, encoder.height = width, height
            encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
            picture = frame.reformat(width=width, height=height, format="yuvj420p")
            picture.pts = 0
            return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
    except (av.error.FFmpegError, StopIteration, ValueError, OverflowError):
        return None


def _refuse_large(width: int, height: int) -> None:
    """Before a picture is decoded: it would take its whole size in memory."""
    if width * height > MOST_PIXELS:
        raise FileRejected("resolution_too_large", f"{width} x {height} is too large; export it at 1080p.")


def _duration_ms(opened: Any) -> int:
    """From the first packet's time to the end of the last: a browser's WebM has no duration in its header."""
    first: float | None = None
    last = 0.0
    for packet in opened.demux():
        if packet.pts is None:
            continue
        starts = float(packet.pts * packet.time_base)
        first = starts if first is None else min(first, starts)
        last = max(last, starts + float((packet.duration or 0) * packet.time_base))
    if first is None or last <= first:
        raise ValueError("no packet has a time")
    return round((last - first) * 1000)


def sound_pieces(path: Path, folder: Path, *, most_ms: int) -> Iterator[Piece]:
    """The file's first sound track in pieces of PIECE_MS, written into `folder`; none when there is no sound.

    What goes on after `most_ms`, the length that the file's times claim, is left out, but for the rest of a piece.
    """
    import av

    with path.open("rb") as file:
        container = container_of(file.read(HEAD_BYTES))
    with av.open(str(path), format=container, options=OPTIONS) as opened:
        if not opened.streams.audio:
            return
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=OPUS_FRAME)
        frames = _resampled(opened.decode(audio=0), resampler)
        position = starts_ms = 0
        while starts_ms < most_ms:
            target = folder / f"{position:03}.ogg"
            duration_ms = _write_piece(target, frames)
            if duration_ms == 0:
                return
            yield Piece(position=position, path=target, starts_ms=starts_ms, duration_ms=duration_ms)
            position, starts_ms = position + 1, starts_ms + duration_ms


def _resampled(frames: Iterator[Any], resampler: Any) -> Iterator[Any]:
    for frame in frames:
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _write_piece(target: Path, frames: Iterator[Any]) -> int:
    """Encode frames until the piece is full or none is left; answers its length in milliseconds."""
    import av

    samples = 0
    with av.open(str(target), "w", format="ogg") as written:
        stream = written.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = BITS_PER_SECOND
        for frame in frames:
            frame.pts = samples
            samples += frame.samples
            written.mux(stream.encode(frame))
            if samples * 1000 >= PIECE_MS * RATE:
                break
        written.mux(stream.encode(None))
    return samples * 1000 // RATE
