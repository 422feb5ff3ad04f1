"""One origin for the whole product, as CloudFront makes it on AWS: the domains' APIs, the documentation, the keys.

/_inbox is the simulators' page of what was sent to people; there is none on AWS.

Storage and sign-in are reached at the embedded AWS itself; /config.json tells where.
"""

import asyncio
import contextlib
import json
import re
import time
import uuid
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.aws import REGION
from local.gateway_responses import GatewayResponse, GatewayResponses
from local.settings import ROOT, Settings
from lodestar.problems import NotFound, Problem, Unavailable

CORRELATION_HEADER = "X-Correlation-Id"
LARGEST_BODY = 6 * 1024 * 1024
# The embedded AWS runs 32 functions at once, and a request may take two. Requests beyond that wait here
# instead of being refused, as they would not be on AWS with its thousand.
CONCURRENT_REQUESTS = 12
ANSWER_SECONDS = 60
RECONNECT_SECONDS = 0.25
GATEWAY_RESPONSES = ROOT / "functions" / "identity" / "template.yaml"
OPENAPI = ROOT / "docs" / "openapi.json"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_BETWEEN_NEIGHBOURS = {
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    "host", "content-length", "content-encoding", "date", "server",
}  # fmt: skip


class GatewayError(Exception):
    """An answer of the gateway, not of a function."""

    def __init__(self, response: GatewayResponse) -> None:
        self.response = response


class Outputs:
    """The deployed stack's outputs, read again after each deployment."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed_at = 0
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        with contextlib.suppress(FileNotFoundError):
            changed_at = self._file.stat().st_mtime_ns
            if changed_at != self._changed_at:
                self._values, self._changed_at = json.loads(self._file.read_text()), changed_at
        return self._values.get(name)

    def api(self, domain: str) -> str | None:
        """The id of a domain's REST API."""
        url = re.match(r"https://([^.]+)\.", self.get(f"{domain.capitalize()}Api") or "")
        return url[1] if url else None


class Gateway:
    """Hands requests on to the embedded AWS and makes its own errors the product's."""

    def __init__(self, settings: Settings, outputs: Outputs, *, patience: float) -> None:
        self._outputs = outputs
        self._patience = patience
        self._responses = GatewayResponses(GATEWAY_RESPONSES)
        self._room = asyncio.Semaphore(CONCURRENT_REQUESTS)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        self._aws = httpx.AsyncClient(
            base_url=settings.aws_url, timeout=ANSWER_SECONDS, limits=limits, trust_env=False
        )

    async def call_api(self, request: Request) -> Response:
        """`/v1/<domain>/*`: the stage `live` of that domain's API."""
        if self._outputs.get("UserPoolId") is None:
            raise Unavailable("The product is being deployed.")
        api = self._outputs.api(request.path_params["domain"])
        if api is None:
            raise NotFound("There is no such domain.")
        return await self._forward(request, f"/_aws/execute-api/{api}/live{_raw_path(request)}")

    async def read_key(self, request: Request) -> Response:
        """`/.well-known/*`: what the user pool publishes about the tokens it signs."""
        return await self._forward(request, f"/{self._outputs.get('UserPoolId')}{_raw_path(request)}")

    async def _forward(self, request: Request, path: str) -> Response:
        body = await _read_body(request)
        if body is None:
            raise GatewayError(self._responses.of("REQUEST_TOO_LARGE", 413))
        url = httpx.URL(path=path.partition("?")[0]).copy_with(raw_path=path.encode("ascii"))
        began = time.perf_counter()
        try:
            async with self._room:
                entered = time.perf_counter()
                headers = _headers_for_gateway(request)
                answer = await self._send(
                    self._aws.build_request(request.method, url, headers=headers, content=body)
                )
                answered = time.perf_counter()
        except httpx.TimeoutException as late:
            raise GatewayError(self._responses.of("INTEGRATION_TIMEOUT", 504)) from late
        except httpx.TransportError as gone:
            raise Unavailable("The embedded AWS is starting.") from gone
        own = self._responses.for_answer(answer.status_code, answer.headers, answer.content)
        if own is not None:
            raise GatewayError(own)
        response = Response(b"" if request.method == "HEAD" else answer.content, answer.status_code)
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.decode("latin-1").lower() not in _BETWEEN_NEIGHBOURS
        ]
        response.headers["Content-Length"] = str(len(response.body))
        queued, upstream = (entered - began) * 1000, (answered - entered) * 1000
        response.headers["Server-Timing"] = f"queue;dur={queued:.1f}, gateway;dur={upstream:.1f}"
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """Like CloudFront, try again to connect, and to read, where that can do no harm: for a moment, the emulator
        may be starting again."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return await self._aws.send(request)
            except httpx.TransportError as error:
                harmless = isinstance(error, httpx.ConnectError) or request.method in {"GET", "HEAD"}
                if isinstance(error, httpx.TimeoutException) or not harmless or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(RECONNECT_SECONDS)


def _raw_path(request: Request) -> str:
    """Path and query exactly as the client wrote them."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _headers_for_gateway(request: Request) -> list[tuple[str, str]]:
    kept = [(name, value) for name, value in request.headers.items() if name not in _BETWEEN_NEIGHBOURS]
    host = request.client.host if request.client else "127.0.0.1"
    return [
        *(pair for pair in kept if pair[0] not in (CORRELATION_HEADER.lower(), "x-forwarded-for")),
        (CORRELATION_HEADER, request.state.correlation_id),
        ("X-Forwarded-For", host),
        ("X-Forwarded-Proto", "http"),
    ]


