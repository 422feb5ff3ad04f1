"""The contract of speech: transcripts with times, audible voices, errors that fall through."""

import io
import wave
from pathlib import Path

import pytest

from lodestar.adapters import CapabilityNotConfigured, ai, speech
from lodestar.adapters.speech.registry import chain
from simulators.composing.speech import RATE, decoded
from tests.simulators.running import Simulators

INTERVIEW = Path(__file__).parent.parent / "data" / "interview.webm"


def sound(samples: bytes) -> speech.Audio:
    """16-bit mono samples at 16 kHz as a WAV."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return speech.Audio(data=buffer.getvalue(), content_type="audio/wav", filename="sound.wav")


def silence(seconds: int) -> speech.Audio:
    return sound(bytes(2 * RATE * seconds))


def test_a_voice_is_a_wav_as_long_as_the_text_takes(simulators: Simulators) -> None:
    runs: list[ai.RunRecord] = []

    short = speech.speak("Hello.", on_run=runs.append)
    long = speech.speak("Hello, and welcome to the first lesson of this course.", on_run=runs.append)

    with wave.open(io.BytesIO(short.audio.data)) as first, wave.open(io.BytesIO(long.audio.data)) as second:
        assert first.getnframes() / first.getframerate() > 0.3
        assert second.getnframes() > 3 * first.getnframes()
        assert max(second.readframes(4000)) > 0
    assert [run.purpose for run in runs] == [ai.Purpose.SPEAK] * 2
    assert short.model == "offline-tts-1"


def test_a_transcript_has_times_within_the_recording(simulators: Simulators) -> None:
    runs: list[ai.RunRecord] = []
    voice = speech.speak("Good morning everybody. Today we speak about teamwork.", on_run=runs.append)
    with wave.open(io.BytesIO(voice.audio.data)) as file:
        duration_ms = 1000 * file.getnframes() / file.getframerate()

    transcript = speech.transcribe(voice.audio, on_run=runs.append)

    assert transcript.text == " ".join(segment.text for segment in transcript.segments)
    times = [time for segment in transcript.segments for time in (segment.start_ms, segment.end_ms)]
    assert times == sorted(times)
    assert all(0 <= time <= duration_ms + 50 for time in times)
    assert transcript.model == "offline-whisper-1"
    assert runs[-1].purpose == ai.Purpose.TRANSCRIBE


def test_what_is_really_said_is_written_down(simulators: Simulators) -> None:
    samples = decoded(INTERVIEW)[: 21 * RATE]

    transcript = speech.transcribe(sound(samples.tobytes()), on_run=lambda _: None)

    assert {"name", "team", "problem", "students", "plan", "steps"} <= set(transcript.text.split())
    assert len(transcript.segments) > 1
    assert transcript.language == "en"


def test_silence_is_an_empty_transcript(simulators: Simulators) -> None:
    transcript = speech.transcribe(silence(1), on_run=lambda _: None)

    assert transcript.text == ""
    assert transcript.segments == ()


def test_what_is_no_sound_is_refused(simulators: Simulators) -> None:
    page = speech.Audio(data=b"<html>not a sound</html>", content_type="audio/webm", filename="page.webm")

    with pytest.raises(ai.AllModelsFailed) as raised:
        speech.transcribe(page, on_run=lambda _: None)

    [reason] = raised.value.reasons
    assert isinstance(reason, ai.ModelRefused)


def test_a_recording_over_the_vendors_limit_is_not_sent(simulators: Simulators) -> None:
    audio = speech.Audio(
        data=bytes(speech.LARGEST_AUDIO_BYTES + 1), content_type="audio/wav", filename="long.wav"
    )

    with pytest.raises(ValueError, match="bytes"):
        speech.transcribe(audio, on_run=lambda _: None)

    assert simulators.sent("openai") == []


def test_an_outage_is_recorded_call_by_call(simulators: Simulators) -> None:
    simulators.order("openai", down=True)
    runs: list[ai.RunRecord] = []

    with pytest.raises(ai.AllModelsFailed):
        speech.transcribe(silence(1), on_run=runs.append)

    assert [run.outcome for run in runs] == ["unavailable"] * 3


@pytest.mark.parametrize("scenario", ["rubbish", "truncated", "garbled"])
def test_an_unreadable_answer_is_a_failed_call(simulators: Simulators, scenario: str) -> None:
    """The SDK raised a plain ValueError here, and a recording was processed for ever."""
    simulators.order("openai", scenario=scenario)
    runs: list[ai.RunRecord] = []

    with pytest.raises(ai.AllModelsFailed):
        speech.transcribe(silence(1), on_run=runs.append)

    assert {run.outcome for run in runs} == {"invalid_answer"}


def test_without_any_vendor_the_missing_settings_are_named(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(CapabilityNotConfigured, match="OPENAI_API_KEY"):
        chain(ai.Purpose.TRANSCRIBE)
