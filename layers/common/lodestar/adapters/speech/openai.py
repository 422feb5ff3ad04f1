"""OpenAI's speech: Whisper and its successors for transcription, TTS for the voice."""

import openai
from openai.types.audio import TranscriptionVerbose

from lodestar.adapters.ai.openai import client_of, speaking
from lodestar.adapters.ai.registry import logged_name
from lodestar.adapters.speech.port import Audio, Segment, Speech, Transcript
from lodestar.adapters.vendors import VendorServer

LANGUAGES = {"english": "en", "hindi": "hi", "spanish": "es", "french": "fr", "german": "de"}
"""whisper-1 answers with the language's English name; ours are ISO 639-1 codes."""

WHISPER_MICROS_A_SECOND = 100
"""whisper-1 costs 0.006 US dollars a minute."""


class OpenAiSpeech:
    """One speech model. Only whisper-1 tells the times of segments; the others answer none."""

    vendor = "openai"

    def __init__(self, model: str, *, server: VendorServer, timeout_seconds: float) -> None:
        self._model = model
        self._server = server
        self.name = logged_name(model, server)
        self._client = client_of(server, timeout_seconds=timeout_seconds)

    def transcribe(self, audio: Audio, *, language: str | None) -> Transcript:
        file = (audio.filename, audio.data, audio.content_type)
        hint = language if language is not None else openai.omit
        with speaking(self.name):
            if self._model != "whisper-1":
                plain = self._client.audio.transcriptions.create(
                    model=self._model, file=file, language=hint, response_format="json"
                )
                return Transcript(text=plain.text.strip(), segments=(), language=language, model=self.name)
            told = self._client.audio.transcriptions.create(
                model=self._model, file=file, language=hint, response_format="verbose_json"
            )
            return self._timed(told, language=language)

    def _timed(self, told: TranscriptionVerbose, *, language: str | None) -> Transcript:
        segments = tuple(
            Segment(
                start_ms=round(segment.start * 1000),
                end_ms=round(segment.end * 1000),
                text=segment.text.strip(),
            )
            for segment in told.segments or ()
        )
        cost = 0 if self._server.offline else round(float(told.duration) * WHISPER_MICROS_A_SECOND)
        return Transcript(
            text=told.text.strip(),
            segments=segments,
            language=LANGUAGES.get(told.language, language),
            model=self.name,
            cost_usd_micros=cost,
        )

    def speak(self, text: str, *, voice: str) -> Speech:
        with speaking(self.name):
            answer = self._client.audio.speech.create(
                model=self._model, voice=voice, input=text, response_format="wav"
            )
            data = answer.read()
        audio = Audio(data=data, content_type="audio/wav", filename="speech.wav")
        return Speech(audio=audio, model=self.name, cost_usd_micros=0 if self._server.offline else None)
