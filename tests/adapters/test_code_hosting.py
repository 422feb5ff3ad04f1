"""The contract of a code host: a public repository at a pinned commit, whatever a stranger put in it."""

import base64
import gzip
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from lodestar.adapters import CapabilityNotConfigured, code_hosting, retrying
from lodestar.adapters.code_hosting.archive import read_archive
from lodestar.adapters.code_hosting.github import GitHub
from lodestar.config import settings
from tests.adapters.conftest import live_key
from tests.simulators.running import Simulators

SAMPLE = code_hosting.RepositoryRef(owner="sample-learner", name="habit-tracker")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/sample-learner/habit-tracker",
        "https://github.com/sample-learner/habit-tracker/",
        "https://github.com/sample-learner/habit-tracker.git",
        "  HTTPS://GitHub.com/sample-learner/habit-tracker  ",
        "https://www.github.com/sample-learner/habit-tracker",
    ],
)
def test_a_repository_has_one_address(url: str) -> None:
    assert code_hosting.parse_repository_url(url) == SAMPLE


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sample-learner/habit-tracker",
        "http://github.com/sample-learner/habit-tracker",
        "git@github.com:sample-learner/habit-tracker.git",
        "ssh://git@github.com/sample-learner/habit-tracker",
        "file:///etc/passwd",
        "https://gitlab.com/sample-learner/habit-tracker",
        "https://github.com.evil.example/sample-learner/habit-tracker",
        "https://github.com@evil.example/sample-learner/habit-tracker",
        "https://evil.example/#https://github.com/a/b",
        "https://github.com:8443/sample-learner/habit-tracker",
        "https://127.0.0.1/sample-learner/habit-tracker",
        "https://169.254.169.254/latest/meta-data",
        "https://github.com/",
        "https://github.com/sample-learner",
        "https://github.com//habit-tracker",
        "https://github.com/sample-learner/..",
        "https://github.com/../../etc",
        "https://github.com/sample-learner/.git",
        "https://github.com/sample-learner/habit-tracker/tree/main",
        "https://github.com/sample-learner/habit-tracker?tab=readme",
        "https://github.com/sample-learner/habit%2Dtracker",
        "https://github.com/sample learner/habit-tracker",
        "https://github.com/-sample/habit-tracker",
        "https://gıthub.com/sample-learner/habit-tracker",
        "https://github.com/" + "a" * 40 + "/x",
        "https://github.com/a/" + "x" * 101,
    ],
)
def test_anything_else_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(code_hosting.NotARepositoryUrl) as raised:
        code_hosting.parse_repository_url(url)

    assert len(str(raised.value)) > 20


def test_a_public_repository_is_resolved_and_read(simulators: Simulators) -> None:
    host = code_hosting.code_host()

    repository = host.resolve(SAMPLE)
    snapshot = host.fetch(SAMPLE, sha=repository.head_sha)

    assert repository.default_branch == "main"
    assert not repository.private
    assert len(repository.head_sha) == 40
    texts = {file.path: file.text for file in snapshot.files}
    assert texts["README.md"].startswith("# Habit tracker")
    assert "habits/model.py" in texts
    assert list(texts) == sorted(texts)
    assert snapshot.sha == repository.head_sha


@pytest.mark.live
def test_github_itself_answers_the_same(environment: pytest.MonkeyPatch) -> None:
    environment.undo()
    live_key("GITHUB_TOKEN")
    host = code_hosting.code_host()
    ref = code_hosting.parse_repository_url("https://github.com/octocat/Hello-World")

    snapshot = host.fetch(ref, sha=host.resolve(ref).head_sha)

    assert [file.path for file in snapshot.files] == ["README"]


def test_the_flag_forbids_what_needs_no_key(simulators: Simulators, environment: pytest.MonkeyPatch) -> None:
    ref = code_hosting.RepositoryRef(owner="sample-learner", name="habit-tracker")
    environment.setenv("GITHUB_TOKEN", "a real one")
    environment.setenv("USE_REAL_EXTERNAL_APIS", "false")
    settings.cache_clear()
    assert code_hosting.code_host().resolve(ref).name == "habit-tracker"

    environment.delenv("SIMULATOR_URL")
    settings.cache_clear()
    with pytest.raises(CapabilityNotConfigured):
        code_hosting.code_host()


