"""local/proxy.py in front of a gateway that answers as the embedded one does."""

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from local.processes import free_port
from local.proxy import LARGEST_BODY, create_app
from local.settings import Settings

OUTPUTS = {
    "LearningApi": "https://abc123.execute-api.us-east-1.amazonaws.com/live",
    "UserPoolId": "us-east-1_pool",
    "UserPoolClientId": "client",
}


@dataclass
class Gateway:
    """What the upstream answers next, and what it was asked."""

    port: int
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Content-Type", "application/json")])
    body: bytes = b'{"data": []}'
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serving(0) as started:
        yield started


@contextmanager
def serving(port: int) -> Iterator[Gateway]:
    """An HTTP server in place of the embedded AWS."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.asked.append((self.command, self.path, headers, self.rfile.read(size)))
            self.send_response(state.status)
            for name, value in state.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(state.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 - the base class' names

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    state = Gateway(port=server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path, gateway: Gateway) -> Settings:
    deployed = Settings(state_directory=tmp_path, aws_port=gateway.port)
    deployed.outputs_file.write_text(json.dumps(OUTPUTS))
    return deployed


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url=settings.public_url, follow_redirects=False) as made:
        yield made


def test_a_domain_s_api_answers_under_the_one_origin(client: TestClient, gateway: Gateway) -> None:
    answer = client.post("/v1/learning/programs?q=a%2Fb&limit=2", content=b'{"a": 1}')
    assert (answer.status_code, answer.json()) == (200, {"data": []})
    method, path, headers, body = gateway.asked[0]
    assert method == "POST"
    assert path == "/_aws/execute-api/abc123/live/v1/learning/programs?q=a%2Fb&limit=2"
    assert body == b'{"a": 1}'
    assert headers["x-forwarded-proto"] == "http"


def test_an_encoded_path_reaches_the_gateway_as_it_was_written(client: TestClient, gateway: Gateway) -> None:
    client.get("/v1/learning/programs/a%2Fb")
    assert gateway.asked[0][1] == "/_aws/execute-api/abc123/live/v1/learning/programs/a%2Fb"


def test_a_correlation_id_is_created(client: TestClient, gateway: Gateway) -> None:
    answer = client.get("/v1/learning/programs")
    assert answer.headers["X-Correlation-Id"] == gateway.asked[0][2]["x-correlation-id"]


def test_the_client_s_correlation_id_is_passed_on(client: TestClient, gateway: Gateway) -> None:
    answer = client.get("/v1/learning/programs", headers={"X-Correlation-Id": "mine"})
    assert answer.headers["X-Correlation-Id"] == gateway.asked[0][2]["x-correlation-id"] == "mine"


@pytest.mark.parametrize(
    ("status", "error", "message", "expected", "code"),
    [
        (401, "UnauthorizedException", "Unauthorized", 401, "unauthenticated"),
        (403, "AccessDeniedException", "explicit deny", 401, "unauthenticated"),
        (403, "MissingAuthenticationTokenException", "Missing Authentication Token", 404, "not_found"),
        (404, "NotFoundException", "Not Found", 404, "not_found"),
        (429, "TooManyRequestsException", "Too Many Requests", 429, "rate_limited"),
        (413, "RequestTooLargeException", "Request Too Long", 413, "request_too_large"),
        (415, "UnsupportedMediaTypeException", "Unsupported Media Type", 415, "unsupported_media_type"),
        (400, "BadRequestException", "Bad request", 400, "bad_request"),
        (502, "InternalServerErrorException", "Internal server error", 502, "internal_error"),
        (504, "", "Endpoint request timed out", 504, "timeout"),
    ],
)
def test_the_gateway_s_own_errors_become_problem_documents(
    client: TestClient, gateway: Gateway, *, status: int, error: str, message: str, expected: int, code: str
) -> None:
    gateway.status = status
    gateway.body = json.dumps({"message": message}).encode()
    if error:
        gateway.headers.append(("x-amzn-ErrorType", error))
    answer = client.get("/v1/learning/programs", headers={"X-Correlation-Id": "mine"})
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (expected, expected, code)
    assert problem["correlation_id"] == "mine"
    assert ("WWW-Authenticate" in answer.headers) is (expected == 401)
    assert ("Retry-After" in answer.headers) is (expected == 429)


def test_too_many_calls_of_a_function_at_once_are_a_problem_too(client: TestClient, gateway: Gateway) -> None:
    """A learner in a storm got Lambda's own error, which no client knows."""
    error = {"__type": "TooManyRequestsException", "message": "Rate Exceeded.", "retryAfterSeconds": "1"}
    gateway.status, gateway.body = 429, json.dumps(error).encode()
    answer = client.get("/v1/learning/programs")
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert "Retry-After" in answer.headers