async def _read_body(request: Request) -> bytes | None:
    """None as soon as it is known to be too large, before the rest has come."""
    if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


async def answer_gateway_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    response = error.response
    return Response(response.render(request.state.correlation_id), response.status, dict(response.headers))


async def answer_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    correlation_id = request.state.correlation_id
    document = problem.document(correlation_id)
    return JSONResponse(document, problem.status, problem.headers, media_type="application/problem+json")


class Correlation:
    """Gives each request an id, the client's own or a new one, and each answer that id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = Headers(scope=scope).get(CORRELATION_HEADER) or str(uuid.uuid4())
        scope.setdefault("state", {})["correlation_id"] = correlation_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault(CORRELATION_HEADER, correlation_id)
            await send(message)

        await self._app(scope, receive, send_with_id)


def create_app(settings: Settings, *, patience: float = 20) -> Starlette:
    """The ASGI application; it needs no deployment to start, and answers 503 until there is one.

    For `patience` seconds a request waits for an embedded AWS that does not answer.
    """
    outputs = Outputs(settings.outputs_file)
    gateway = Gateway(settings, outputs, patience=patience)

    async def documentation(_: Request) -> Response:
        return FileResponse(Path(__file__).parent / "docs.html")

    async def openapi(_: Request) -> Response:
        if not OPENAPI.exists():
            raise NotFound("docs/openapi.json is missing; `make openapi` writes it.")
        return FileResponse(OPENAPI, media_type="application/json")

    async def configuration(_: Request) -> Response:
        """What the browser app and scripts need to know before they sign in."""
        endpoint = f"http://localhost:{settings.aws_port}"
        return JSONResponse(
            {
                "api_url": settings.public_url,
                "region": REGION,
                "user_pool_id": outputs.get("UserPoolId"),
                "user_pool_client_id": outputs.get("UserPoolClientId"),
                "cognito_url": endpoint,
                "storage_url": endpoint,
            },
            headers={"Cache-Control": "no-store"},
        )

    simulators = httpx.AsyncClient(base_url=settings.simulator_url, timeout=ANSWER_SECONDS, trust_env=False)

    async def inbox(request: Request) -> Response:
        try:
            answer = await simulators.get(_raw_path(request))
        except httpx.TransportError as gone:
            raise Unavailable("The simulators are starting.") from gone
        kept = {name: text for name, text in answer.headers.items() if name not in _BETWEEN_NEIGHBOURS}
        return Response(answer.content, answer.status_code, kept)

    async def start_page(_: Request) -> Response:
        return RedirectResponse("/docs")

    async def unknown(_: Request) -> Response:
        raise NotFound()

    routes = [
        Route("/", start_page),
        Route("/docs", documentation),
        Route("/openapi.json", openapi),
        Route("/config.json", configuration),
        Route("/.well-known/{name:path}", gateway.read_key),
        Route("/_inbox", inbox),
        Route("/_inbox.json", inbox),
        Route("/_inbox/{rest:path}", inbox),
        Route("/v1/{domain}/{rest:path}", gateway.call_api, methods=METHODS),
        Route("/{rest:path}", unknown, methods=METHODS),
    ]
    middleware = [Middleware(Correlation)]
    handlers = {Problem: answer_problem, GatewayError: answer_gateway_error}
    return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)


app = create_app(Settings.from_environment())
