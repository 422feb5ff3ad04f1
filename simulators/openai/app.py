"""Models and chat completions. Source: https://platform.openai.com/docs/api-reference/chat"""

import json
import time
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from simulators.composing import Brief, compose
from simulators.control import Control, VendorFault
from simulators.journal import Journal
from simulators.openai.audio import audio_router
from simulators.openai.errors import ApiError, answered, fault, invalid, request_id
from simulators.openai.models import MODELS, VENDOR, described, must_serve
from simulators.spoiling import garbled, spoiled

CHARACTERS_A_TOKEN = 4


def create_app(control: Control, journal: Journal) -> FastAPI:
    """The API under whichever path it is mounted."""
    app = FastAPI(title="OpenAI API", dependencies=[Depends(_key), Depends(control.gate(VENDOR))])
    app.include_router(audio_router(control, journal))
    app.add_exception_handler(ApiError, answered)
    app.add_exception_handler(VendorFault, fault)
    app.add_exception_handler(RequestValidationError, invalid)

    @app.get("/v1/models")
    def list_models() -> dict[str, Any]:
        return {"object": "list", "data": [described(name) for name in MODELS]}

    @app.get("/v1/models/{model}")
    def get_model(model: str) -> dict[str, Any]:
        must_serve(control, model)
        return described(model)

    @app.post("/v1/chat/completions")
    def complete(body: dict[str, Any]) -> Response:
        model = str(body.get("model", ""))
        must_serve(control, model)
        system, user = _said(body, "system", "developer"), _said(body, "user")
        journal.add(VENDOR, "chat.completions", model=model, system=system, user=user)
        message = {"role": "assistant", **_answer(control, body, system=system, user=user)}
        whole = _completion(model, system + user, message)
        headers = {"x-request-id": request_id()}
        if control.orders[VENDOR].scenario == "garbled":
            return Response(garbled(whole), media_type="application/json", headers=headers)
        return JSONResponse(whole, headers=headers)

    return app


def _answer(control: Control, body: dict[str, Any], *, system: str, user: str) -> dict[str, str | None]:
    """The assistant's content, or its refusal."""
    scenario = control.orders[VENDOR].scenario
    if scenario == "refusing":
        return {"content": None, "refusal": "I'm sorry, I can't assist with that request."}
    brief = Brief.parse(system=system, user=user, rng=control.rng(VENDOR), obedient=scenario == "obedient")
    answer = json.dumps(compose(_schema(body), brief), ensure_ascii=False)
    return {"content": spoiled(answer, scenario), "refusal": None}


def _key(authorization: Annotated[str | None, Header()] = None) -> None:
    if not authorization or not authorization.removeprefix("Bearer ").strip():
        raise ApiError(401, "You didn't provide an API key.", code=None)


def _said(body: dict[str, Any], *roles: str) -> str:
    texts: list[str] = []
    for message in body.get("messages", []):
        if message.get("role") in roles:
            content = message.get("content") or ""
            parts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
            texts.extend(parts)
    return "\n".join(texts)


def _schema(body: dict[str, Any]) -> dict[str, Any]:
    wanted = body.get("response_format", {})
    if wanted.get("type") != "json_schema":
        return {"type": "object", "properties": {"text": {"type": "string"}}}
    schema = wanted.get("json_schema", {}).get("schema")
    if not isinstance(schema, dict):
        raise ApiError(
            400,
            "Missing required parameter: 'response_format.json_schema.schema'.",
            code="missing_required_parameter",
        )
    return schema


def _completion(model: str, asked: str, message: dict[str, Any]) -> dict[str, Any]:
    prompt = len(asked) // CHARACTERS_A_TOKEN
    answer = len(message["content"] or "") // CHARACTERS_A_TOKEN
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer},
        "system_fingerprint": "fp_simulated",
    }
