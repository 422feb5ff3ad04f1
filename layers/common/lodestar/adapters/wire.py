"""Requests to vendors whose effect must not happen twice: every end of a call has one of four names."""

import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from lodestar.adapters.retrying import seconds
from lodestar.adapters.sending import NotSent, OutcomeUnknown, Refused

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 15.0
"""Both together, and what is done before and after a call, fit into the time of the function that makes it."""

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

_TRY_LATER = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.TOO_MANY_REQUESTS})
"""What somebody else mends without touching the message: a key, an account's balance, a rate."""


class Wire:
    """One vendor's API over HTTPS.

    `unknown_statuses` are the vendor's answers after which the request may nevertheless have been carried out; other
    errors of the 500s are NotSent. Redirects are never followed: nothing of ours is posted to an address that an answer
    names.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        unknown_statuses: frozenset[int],
    ) -> None:
        self._vendor = vendor
        self._unknown_statuses = unknown_statuses
        self._client = httpx.Client(
            base_url=base_url,
            headers={"user-agent": "lodestar", **(headers or {})},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
        )

    def post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """A successful answer. Raises NotSent, Refused and OutcomeUnknown."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            answer = self._client.post(path, content=content, headers={"content-type": "application/json"})
        except _NEVER_LEFT as error:
            raise NotSent(f"{self._vendor} could not be reached ({type(error).__name__}).") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"{self._vendor} did not answer ({type(error).__name__}).") from error
        if answer.status_code in self._unknown_statuses:
            raise OutcomeUnknown(f"{self._vendor} answered {answer.status_code} without an outcome.")
        self._raise_for(answer)
        return answer

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """A document, None where there is none of that name. Raises NotSent and Refused."""
        try:
            answer = self._client.get(path, params=params)
        except httpx.HTTPError as error:
            raise NotSent(f"{self._vendor} could not be asked ({type(error).__name__}).") from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        self._raise_for(answer)
        document = parsed(answer)
        if document is None:
            raise NotSent(f"{self._vendor} answered what is no JSON.")
        return document

    def _raise_for(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        if answer.is_client_error and status not in _TRY_LATER:
            raise RefusedAnswer(self._vendor, answer)
        what = "redirected" if answer.is_redirect else f"answered {status}"
        raise NotSent(f"{self._vendor} {what}: {words_of(answer)}", retry_after=retry_after(answer))


class RefusedAnswer(Refused):
    """A refusal with the names of the request's fields that the vendor finds fault with."""

    def __init__(self, vendor: str, answer: httpx.Response) -> None:
        super().__init__(f"refused_{answer.status_code}", f"{vendor} refused: {words_of(answer)}")
        document = parsed(answer)
        errors = document.get("errors") if isinstance(document, dict) else None
        listed = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        self.fields = [str(error.get("field") or "") for error in listed]


def parsed(answer: httpx.Response) -> Any:
    """The answer's JSON; None of what is none."""
    try:
        return answer.json()
    except ValueError:
        return None


def words_of(answer: httpx.Response) -> str:
    """What the answer's body says went wrong, as the vendors word it, in at most 300 characters."""
    document = parsed(answer)
    if not isinstance(document, dict):
        return "no reason given"
    errors = document.get("errors")
    if isinstance(errors, list) and errors:
        texts = [str(error.get("message")) for error in errors if isinstance(error, dict)]
        return " ".join(texts)[:300]
    for name in ("message", "errorMessage", "error", "detail"):
        if isinstance(document.get(name), str):
            return str(document[name])[:300]
    return "no reason given"


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds to wait: Retry-After, else until X-RateLimit-Reset (seconds since the epoch) where nothing remains."""
    told = seconds(answer.headers.get("retry-after"))
    if told is not None:
        return told
    reset = seconds(answer.headers.get("x-ratelimit-reset"))
    return None if reset is None else max(0.0, reset - time.time())
