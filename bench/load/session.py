"""One person's HTTP session, which notes each request: its operation, its answer, its time in each layer."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

TIMEOUT = httpx.Timeout(60.0)
IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SERVER_TIMING = re.compile(r"(\w+);dur=([\d.]+)")


@dataclass(frozen=True)
class Sent:
    """A request that was answered, or not: then its status is 0. Milliseconds; `layers` are Server-Timing's."""

    operation: str
    status: int
    milliseconds: float
    correlation_id: str
    layers: Mapping[str, float]


class Failed(Exception):
    """The answer was not what the person could go on with."""


@dataclass
class Session:
    """A signed-in person. Requests that all the people send end in the same `log`."""

    url: str
    http: httpx.AsyncClient
    log: list[Sent]
    token: str | None = None
    ids: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, email: str, password: str) -> None:
        """By Cognito's USER_PASSWORD_AUTH, as the browser does."""
        config = (await self.http.get(f"{self.url}/config.json")).json()
        answer = await self._note(
            "sign in",
            self.http.build_request(
                "POST",
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
            ),
        )
        self.token = answer["AuthenticationResult"]["IdToken"]

    async def get(self, path: str, **query: Any) -> Any:
        return await self._call("GET", path, params=query)

    async def post(self, path: str, body: Any = None) -> Any:
        key = {"Idempotency-Key": str(uuid4())}
        return await self._call("POST", path, json={} if body is None else body, headers=key)

    async def put(self, path: str, body: Any) -> Any:
        return await self._call("PUT", path, json=body)

    async def patch(self, path: str, body: Any) -> Any:
        return await self._call("PATCH", path, json=body)

    async def _call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Any:
        sent = {"X-Correlation-Id": str(uuid4()), **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        operation = f"{method} {IDS.sub('{id}', path)}"
        return await self._note(
            operation, self.http.build_request(method, self.url + path, headers=sent, timeout=TIMEOUT, **more)
        )

    async def _note(self, operation: str, request: httpx.Request) -> Any:
        """Send, and note what came. Raises `Failed` for an answer that is an error, or none."""
        began = time.perf_counter()

        def note(status: int, layers: Mapping[str, float]) -> None:
            elapsed = (time.perf_counter() - began) * 1000
            correlation_id = request.headers.get("X-Correlation-Id", "")
            self.log.append(Sent(operation, status, elapsed, correlation_id, layers))

        try:
            answer = await self.http.send(request)
        except httpx.TransportError as error:
            note(0, {})
            raise Failed(f"{operation}: {error!r}") from error
        timing = SERVER_TIMING.findall(answer.headers.get("server-timing", ""))
        note(answer.status_code, {name: float(value) for name, value in timing})
        if answer.is_error:
            raise Failed(f"{operation}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text