def test_a_pinned_commit_stays_what_it_was(simulators: Simulators) -> None:
    ref = code_hosting.RepositoryRef(owner="casey", name="moving")
    first = simulators.push("casey", "moving", {"main.py": "print('first')\n"})
    second = simulators.push("casey", "moving", {"main.py": "print('second')\n"})
    host = code_hosting.code_host()

    assert host.resolve(ref).head_sha == second != first
    assert host.fetch(ref, sha=first).files[0].text == "print('first')\n"


@pytest.mark.parametrize("name", ["private", "no-such-repository"])
def test_private_and_absent_look_the_same(simulators: Simulators, name: str) -> None:
    ref = code_hosting.RepositoryRef(owner="sample-learner", name=name)
    host = code_hosting.code_host()

    with pytest.raises(code_hosting.RepositoryNotFound, match="make the repository public"):
        host.resolve(ref)
    with pytest.raises(code_hosting.RepositoryNotFound):
        host.fetch(ref, sha="0" * 40)


def test_an_empty_repository_says_so(simulators: Simulators) -> None:
    with pytest.raises(code_hosting.RepositoryEmpty, match="Push your work"):
        code_hosting.code_host().resolve(code_hosting.RepositoryRef(owner="sample-learner", name="empty"))


def test_an_unknown_commit_is_not_found(simulators: Simulators) -> None:
    with pytest.raises(code_hosting.RepositoryNotFound):
        code_hosting.code_host().fetch(SAMPLE, sha="0" * 40)


def test_a_huge_repository_is_refused(simulators: Simulators) -> None:
    ref = code_hosting.RepositoryRef(owner="sample-learner", name="huge")
    host = code_hosting.code_host()

    with pytest.raises(code_hosting.RepositoryTooLarge):
        host.fetch(ref, sha=host.resolve(ref).head_sha)


@pytest.mark.parametrize(
    "limits",
    [
        code_hosting.FetchLimits(archive_bytes=500),
        code_hosting.FetchLimits(unpacked_bytes=2_000),
        code_hosting.FetchLimits(total_bytes=2_000),
        code_hosting.FetchLimits(file_count=3),
    ],
)
def test_every_cap_on_the_whole_holds(simulators: Simulators, limits: code_hosting.FetchLimits) -> None:
    host = code_hosting.code_host()
    sha = host.resolve(SAMPLE).head_sha

    with pytest.raises(code_hosting.RepositoryTooLarge):
        host.fetch(SAMPLE, sha=sha, limits=limits)


def test_what_is_not_readable_text_is_skipped_and_named(simulators: Simulators) -> None:
    ref = code_hosting.RepositoryRef(owner="casey", name="mixed")
    sha = simulators.push(
        "casey",
        "mixed",
        {"kept.py": "x = 1\n", "long.txt": "x" * 2_000},
        base64_files={
            "logo.png": base64.b64encode(b"\x89PNG\0\0").decode(),
            "latin.txt": base64.b64encode(b"\xe9t\xe9").decode(),
        },
        links={"passwords": "/etc/passwd", "up": "../../secret"},
    )

    snapshot = code_hosting.code_host().fetch(ref, sha=sha, limits=code_hosting.FetchLimits(file_bytes=1_000))

    assert [file.path for file in snapshot.files] == ["kept.py"]
    assert {skipped.path: skipped.reason for skipped in snapshot.skipped} == {
        "latin.txt": "binary",
        "logo.png": "binary",
        "long.txt": "too_large",
        "passwords": "link",
        "up": "link",
    }


def archive_of(*members: tarfile.TarInfo) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    buffer.seek(0)
    return buffer


def member(name: str, *, kind: bytes = tarfile.REGTYPE, size: int = 3) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = size if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(
    "hostile",
    [
        member("../outside.txt"),
        member("top/../../outside.txt"),
        member("/etc/cron.d/job"),
        member("top/..\\outside.txt"),
        member("without-a-top-folder"),
        member("top/device", kind=tarfile.CHRTYPE),
        member("top/pipe", kind=tarfile.FIFOTYPE),
    ],
)
def test_a_path_that_leaves_the_repository_is_skipped(hostile: tarfile.TarInfo) -> None:
    archive = archive_of(hostile, member("top/good.txt"))

    snapshot = read_archive(archive, sha="0" * 40, limits=code_hosting.FetchLimits())

    assert [file.path for file in snapshot.files] == ["good.txt"]
    assert [skipped.reason for skipped in snapshot.skipped] == ["unsafe_path"]


