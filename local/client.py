"""The product as its API's clients see it: sign in, call, upload, wait. The seed and the journey speak through it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
POLL_SECONDS = 0.25
PASSING = {"request_in_progress", "rate_limited"}
"""What is over soon: another worker is at it, or all workers are busy."""

T = TypeVar("T")


class Refused(Exception):
    """The product answered with a problem document."""

    def __init__(self, method: str, path: str, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(
            f"{method} {path}: {status} {problem.get('code')}: {problem.get('detail')} {problem.get('errors') or ''}"
        )
        self.status, self.problem = status, problem

    @property
    def code(self) -> str:
        """The problem's stable code."""
        return str(self.problem.get("code"))


class NotInTime(Exception):
    """What was waited for did not come."""


@dataclass
class Client:
    """One caller. `token` is a sign-in's or an API key; `organization` is named where they have several;
    `correlation_id` joins requests to one story, where there is one to tell."""

    url: str
    token: str | None = None
    organization: str | None = None
    correlation_id: str | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=TIMEOUT))

    def sign_in(self, email: str, password: str) -> Self:
        """A client of this person, by Cognito's USER_PASSWORD_AUTH."""
        config = self.http.get(f"{self.url}/config.json").raise_for_status().json()
        answer = self.http.post(
            config["cognito_url"] + "/",
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
            },
            json={
                "AuthFlow": "USER_PASSWORD_AUTH",
                "ClientId": config["user_pool_client_id"],
                "AuthParameters": {"USERNAME": email, "PASSWORD": password},
            },
        )
        if answer.is_error:
            raise Refused(
                "POST", "sign-in", answer.status_code, {"code": "sign_in_refused", "detail": answer.text}
            )
        token = answer.json()["AuthenticationResult"]["IdToken"]
        return replace(self, token=token)

    def within(self, organization: str) -> Self:
        """The same caller, acting in this organization."""
        return replace(self, organization=organization)

    def telling(self, correlation_id: str) -> Self:
        """The same caller, whose requests belong to this story: `make trace ID=...`."""
        return replace(self, correlation_id=correlation_id)

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, query={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """A POST always carries an Idempotency-Key; a repeated one is safe."""
        return self._call(
            "POST", path, body={} if body is None else body, headers={"Idempotency-Key": key or str(uuid4())}
        )

    def patch(self, path: str, body: Any, *, etag: str | None = None) -> Any:
        return self._call("PATCH", path, body=body, headers={"If-Match": etag} if etag else {})

    def put(self, path: str, body: Any) -> Any:
        return self._call("PUT", path, body=body)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path)

    def every(self, path: str, **query: Any) -> list[Any]:
        """All rows of a list, page by page."""
        rows: list[Any] = []
        cursor = None
        while True:
            page = self.get(path, limit=100, cursor=cursor, **query)
            rows += page["data"]
            cursor = page["page"]["next_cursor"]
            if cursor is None:
                return rows

    def upload(self, presigned: Mapping[str, Any], file: Path | bytes, *, content_type: str) -> None:
        """Send a file to storage by the presigned POST that the product gave."""
        content = file if isinstance(file, bytes) else file.read_bytes()
        answer = self.http.post(
            presigned["url"], data=presigned["fields"], files={"file": ("file", content, content_type)}
        )
        if answer.is_error:
            raise Refused(
                "POST", "upload", answer.status_code, {"code": "storage_refused", "detail": answer.text[:300]}
            )

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.organization:
            sent["Lodestar-Organization"] = self.organization
        if self.correlation_id:
            sent["X-Correlation-Id"] = self.correlation_id
        answer = self.http.request(method, self.url + path, json=body, params=query, headers=sent)
        content = (
            answer.json()
            if answer.content and "json" in answer.headers.get("content-type", "")
            else answer.text
        )
        if answer.is_error:
            raise Refused(
                method,
                path,
                answer.status_code,
                content if isinstance(content, dict) else {"detail": content},
            )
        return content


@dataclass
class PatientClient(Client):
    """A client that repeats a request, with the same Idempotency-Key, until the product answers it.

    A request that has no answer, and one that failed by no fault of the caller's, is repeated for `patience`
    seconds; then NotInTime tells the last failure. What the product refuses is raised at once.
    """

    patience: float = 60

    def _call(self, method: str, path: str, **request: Any) -> Any:
        call = super()._call
        last: list[Exception] = []

        def answered() -> list[Any] | None:
            try:
                return [call(method, path, **request)]
            except httpx.HTTPError as error:
                last[:] = [error]
            except Refused as refused:
                if refused.status < httpx.codes.INTERNAL_SERVER_ERROR and refused.code not in PASSING:
                    raise
                last[:] = [refused]
            return None

        try:
            return wait_for(answered, seconds=self.patience, what=f"an answer to {method} {path}")[0]
        except NotInTime as error:
            raise NotInTime(f"{error}; the last was {last}") from error


def wait_for(look: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """The first answer of `look` that is not None (or False); `NotInTime` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise NotInTime(f"{what} did not come within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)
