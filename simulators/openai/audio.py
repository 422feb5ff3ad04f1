"""Transcription and speech. Source: https://platform.openai.com/docs/api-reference/audio"""

import io
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

from simulators.composing.speech import NotAudio, hear, say
from simulators.control import Control
from simulators.journal import Journal
from simulators.openai.errors import ApiError, request_id
from simulators.openai.models import must_serve
from simulators.spoiling import garbled, translated

LARGEST_FILE = 25 * 1024 * 1024


class SpeechRequest(BaseModel):
    """The body of /v1/audio/speech."""

    model: str
    input: Annotated[str, Field(max_length=4096)]
    voice: str
    response_format: Literal["wav"] = "wav"


def audio_router(control: Control, journal: Journal) -> APIRouter:
    """The endpoints of audio."""
    router = APIRouter()

    @router.post("/v1/audio/transcriptions")
    def transcribe(
        file: Annotated[UploadFile, File()],
        model: Annotated[str, Form()],
        response_format: Annotated[str, Form()] = "json",
    ) -> Response:
        must_serve(control, model)
        data = file.file.read(LARGEST_FILE + 1)
        journal.add("openai", "audio.transcriptions", model=model, filename=file.filename, size=len(data))
        if len(data) > LARGEST_FILE:
            raise ApiError(
                413, "Maximum content size limit (26214400) exceeded.", code=None, kind="server_error"
            )
        return _transcription(data, response_format, control.orders["openai"].scenario)

    @router.post("/v1/audio/speech")
    def speak(body: SpeechRequest) -> Response:
        must_serve(control, body.model)
        journal.add("openai", "audio.speech", model=body.model, voice=body.voice, input=body.input)
        sound = say(body.input, voice=body.voice)
        return Response(sound, media_type="audio/wav", headers={"x-request-id": request_id()})

    return router


def _transcription(data: bytes, response_format: str, scenario: str) -> Response:
    try:
        heard, duration = hear(io.BytesIO(data))
    except NotAudio as error:
        raise ApiError(400, "Invalid file format.", code=None) from error
    text = " ".join(segment.text for segment in heard)
    headers = {"x-request-id": request_id()}
    if response_format == "text":
        return PlainTextResponse(text, headers=headers)
    body: dict[str, Any] = {"text": text}
    if response_format == "verbose_json":
        segments = [
            _segment(nth, start=said.start, end=said.end, text=said.text) for nth, said in enumerate(heard)
        ]
        body |= {"task": "transcribe", "language": "english", "duration": duration, "segments": segments}
    return _spoiled(body, scenario, headers=headers)


def _spoiled(body: dict[str, Any], scenario: str, *, headers: dict[str, str]) -> Response:
    """The transcript, as the scenario has it."""
    match scenario:
        case "refusing":
            raise ApiError(400, "The audio violates our usage policies.", code="content_policy_violation")
        case "garbled" | "truncated":
            return Response(garbled(body), media_type="application/json", headers=headers)
        case "rubbish":
            body = {"sorry": "I cannot hear you"}
        case "empty":
            body |= {"text": "", "segments": []}
        case "other_language":
            body = translated(body) | {"language": "hindi"}
    return JSONResponse(body, headers=headers)


def _segment(nth: int, *, start: float, end: float, text: str) -> dict[str, Any]:
    return {
        "id": nth,
        "seek": 0,
        "start": start,
        "end": end,
        "text": f" {text}",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": 0.0,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.0,
    }
