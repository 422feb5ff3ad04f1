"""Each simulated vendor speaks as its documentation says, errors and headers included."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from dulwich.repo import Repo

from tests.simulators.running import Simulators, running

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
PROMPT = "Write a project for Law at tier gold."
CONTENTS = [{"role": "user", "parts": [{"text": PROMPT}]}]
GEMINI = {"x-goog-api-key": "key"}
OPENAI = {"authorization": "Bearer key"}


def generate(simulators: Simulators, **more: Any) -> httpx.Response:
    body = {
        "contents": CONTENTS,
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
    }
    url = f"{simulators.url}/gemini/v1beta/models/gemini-2.0-flash:generateContent"
    return httpx.post(url, json=body, **{"headers": GEMINI, **more})


def complete(simulators: Simulators, **more: Any) -> httpx.Response:
    body = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": PROMPT}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "p", "schema": SCHEMA}},
    }
    return httpx.post(
        f"{simulators.url}/openai/v1/chat/completions", json=body, **{"headers": OPENAI, **more}
    )


def test_gemini_answers_candidates_and_usage(simulators: Simulators) -> None:
    answer = generate(simulators).json()

    [candidate] = answer["candidates"]
    assert json.loads(candidate["content"]["parts"][0]["text"])["title"]
    assert candidate["finishReason"] == "STOP"
    usage = answer["usageMetadata"]
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]


def test_gemini_wants_a_key(simulators: Simulators) -> None:
    answer = generate(simulators, headers={})

    assert answer.status_code == 403
    assert answer.json()["error"]["status"] == "PERMISSION_DENIED"


def test_gemini_speaks_googles_errors(simulators: Simulators) -> None:
    unknown = httpx.get(f"{simulators.url}/gemini/v1beta/models/palm-2", headers=GEMINI)
    simulators.order("gemini", scenario="rate_limited", retry_after_seconds=7)
    limited = generate(simulators)
    simulators.order("gemini", down=True)
    down = generate(simulators)

    assert (unknown.status_code, unknown.json()["error"]["status"]) == (404, "NOT_FOUND")
    assert (down.status_code, down.json()["error"]["status"]) == (503, "UNAVAILABLE")
    assert limited.status_code == limited.json()["error"]["code"] == 429
    assert limited.json()["error"]["details"][0]["retryDelay"] == "7s"


def test_gemini_takes_a_file_in_chunks_and_processes_it(simulators: Simulators) -> None:
    start = httpx.post(
        f"{simulators.url}/gemini/upload/v1beta/files",
        headers=GEMINI
        | {
            "x-goog-upload-protocol": "resumable",
            "x-goog-upload-command": "start",
            "x-goog-upload-header-content-length": "6",
            "x-goog-upload-header-content-type": "video/webm",
        },
        json={"file": {"displayName": "answer"}},
    )
    url = start.headers["x-goog-upload-url"]
    first = httpx.post(
        url, content=b"abc", headers={"x-goog-upload-command": "upload", "x-goog-upload-offset": "0"}
    )
    gap = httpx.post(
        url, content=b"x", headers={"x-goog-upload-command": "upload", "x-goog-upload-offset": "5"}
    )
    last = httpx.post(
        url,
        content=b"def",
        headers={"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "3"},
    )

    assert first.headers["x-goog-upload-status"] == "active"
    assert gap.status_code == 400
    assert last.headers["x-goog-upload-status"] == "final"
    file = last.json()["file"]
    assert (file["state"], file["sizeBytes"], file["mimeType"]) == ("PROCESSING", "6", "video/webm")
    assert httpx.get(file["uri"], headers=GEMINI).json()["state"] == "ACTIVE"
    assert httpx.delete(file["uri"], headers=GEMINI).json() == {}
    assert httpx.get(file["uri"], headers=GEMINI).status_code == 403


def test_openai_answers_a_completion_with_usage(simulators: Simulators) -> None:
    answer = complete(simulators)

    body = answer.json()
    assert body["object"] == "chat.completion"
    assert json.loads(body["choices"][0]["message"]["content"])["title"]
    assert (
        body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]
    )
    assert answer.headers["x-request-id"].startswith("req_")


def test_openai_wants_a_key_even_when_it_is_down(simulators: Simulators) -> None:
    simulators.order("openai", down=True)

    assert complete(simulators, headers={}).status_code == 401
    assert complete(simulators).status_code == 503


def test_openai_speaks_its_own_errors(simulators: Simulators) -> None:
    unknown = httpx.get(f"{simulators.url}/openai/v1/models/gpt-2", headers=OPENAI)
    simulators.order("openai", scenario="rate_limited", retry_after_seconds=7)
    limited = complete(simulators)

    assert unknown.json()["error"]["code"] == "model_not_found"
    assert limited.status_code == 429
    assert limited.headers["retry-after"] == "7"
    assert limited.json()["error"]["code"] == "rate_limit_exceeded"


def test_github_redirects_to_an_archive_of_real_commits(simulators: Simulators) -> None:
    base = f"{simulators.url}/github/repos/sample-learner/habit-tracker"
    about = httpx.get(base)
    [newest] = httpx.get(f"{base}/commits?per_page=1").json()
    redirect = httpx.get(f"{base}/tarball/{newest['sha']}")
    archive = httpx.get(redirect.headers["location"])

    assert about.json()["full_name"] == "sample-learner/habit-tracker"
    assert int(about.headers["x-ratelimit-remaining"]) < int(about.headers["x-ratelimit-limit"])
    assert redirect.status_code == 302
    assert archive.content[:2] == b"\x1f\x8b"
    tree = httpx.get(f"{base}/git/trees/{newest['sha']}?recursive=1").json()["tree"]
    assert "README.md" in {entry["path"] for entry in tree}


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("sample-learner/private", 404, "Not Found"),
        ("nobody/nothing", 404, "Not Found"),
        ("sample-learner/empty/commits", 409, "Git Repository is empty."),
        (f"sample-learner/habit-tracker/commits/{'0' * 40}", 422, f"No commit found for SHA: {'0' * 40}"),
    ],
)
def test_github_speaks_its_own_errors(simulators: Simulators, path: str, status: int, message: str) -> None:
    answer = httpx.get(f"{simulators.url}/github/repos/{path}")

    assert (answer.status_code, answer.json()["message"]) == (status, message)


def test_repositories_outlive_the_server_and_any_git_can_read_them(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        sha = first.push("casey", "kept", {"a.txt": "one"})
        later = first.push("casey", "kept", {"a.txt": "two"})
    with running(tmp_path) as second:
        commits = httpx.get(f"{second.url}/github/repos/Casey/Kept/commits").json()

    assert [commit["sha"] for commit in commits] == [later, sha]
    with Repo(str(tmp_path / "github" / "casey" / "kept.git")) as repo:
        assert repo.head().decode() == later


def test_one_seed_gives_one_run(simulators: Simulators) -> None:
    def run() -> list[int]:
        simulators.reset(seed=7)
        simulators.order("gemini", failure_rate=0.5)
        return [generate(simulators).status_code for _ in range(12)]

    first = run()

    assert first == run()
    assert {200, 503} <= set(first)


def test_orders_are_checked(simulators: Simulators) -> None:
    assert httpx.put(f"{simulators.url}/_control/gemini", json={"failure_rate": 2}).status_code == 422
    assert httpx.put(f"{simulators.url}/_control/acme", json={"down": True}).status_code == 404
    assert httpx.get(f"{simulators.url}/_health").json() == {"status": "ok"}


def test_a_malformed_request_is_refused_in_the_vendors_words(simulators: Simulators) -> None:
    gemini = httpx.post(
        f"{simulators.url}/gemini/v1beta/models/gemini-2.0-flash:generateContent",
        headers=GEMINI,
        content="[]",
    )
    openai = httpx.post(f"{simulators.url}/openai/v1/chat/completions", headers=OPENAI, content="[]")
    github = httpx.get(f"{simulators.url}/github/repos/sample-learner/habit-tracker/commits?per_page=many")

    assert (gemini.status_code, gemini.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert (openai.status_code, openai.json()["error"]["type"]) == (400, "invalid_request_error")
    assert (github.status_code, github.json()["message"]) == (422, "Validation Failed")
