"""A spoken video of a few seconds: the opening words of a transcript, said by the speech port, over a still picture."""

import io
import os
from fractions import Fraction

import av
import numpy as np
from av.audio.resampler import AudioResampler

from lodestar.adapters.speech import speak

WIDTH, HEIGHT, FRAMES_PER_SECOND = 320, 180, 5
OPUS_RATE = 48_000
OPENING_WORDS = 9
CONTENT_TYPE = "video/webm"


def spoken_video(transcript: str, *, simulator_url: str) -> bytes:
    """A WebM (VP8, Opus) in which the transcript's first words are said."""
    os.environ.setdefault("SIMULATOR_URL", simulator_url)
    opening = " ".join(transcript.split()[:OPENING_WORDS])
    audio = _samples(speak(opening, voice="alloy", on_run=lambda _run: None).audio.data)
    seconds = audio.shape[1] / OPUS_RATE
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        picture = container.add_stream("libvpx", rate=FRAMES_PER_SECOND)
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture.bit_rate = 60_000
        sound = container.add_stream("libopus", rate=OPUS_RATE)
        sound.bit_rate = 24_000
        colour = sum(opening.encode()) % 200
        for number in range(max(1, round(seconds * FRAMES_PER_SECOND))):
            pixels = np.full((HEIGHT, WIDTH, 3), colour, dtype=np.uint8)
            pixels[:, : WIDTH * number // max(1, round(seconds * FRAMES_PER_SECOND))] += 40
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        size = OPUS_RATE // 50
        for start in range(0, audio.shape[1] - size + 1, size):
            sample = av.AudioFrame.from_ndarray(audio[:, start : start + size], format="s16", layout="mono")
            sample.sample_rate, sample.pts, sample.time_base = OPUS_RATE, start, Fraction(1, OPUS_RATE)
            container.mux(sound.encode(sample))
        container.mux(sound.encode())
    return file.getvalue()


def _samples(wav: bytes) -> "np.ndarray[tuple[int, int], np.dtype[np.int16]]":
    """One channel at Opus' rate."""
    resampler = AudioResampler(format="s16", layout="mono", rate=OPUS_RATE)
    with av.open(io.BytesIO(wav), "r") as container:
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
