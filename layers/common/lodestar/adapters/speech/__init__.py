"""Speech: `transcribe(audio, on_run=...)` and `speak(text, on_run=...)`, over chains as `ai` has them.

Errors are those of `lodestar.adapters.ai`: when every model fails, `AllModelsFailed`.
"""

from lodestar.adapters.ai.port import Purpose
from lodestar.adapters.ai.running import OnRun, in_order
from lodestar.adapters.speech.port import Audio, Segment, Speech, SpeechModel, Transcript
from lodestar.adapters.speech.registry import chain

__all__ = ["Audio", "Segment", "Speech", "SpeechModel", "Transcript", "chain", "speak", "transcribe"]

LARGEST_AUDIO_BYTES = 25 * 1024 * 1024


def transcribe(audio: Audio, *, on_run: OnRun, language: str | None = None) -> Transcript:
    """What is said in `audio`, with the times in milliseconds from its start.

    `language` is an ISO 639-1 hint. Raises AllModelsFailed, CapabilityNotConfigured, and ValueError for
    more than LARGEST_AUDIO_BYTES.
    """
    if len(audio.data) > LARGEST_AUDIO_BYTES:
        raise ValueError(f"audio of {len(audio.data)} bytes; vendors take {LARGEST_AUDIO_BYTES} a call")
    return in_order(
        chain(Purpose.TRANSCRIBE),
        lambda model: model.transcribe(audio, language=language),
        purpose=Purpose.TRANSCRIBE,
        prompt_version="none",
        on_run=on_run,
    )


def speak(text: str, *, on_run: OnRun, voice: str = "alloy") -> Speech:
    """`text` (at most 4,096 characters) as a WAV. Raises AllModelsFailed and CapabilityNotConfigured."""
    return in_order(
        chain(Purpose.SPEAK),
        lambda model: model.speak(text, voice=voice),
        purpose=Purpose.SPEAK,
        prompt_version="none",
        on_run=on_run,
    )
