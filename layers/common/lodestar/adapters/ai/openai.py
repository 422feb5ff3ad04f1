"""OpenAI, and servers that speak its protocol (Ollama, vLLM), by chat completions."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import openai
from openai.types.chat import ChatCompletion

from lodestar.adapters.ai.errors import (
    AiError,
    ModelAnswerInvalid,
    ModelRefused,
    ModelRetired,
    ModelUnavailable,
)
from lodestar.adapters.ai.port import Generation, GenerationRequest
from lodestar.adapters.ai.prompting import parsed_answer, system_text, user_text
from lodestar.adapters.ai.registry import cost_usd_micros, logged_name
from lodestar.adapters.ai.schemas import openai_schema
from lodestar.adapters.retrying import seconds
from lodestar.adapters.vendors import VendorServer

TRANSIENT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})


def client_of(server: VendorServer, *, timeout_seconds: float) -> openai.OpenAI:
    """The SDK's client with our timeout and none of its own retries."""
    return openai.OpenAI(
        api_key=server.api_key, base_url=server.base_url, timeout=timeout_seconds, max_retries=0
    )


def translated(error: openai.OpenAIError, *, model: str) -> AiError:
    """The vendor's error in our terms. Source: https://platform.openai.com/docs/guides/error-codes"""
    if isinstance(error, openai.APITimeoutError):
        return ModelUnavailable(model, "no answer in time")
    if isinstance(error, openai.APIConnectionError):
        return ModelUnavailable(model, f"unreachable: {error.__cause__ or error}")
    if not isinstance(error, openai.APIStatusError):
        return ModelAnswerInvalid(model, f"unreadable answer: {error}")
    reason = f"{error.status_code} {error.code or ''}: {error.message} ({error.request_id or 'no id'})"
    if error.status_code == HTTPStatus.NOT_FOUND:
        return ModelRetired(model, reason)
    passing = error.status_code in TRANSIENT or error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    if passing and error.code != "insufficient_quota":
        retry_after = seconds(error.response.headers.get("retry-after"))
        return ModelUnavailable(model, reason, retry_after=retry_after)
    return ModelRefused(model, reason)


@contextmanager
def speaking(model: str) -> Iterator[None]:
    """What goes wrong within, in our terms: the vendor's errors, and an answer that is not the documented shape, of
    which the SDK makes what it can (half a document, as a broken connection leaves it, is a plain ValueError)."""
    try:
        yield
    except openai.OpenAIError as error:
        raise translated(error, model=model) from error
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise ModelAnswerInvalid(model, f"unreadable answer: {error}") from error


class OpenAiModel:
    """One chat model; the answer's shape is enforced by strict structured output."""

    vendor = "openai"
    takes_video = False

    def __init__(self, model: str, *, server: VendorServer, timeout_seconds: float) -> None:
        self._model = model
        self._server = server
        self.name = logged_name(model, server)
        self._client = client_of(server, timeout_seconds=timeout_seconds)

    def generate(self, request: GenerationRequest) -> Generation:
        if request.media is not None:
            raise ModelRefused(self.name, "this model takes no video")
        started = time.monotonic()
        with speaking(self.name):
            completion = self._client.chat.completions.create(
                model=self._model,
                messages=[
                    {"role": "system", "content": system_text(request)},
                    {"role": "user", "content": user_text(request)},
                ],
                temperature=request.temperature,
                max_completion_tokens=request.max_output_tokens,
                response_format={"type": "json_schema", "json_schema": _response_format(request)},
            )
            return self._generation(request, completion, started=started)

    def check(self, *, timeout_seconds: float) -> None:
        with speaking(self.name):
            self._client.with_options(timeout=timeout_seconds).models.retrieve(self._model)

    def _generation(
        self, request: GenerationRequest, completion: ChatCompletion, *, started: float
    ) -> Generation:
        choice = completion.choices[0] if completion.choices else None
        if choice is None:
            raise ModelAnswerInvalid(self.name, "the answer holds no choice")
        if choice.message.refusal or choice.finish_reason == "content_filter":
            raise ModelRefused(self.name, choice.message.refusal or "blocked by the content filter")
        if choice.finish_reason == "length":
            raise ModelAnswerInvalid(self.name, "the answer was cut off at its token limit")
        usage = completion.usage
        spent = {
            "input_tokens": usage.prompt_tokens if usage else 0,
            "output_tokens": usage.completion_tokens if usage else 0,
        }
        return Generation(
            value=parsed_answer(choice.message.content, schema=request.schema, model=self.name),
            model=self.name,
            latency_ms=round((time.monotonic() - started) * 1000),
            cost_usd_micros=cost_usd_micros(self._model, self._server, **spent),
            finish_reason=choice.finish_reason,
            **spent,
        )


def _response_format(request: GenerationRequest) -> Any:
    return {"name": request.schema.__name__, "strict": True, "schema": openai_schema(request.schema)}