def test_a_function_s_own_problem_passes_untouched(client: TestClient, gateway: Gateway) -> None:
    gateway.status, gateway.body = 404, b'{"code": "not_found", "detail": "its own"}'
    gateway.headers = [("Content-Type", "application/problem+json"), ("ETag", '"3"')]
    answer = client.get("/v1/learning/programs/1")
    assert answer.content == gateway.body
    assert answer.headers["ETag"] == '"3"'


def test_repeated_headers_stay_repeated(client: TestClient, gateway: Gateway) -> None:
    gateway.headers += [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    assert client.get("/v1/learning/programs").headers.get_list("Set-Cookie") == ["a=1", "b=2"]


def test_a_body_over_six_megabytes_is_refused_by_its_length(client: TestClient, gateway: Gateway) -> None:
    answer = client.post("/v1/learning/programs", content=b"x" * (LARGEST_BODY + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
    assert gateway.asked == []


def test_a_body_over_six_megabytes_is_refused_without_a_length(client: TestClient, gateway: Gateway) -> None:
    answer = client.post("/v1/learning/programs", content=(b"x" * 1024 * 1024 for _ in range(7)))
    assert answer.status_code == 413
    assert gateway.asked == []


def test_a_body_of_six_megabytes_passes(client: TestClient, gateway: Gateway) -> None:
    assert client.post("/v1/learning/programs", content=b"x" * LARGEST_BODY).status_code == 200
    assert len(gateway.asked[0][3]) == LARGEST_BODY


def test_an_unknown_domain_or_page_is_not_found(client: TestClient, gateway: Gateway) -> None:
    for path in ("/v1/astrology/charts", "/nowhere"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert gateway.asked == []


def test_before_the_first_deployment_it_says_so(client: TestClient, settings: Settings) -> None:
    settings.outputs_file.unlink()
    answer = client.get("/v1/learning/programs")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_new_deployment_is_noticed(client: TestClient, gateway: Gateway, settings: Settings) -> None:
    client.get("/v1/learning/programs")
    changed = OUTPUTS | {"LearningApi": "https://new456.execute-api.us-east-1.amazonaws.com/live"}
    settings.outputs_file.write_text(json.dumps(changed))
    os.utime(settings.outputs_file, ns=(1, 1))
    client.get("/v1/learning/programs")
    assert "/execute-api/new456/" in gateway.asked[1][1]


def test_while_the_gateway_is_down_it_says_so(tmp_path: Path) -> None:
    settings = Settings(state_directory=tmp_path, aws_port=free_port())
    settings.outputs_file.write_text(json.dumps(OUTPUTS))
    with TestClient(create_app(settings, patience=0)) as client:
        answer = client.get("/v1/learning/programs")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_while_the_gateway_starts_again_requests_wait_for_it(tmp_path: Path) -> None:
    settings = Settings(state_directory=tmp_path, aws_port=free_port())
    settings.outputs_file.write_text(json.dumps(OUTPUTS))
    with TestClient(create_app(settings)) as client, ThreadPoolExecutor() as elsewhere:
        waiting = elsewhere.submit(client.post, "/v1/learning/programs", content=b"{}")
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        with serving(settings.aws_port) as started:
            assert waiting.result(timeout=20).status_code == 200
    assert [asked[0] for asked in started.asked] == ["POST"]


def test_the_browser_learns_where_to_sign_in(client: TestClient, settings: Settings) -> None:
    configuration = client.get("/config.json").json()
    assert configuration["user_pool_id"] == "us-east-1_pool"
    assert configuration["user_pool_client_id"] == "client"
    assert configuration["cognito_url"] == f"http://localhost:{settings.aws_port}"


def test_the_pool_s_keys_are_well_known(client: TestClient, gateway: Gateway) -> None:
    assert client.get("/.well-known/jwks.json").status_code == 200
    assert gateway.asked[0][1] == "/us-east-1_pool/.well-known/jwks.json"


@pytest.mark.parametrize(
    "path", ["/_inbox?to=a%40b", "/_inbox.json", "/_inbox/x/html", "/_inbox/assets/inbox.css"]
)
def test_the_simulators_inbox_is_part_of_the_origin(tmp_path: Path, path: str) -> None:
    with serving(0) as simulators:
        simulators.headers = [("Content-Security-Policy", "sandbox"), ("Content-Type", "text/html")]
        app = create_app(Settings(state_directory=tmp_path, simulator_port=simulators.port))
        with TestClient(app) as client:
            answer = client.get(path)

    assert answer.content == simulators.body
    assert answer.headers["content-security-policy"] == "sandbox"
    assert simulators.asked[0][:2] == ("GET", path)


def test_without_the_simulators_the_inbox_says_so(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(state_directory=tmp_path, simulator_port=free_port()))) as client:
        assert client.get("/_inbox").status_code == 503


def test_the_documentation_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "openapi.json" in page.text
    assert "https://" not in page.text
    assert client.get("/").headers["Location"] == "/docs"
