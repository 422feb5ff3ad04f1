"""Hearing and saying: speech recognised by pocketsphinx's English model, and a voice made of two formants."""

import io
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
PAUSE_SECONDS = 0.5
FAINTEST = 200
"""Of 32,768; the recogniser hears words even in silence."""

_FILLERS = ("<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]", "[COUGH]", "[SMACK]", "++NOISE++")
_decoding = Lock()


class NotAudio(ValueError):
    """The bytes hold no sound that can be decoded."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Words between two moments, in seconds."""

    start: float
    end: float
    text: str


def hear(source: BinaryIO | Path) -> tuple[list[Heard], float]:
    """What is said in a sound or video file, cut at pauses, and its duration in seconds."""
    samples = decoded(source)
    if not len(samples) or np.abs(samples).max() < FAINTEST:
        return [], len(samples) / RATE
    with _decoding:
        decoder = _decoder()
        decoder.start_utt()
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        frames = decoder.config["frate"]
        words = [
            Heard(segment.start_frame / frames, (segment.end_frame + 1) / frames, segment.word.split("(")[0])
            for segment in decoder.seg() or ()
            if segment.word not in _FILLERS
        ]
    return _by_pause(words), len(samples) / RATE


def decoded(source: BinaryIO | Path) -> NDArray[np.int16]:
    """The first sound track as 16 kHz mono; raises NotAudio."""
    try:
        with av.open(str(source) if isinstance(source, Path) else source, mode="r") as container:
            if not container.streams.audio:
                raise NotAudio("there is no sound track")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            pieces = [
                piece.to_ndarray().reshape(-1)
                for frame in (*container.decode(audio=0), None)
                for piece in resampler.resample(frame)
            ]
    except av.FFmpegError as error:
        raise NotAudio(str(error)) from error
    return np.concatenate(pieces).astype(np.int16) if pieces else np.zeros(0, np.int16)


@cache
def _decoder() -> Any:
    from pocketsphinx import Decoder

    # Bounds on the search: a quarter faster than the defaults, and the same words.
    return Decoder(samprate=RATE, loglevel="FATAL", maxhmmpf=3000, maxwpf=10)


def _by_pause(words: list[Heard]) -> list[Heard]:
    groups: list[list[Heard]] = []
    for word in words:
        if groups and word.start - groups[-1][-1].end < PAUSE_SECONDS:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [Heard(group[0].start, group[-1].end, " ".join(word.text for word in group)) for group in groups]


_VOWELS = {
    "a": (730, 1090),
    "e": (530, 1840),
    "i": (270, 2290),
    "o": (570, 840),
    "u": (300, 870),
    "y": (300, 2100),
}
_HISSES = frozenset("sfhxzcjtkpq")
_PITCH = {"alloy": 120, "echo": 100, "fable": 140, "onyx": 85, "nova": 190, "shimmer": 210}


def say(text: str, *, voice: str) -> bytes:
    """The text as a WAV: each letter a short sound, vowels by their formants, the rest voiced or hissed."""
    noise = np.random.default_rng(0)
    pitch = _PITCH.get(voice, 120)
    sounds = [_sound(letter, pitch=pitch, noise=noise) for letter in text.lower()]
    signal = np.concatenate(sounds) if sounds else np.zeros(RATE // 10)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(signal, -1, 1) * 20_000).astype("<i2").tobytes())
    return buffer.getvalue()


def _sound(letter: str, *, pitch: int, noise: np.random.Generator) -> NDArray[np.float64]:
    seconds = 0.11 if letter in _VOWELS else 0.05 if letter.isalnum() else 0.09
    time = np.arange(round(seconds * RATE)) / RATE
    envelope = np.sin(np.pi * np.arange(len(time)) / len(time)) ** 0.5
    if letter in _VOWELS:
        buzz = sum(
            np.sin(2 * np.pi * harmonic * time)
            / (1 + min(abs(harmonic - formant) for formant in _VOWELS[letter]) / 120)
            for harmonic in range(pitch, 3000, pitch)
        )
        return np.asarray(0.15 * buzz * envelope)
    if letter in _HISSES:
        return np.asarray(0.15 * noise.standard_normal(len(time)) * envelope)
    if letter.isalnum():
        return np.asarray(0.4 * np.sin(2 * np.pi * pitch * time) * envelope)
    return np.zeros(len(time))
