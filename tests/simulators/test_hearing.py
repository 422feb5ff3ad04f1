"""The simulated ear and voice: formats as browsers record them, silence, and what is no sound."""

import io
from typing import Any

import av
import numpy as np
import pytest

from simulators.composing.speech import RATE, NotAudio, decoded, hear, say


def recorded(samples: np.ndarray, *, container: str, codec: str) -> io.BytesIO:
    """Samples as a browser would hand them over."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        for piece in (
            *av.AudioResampler(format=stream.format, layout="mono", rate=48_000).resample(frame),
            None,
        ):
            output.mux(stream.encode(piece))
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("mp4", "aac")])
def test_a_browsers_recording_is_decoded_in_full(container: str, codec: str) -> None:
    samples = decoded(io.BytesIO(say("Good morning.", voice="alloy")))

    heard = decoded(recorded(samples, container=container, codec=codec))

    assert abs(len(heard) - len(samples)) < RATE / 5
    assert np.abs(heard).max() > 1000


def test_silence_holds_no_words() -> None:
    heard, seconds = hear(recorded(np.zeros(RATE, np.int16), container="webm", codec="libopus"))

    assert heard == []
    assert seconds == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"\x1a\x45\xdf\xa3 broken"])
def test_what_is_no_sound_says_so(data: bytes) -> None:
    with pytest.raises(NotAudio):
        hear(io.BytesIO(data))


def test_voices_differ_and_longer_texts_take_longer() -> None:
    assert say("Hello", voice="nova") != say("Hello", voice="onyx")
    assert len(say("Hello there, everybody", voice="nova")) > 2 * len(say("Hello", voice="nova"))
