"""API Gateway with its authorizer as an ASGI application, so that a fuzzer's bytes reach the handlers as events."""

import asyncio
import base64
import importlib.util
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from local.gateway_responses import GatewayResponses
from local.openapi import ROOT, UNSIGNED
from tests.gateway import Person, handler_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Answer = tuple[int, Mapping[str, str], bytes]


class FrontDoor:
    """Callers are known by bearer tokens. `replacing` puts another handler in the place of a resource's own; `anyone`
    is who comes without a token that is known.

    Handlers run in one thread with an event loop, as in a Lambda: one request at a time.
    """

    def __init__(
        self,
        callers: Mapping[str, Person],
        *,
        replacing: Mapping[str, Handler] | None = None,
        anyone: Person | None = None,
    ) -> None:
        self.callers = callers
        self.replacing = replacing or {}
        self.anyone = anyone
        self._lambda = ThreadPoolExecutor(1, initializer=_with_an_event_loop)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, headers, content = self.answer(scope, body)
        sent = [(name.encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": content})

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Ask without a client between, which would mend what it is given."""
        own = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
        sent = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in {**own, **(headers or {})}.items()]
        scope = {"path": path, "method": method, "query_string": query.encode(), "headers": sent}
        return self.answer(scope, body)

    def answer(self, scope: Scope, body: bytes) -> Answer:
        """The gateway's own refusal, or what the handler answers."""
        path = scope["path"]
        parts = path.split("/")
        if len(parts) < 4 or not _is_resource(parts[2], parts[3]):
            return _refused("identity", "MISSING_AUTHENTICATION_TOKEN", 403)
        headers = {
            name.decode("latin-1").title(): value.decode("latin-1") for name, value in scope["headers"]
        }
        caller = None
        if not any(part in path for part in UNSIGNED):
            scheme, _, token = headers.get("Authorization", "").partition(" ")
            caller = self.callers.get(token, self.anyone) if scheme.lower() == "bearer" else self.anyone
            if caller is None:
                return _refused(parts[2], "UNAUTHORIZED", 401)
        handler = self.replacing.get("/".join(parts[:4])) or handler_of(path)
        event = _event(scope, headers, body, caller)
        answer = self._lambda.submit(handler, event, None).result()
        content = answer.get("body") or ""
        return (
            answer["statusCode"],
            answer.get("headers") or {},
            base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode(),
        )


def _event(scope: Scope, headers: Mapping[str, str], body: bytes, caller: Person | None) -> dict[str, Any]:
    """A REST API proxy event; a body that is not text comes as base64."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="replace")
    try:
        content, encoded = body.decode(), False
    except UnicodeDecodeError:
        content, encoded = base64.b64encode(body).decode(), True
    return {
        "resource": "/{proxy+}",
        "path": scope["path"],
        "httpMethod": scope["method"],
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": scope["method"],
            "path": f"/live{scope['path']}",
            "stage": "live",
            "requestId": "fuzz",
            "identity": {"sourceIp": "127.0.0.1"},
            **({"authorizer": caller.context()} if caller else {}),
        },
        "body": content or None,
        "isBase64Encoded": encoded,
    }


def _with_an_event_loop() -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())


@cache
def _is_resource(domain: str, resource: str) -> bool:
    name = f"{domain}.endpoints.{resource.replace('-', '_')}"
    try:
        return (
            all(part.isidentifier() for part in name.split("."))
            and importlib.util.find_spec(name) is not None
        )
    except ModuleNotFoundError:
        return False


@cache
def _responses(domain: str) -> GatewayResponses:
    return GatewayResponses(ROOT / "functions" / domain / "template.yaml")


def _refused(domain: str, kind: str, status: int) -> Answer:
    refusal = _responses(domain).of(kind, status)
    return refusal.status, refusal.headers, refusal.render("fuzz")
