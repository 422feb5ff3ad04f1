"""The port: speech to text and text to speech."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A whole sound file in memory; vendors take at most 25 MB a call, so long recordings go in chunks."""

    data: bytes
    content_type: str
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What was said between two moments of the recording."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said. `language` is an ISO 639-1 code, or None when the vendor does not tell."""

    text: str
    segments: tuple[Segment, ...]
    language: str | None
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd_micros: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Spoken text."""

    audio: Audio
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd_micros: int | None = None


class SpeechModel(Protocol):
    """One speech model of one vendor; raises `lodestar.adapters.ai` errors. Offline ones say so by name."""

    @property
    def name(self) -> str: ...

    @property
    def vendor(self) -> str: ...

    def transcribe(self, audio: Audio, *, language: str | None) -> Transcript:
        """Write down what is said. Silence gives an empty transcript, never an error."""
        ...

    def speak(self, text: str, *, voice: str) -> Speech:
        """Say the text; answers a WAV file."""
        ...
