"""Google Gemini by its developer API: structured output, and videos through file upload."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any, cast

import httpx
from google import genai
from google.genai import errors, types

from lodestar.adapters.ai.errors import (
    AiError,
    ModelAnswerInvalid,
    ModelRefused,
    ModelRetired,
    ModelUnavailable,
)
from lodestar.adapters.ai.port import Generation, GenerationRequest, MediaInput
from lodestar.adapters.ai.prompting import parsed_answer, system_text, user_text
from lodestar.adapters.ai.registry import cost_usd_micros, logged_name
from lodestar.adapters.ai.schemas import gemini_schema
from lodestar.adapters.retrying import seconds
from lodestar.adapters.vendors import VendorServer

REFUSED = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"})

TRANSIENT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})

API_VERSION = "v1beta"
"""The version that has file upload and JSON schemas; the SDK's default moves with its releases."""

FILE_POLL_SECONDS = 1.0


class GeminiModel:
    """One Gemini model. Timeouts are ours, in seconds; the SDK never retries by itself."""

    vendor = "gemini"
    takes_video = True

    def __init__(self, model: str, *, server: VendorServer, timeout_seconds: float) -> None:
        self._model = model
        self._server = server
        self._timeout_seconds = timeout_seconds
        self.name = logged_name(model, server)
        self._client = genai.Client(
            api_key=server.api_key,
            http_options=types.HttpOptions(
                base_url=server.base_url,
                api_version=API_VERSION,
                timeout=round(timeout_seconds * 1000),
                retry_options=types.HttpRetryOptions(attempts=1),
                httpx_client=httpx.Client(timeout=httpx.Timeout(timeout_seconds, connect=5.0)),
            ),
        )

    def generate(self, request: GenerationRequest) -> Generation:
        started = time.monotonic()
        try:
            with self._uploaded(request.media, deadline=started + self._timeout_seconds) as files:
                response = self._client.models.generate_content(
                    model=self._model,
                    contents=cast("Any", [*files, user_text(request)]),
                    config=_config(request),
                )
        except (errors.APIError, httpx.HTTPError, ValueError) as error:
            raise self._translated(error) from error
        return self._generation(request, response, started=started)

    def check(self, *, timeout_seconds: float) -> None:
        try:
            self._client.models.get(
                model=self._model,
                config=types.GetModelConfig(
                    http_options=types.HttpOptions(timeout=round(timeout_seconds * 1000))
                ),
            )
        except (errors.APIError, httpx.HTTPError) as error:
            raise self._translated(error) from error

    def _generation(
        self, request: GenerationRequest, response: types.GenerateContentResponse, *, started: float
    ) -> Generation:
        candidate = response.candidates[0] if response.candidates else None
        reason = candidate.finish_reason.name if candidate and candidate.finish_reason else "UNKNOWN"
        blocked = response.prompt_feedback.block_reason if response.prompt_feedback else None
        if blocked is not None or reason in REFUSED:
            raise ModelRefused(self.name, f"blocked: {blocked.name if blocked else reason}")
        if reason == "MAX_TOKENS":
            raise ModelAnswerInvalid(self.name, "the answer was cut off at its token limit")
        usage = response.usage_metadata or types.GenerateContentResponseUsageMetadata()
        spent = {
            "input_tokens": usage.prompt_token_count or 0,
            "output_tokens": (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
        }
        return Generation(
            value=parsed_answer(response.text, schema=request.schema, model=self.name),
            model=self.name,
            latency_ms=round((time.monotonic() - started) * 1000),
            cost_usd_micros=cost_usd_micros(self._model, self._server, **spent),
            finish_reason=reason.lower(),
            **spent,
        )

    @contextmanager
    def _uploaded(self, media: MediaInput | None, *, deadline: float) -> Iterator[list[types.File]]:
        """The video as a file at the vendor, once processed there; deleted again afterwards."""
        if media is None:
            yield []
            return
        file = self._client.files.upload(
            file=media.path, config=types.UploadFileConfig(mime_type=media.content_type)
        )
        try:
            yield [self._processed(file, deadline=deadline)]
        finally:
            self._discard(file)

    def _processed(self, file: types.File, *, deadline: float) -> types.File:
        while file.state == types.FileState.PROCESSING:
            if time.monotonic() > deadline:
                raise ModelUnavailable(self.name, "the vendor did not process the video in time")
            time.sleep(FILE_POLL_SECONDS)
            file = self._client.files.get(name=str(file.name))
        if file.state == types.FileState.FAILED:
            raise ModelRefused(self.name, "the vendor could not process the video")
        return file

    def _discard(self, file: types.File) -> None:
        """Delete a learner's video at the vendor; should this fail, it expires there within 48 hours."""
        with suppress(errors.APIError, httpx.HTTPError):
            self._client.files.delete(name=str(file.name))

    def _translated(self, error: Exception) -> AiError:
        """The vendor's error in our terms. Source: https://ai.google.dev/gemini-api/docs/troubleshooting"""
        if isinstance(error, httpx.TimeoutException):
            return ModelUnavailable(self.name, f"no answer within {self._timeout_seconds:g} s")
        if isinstance(error, httpx.HTTPError):
            return ModelUnavailable(self.name, f"unreachable: {error}")
        if not isinstance(error, errors.APIError):
            return ModelAnswerInvalid(self.name, f"unreadable answer: {error}")
        reason = f"{error.code} {error.status}: {error.message}"
        if error.code == HTTPStatus.NOT_FOUND:
            return ModelRetired(self.name, reason)
        if error.code in TRANSIENT or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ModelUnavailable(self.name, reason, retry_after=_retry_after(error))
        return ModelRefused(self.name, reason)


def _retry_after(error: errors.APIError) -> float | None:
    """Seconds to wait, from the body's RetryInfo or the Retry-After header."""
    body = error.details if isinstance(error.details, dict) else {}
    for detail in body.get("error", {}).get("details", []):
        if str(detail.get("@type", "")).endswith("google.rpc.RetryInfo"):
            return seconds(str(detail.get("retryDelay", "")).removesuffix("s"))
    headers = getattr(error.response, "headers", None) or {}
    return seconds(headers.get("retry-after"))


def _config(request: GenerationRequest) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        system_instruction=system_text(request),
        temperature=request.temperature,
        max_output_tokens=request.max_output_tokens,
        response_mime_type="application/json",
        response_json_schema=gemini_schema(request.schema),
    )
