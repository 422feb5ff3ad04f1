"""Models and generateContent. Source: https://ai.google.dev/api/generate-content"""

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from simulators.composing import Brief, compose
from simulators.composing.speech import NotAudio, hear
from simulators.control import Control, VendorFault
from simulators.gemini.errors import ApiError, answered, fault, invalid
from simulators.gemini.files import Files, files_router, upload_router
from simulators.journal import Journal
from simulators.spoiling import garbled, spoiled

VENDOR = "gemini"
CHARACTERS_A_TOKEN = 4


def create_app(control: Control, journal: Journal, directory: Path) -> FastAPI:
    """The API under whichever path it is mounted."""
    app = FastAPI(title="Gemini API", dependencies=[Depends(control.gate(VENDOR)), Depends(_key)])
    files = Files(directory)
    app.include_router(upload_router(files, journal))
    app.include_router(files_router(files, journal))
    app.add_exception_handler(ApiError, answered)
    app.add_exception_handler(VendorFault, fault)
    app.add_exception_handler(RequestValidationError, invalid)

    @app.get("/v1beta/models/{model}")
    def get_model(model: str) -> dict[str, Any]:
        _must_serve(control, model)
        return _model(model)

    @app.get("/v1beta/models")
    def list_models() -> dict[str, Any]:
        return {"models": [_model(name) for name in ("gemini-2.0-flash", "gemini-flash-latest")]}

    @app.post("/v1beta/models/{model}:generateContent")
    def generate(model: str, body: dict[str, Any]) -> Response:
        _must_serve(control, model)
        scenario = control.orders[VENDOR].scenario
        system, user = _text(body.get("systemInstruction")), _text(*body.get("contents", []))
        journal.add(VENDOR, "generateContent", model=model, system=system, user=user)
        if scenario == "refusing":
            blocked = {
                "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
                "usageMetadata": _usage(user, ""),
            }
            return JSONResponse(blocked)
        heard = _heard(files, body) if "<material" not in user else ""
        answer = _answer(control, body, system=system, user=user, heard=heard)
        whole = _response(model, system + user, spoiled(answer, scenario))
        if scenario == "garbled":
            return Response(garbled(whole), media_type="application/json")
        return JSONResponse(whole)

    return app


def _answer(control: Control, body: dict[str, Any], *, system: str, user: str, heard: str) -> str:
    """The JSON that the schema asks for."""
    brief = Brief.parse(
        system=system,
        user=user,
        rng=control.rng(VENDOR),
        obedient=control.orders[VENDOR].scenario == "obedient",
        media_text=heard,
    )
    return json.dumps(compose(_schema(body.get("generationConfig", {})), brief), ensure_ascii=False)


def _key(
    request: Request, x_goog_api_key: Annotated[str | None, Header()] = None, key: str | None = None
) -> None:
    """Every call but the upload's own URL, which is secret in itself, needs a key."""
    if not (x_goog_api_key or key or "upload_id" in request.query_params):
        raise ApiError(403, "Method doesn't allow unregistered callers. Please use API Key.")


def _must_serve(control: Control, model: str) -> None:
    if control.orders[VENDOR].scenario == "retired" or not model.startswith("gemini-"):
        raise ApiError(404, f"models/{model} is not found for API version v1beta, or is not supported.")


def _model(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 8192,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


def _schema(config: dict[str, Any]) -> dict[str, Any]:
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    if config.get("responseMimeType") != "application/json" or not isinstance(schema, dict):
        return {"type": "object", "properties": {"text": {"type": "string"}}}
    return schema


def _text(*contents: dict[str, Any] | None) -> str:
    return "\n".join(
        part.get("text", "") for content in contents if content for part in content.get("parts", [])
    )


def _heard(files: Files, body: dict[str, Any]) -> str:
    """What is said in the videos that the request refers to."""
    heard: list[str] = []
    for content in body.get("contents", []):
        for part in content.get("parts", []):
            if "fileData" in part:
                try:
                    segments, _ = hear(files.content(part["fileData"]["fileUri"]))
                except NotAudio:
                    continue
                heard.extend(segment.text for segment in segments)
    return "\n".join(heard)


def _response(model: str, asked: str, text: str) -> dict[str, Any]:
    return {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": _usage(asked, text),
        "modelVersion": model,
        "responseId": uuid4().hex,
    }


def _usage(asked: str, text: str) -> dict[str, int]:
    prompt, answer = len(asked) // CHARACTERS_A_TOKEN, len(text) // CHARACTERS_A_TOKEN
    return {"promptTokenCount": prompt, "candidatesTokenCount": answer, "totalTokenCount": prompt + answer}