def test_a_compression_bomb_stops_at_the_cap() -> None:
    with pytest.raises(code_hosting.RepositoryTooLarge):
        read_archive(
            archive_of(member("top/zeros", size=50 * 2**20)),
            sha="0" * 40,
            limits=code_hosting.FetchLimits(unpacked_bytes=2**20),
        )


@pytest.mark.parametrize(
    "data", [b"<html>no archive</html>", gzip.compress(b"no tar at all" * 100, mtime=0), b""]
)
def test_what_is_no_archive_is_an_error_of_the_host(data: bytes) -> None:
    with pytest.raises(ValueError, match="no source archive"):
        read_archive(io.BytesIO(data), sha="0" * 40, limits=code_hosting.FetchLimits())


def test_a_rate_limit_tells_how_long_to_wait(simulators: Simulators) -> None:
    simulators.order("github", scenario="rate_limited", retry_after_seconds=42)

    with pytest.raises(code_hosting.RateLimited) as raised:
        code_hosting.code_host().resolve(SAMPLE)

    assert raised.value.retry_after == 42


def test_an_outage_is_unavailable(simulators: Simulators) -> None:
    simulators.order("github", down=True)

    with pytest.raises(code_hosting.CodeHostingUnavailable):
        code_hosting.code_host().resolve(SAMPLE)


def test_a_passing_failure_is_retried(simulators: Simulators) -> None:
    simulators.reset(seed=3)
    simulators.order("github", failure_rate=0.2)
    host = code_hosting.code_host()

    assert {host.resolve(SAMPLE).name for _ in range(10)} == {"habit-tracker"}


@contextmanager
def answering(respond: Callable[[str], tuple[int, str]]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers each path with a status and a Location; its address, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, location = respond(self.path)
            self.send_response(status)
            self.send_header("location", location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "place",
    [
        "{elsewhere}/latest/meta-data",
        "file:///etc/passwd",
        "//169.254.169.254/",
        "http://codeload.github.com/x",
    ],
)
def test_a_redirect_to_another_host_is_not_followed(place: str) -> None:
    with answering(lambda _: (200, "")) as (elsewhere, asked):
        target = place.format(elsewhere=elsewhere)
        with (
            answering(lambda _: (302, target)) as (url, _),
            pytest.raises(code_hosting.CodeHostingError, match="where we do not go"),
        ):
            GitHub(url, token=None).fetch(SAMPLE, sha="0" * 40)

    assert asked == []


def test_a_redirect_that_is_no_address_is_an_error_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "backoff_seconds", lambda _nth: 0.0)
    with (
        answering(lambda _: (302, "https:127.0.0.1")) as (url, _),
        pytest.raises(code_hosting.CodeHostingUnavailable),
    ):
        GitHub(url, token=None).fetch(SAMPLE, sha="0" * 40)


def test_a_branch_may_be_named_like_a_query() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        about = {
            "owner": {"login": "casey"},
            "name": "branches",
            "private": False,
            "archived": False,
            "size": 1,
        }
        commits = [{"sha": "0" * 40}]
        return httpx.Response(
            200, json=commits if "/commits" in request.url.path else about | {"default_branch": "a&sha=b#c"}
        )

    host = GitHub("https://api.github.com", token=None)
    host._client = httpx.Client(transport=httpx.MockTransport(answer))
    assert (
        host.resolve(code_hosting.RepositoryRef(owner="casey", name="branches")).default_branch == "a&sha=b#c"
    )
    assert asked[1].endswith("/commits?sha=a%26sha%3Db%23c&per_page=1")


def test_redirects_without_end_are_given_up() -> None:
    with (
        answering(lambda path: (302, f"{path}x")) as (url, asked),
        pytest.raises(code_hosting.CodeHostingError, match="too often"),
    ):
        GitHub(url, token=None).fetch(SAMPLE, sha="0" * 40)

    assert len(asked) == 4
