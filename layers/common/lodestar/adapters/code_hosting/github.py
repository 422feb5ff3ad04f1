"""GitHub's REST API, version 2022-11-28: repository, newest commit, source archive."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import httpx

from lodestar.adapters.code_hosting.archive import read_archive
from lodestar.adapters.code_hosting.port import (
    CodeHostingError,
    CodeHostingUnavailable,
    FetchLimits,
    RateLimited,
    Repository,
    RepositoryEmpty,
    RepositoryNotFound,
    RepositoryRef,
    RepositoryTooLarge,
    Snapshot,
)
from lodestar.adapters.retrying import retried, seconds

T = TypeVar("T")

ARCHIVE_ORIGIN = "https://codeload.github.com"
"""The one place that GitHub's archive answer may redirect to, besides the API's own."""

REDIRECTS = 3

FETCH_SECONDS = 60.0
"""A host that trickles its archive loses; the read timeout alone would never end such a transfer."""


class GitHub:
    """A `CodeHost`. GETs that fail on GitHub's side are repeated, three calls in all."""

    def __init__(self, base_url: str, *, token: str | None) -> None:
        headers = {
            "accept": "application/vnd.github+json",
            "x-github-api-version": "2022-11-28",
            "user-agent": "lodestar",
        }
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        self._base_url = base_url.rstrip("/")
        self._origins = {_origin(base_url), ARCHIVE_ORIGIN}
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(15.0, connect=5.0))

    def resolve(self, ref: RepositoryRef) -> Repository:
        about = self._get_json(ref, f"/repos/{ref.owner}/{ref.name}")
        if about["private"]:
            raise RepositoryNotFound(_not_found(ref))
        commits = self._get_json(
            ref,
            f"/repos/{ref.owner}/{ref.name}/commits?sha={quote(about['default_branch'], safe='')}&per_page=1",
        )
        if not commits:
            raise RepositoryEmpty(_empty(ref))
        return Repository(
            owner=about["owner"]["login"],
            name=about["name"],
            default_branch=about["default_branch"],
            head_sha=commits[0]["sha"],
            size_kb=about["size"],
            private=about["private"],
            archived=about["archived"],
        )

    def fetch(self, ref: RepositoryRef, *, sha: str, limits: FetchLimits | None = None) -> Snapshot:
        caps = limits or FetchLimits()
        url = f"{self._base_url}/repos/{ref.owner}/{ref.name}/tarball/{sha}"

        def transfer() -> Snapshot:
            with TemporaryFile() as file, self._opened(ref, url) as response:
                _spool(response, file, limits=caps)
                file.seek(0)
                return read_archive(file, sha=sha, limits=caps)

        return retried(lambda: _speaking(transfer), on=CodeHostingUnavailable)

    def _get_json(self, ref: RepositoryRef, path: str) -> Any:
        def ask() -> Any:
            with self._opened(ref, self._base_url + path) as response:
                response.read()
                return response.json()

        return retried(lambda: _speaking(ask), on=CodeHostingUnavailable)

    @contextmanager
    def _opened(self, ref: RepositoryRef, url: str) -> Iterator[httpx.Response]:
        """A successful answer, its body unread; redirects are followed to allowed hosts only."""
        for _ in range(REDIRECTS + 1):
            with self._client.stream("GET", url) as response:
                if not response.has_redirect_location:
                    _raise_for(response, ref)
                    yield response
                    return
                url = self._allowed(urljoin(url, response.headers["location"]))
        raise CodeHostingError("GitHub redirected too often.")

    def _allowed(self, url: str) -> str:
        if _origin(url) not in self._origins:
            raise CodeHostingError(f"GitHub redirected to {_origin(url)}, where we do not go.")
        return url


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _speaking(call: Callable[[], T]) -> T:
    """The call's result; what the network or the archive does wrong becomes our error."""
    try:
        return call()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise CodeHostingUnavailable(f"GitHub could not be read: {error}") from error


def _raise_for(response: httpx.Response, ref: RepositoryRef) -> None:
    """Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    status = response.status_code
    if status == HTTPStatus.OK:
        return
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS):
        raise RepositoryNotFound(_not_found(ref))
    if status == HTTPStatus.CONFLICT:
        raise RepositoryEmpty(_empty(ref))
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise RepositoryNotFound(f"{ref.url} has no such commit.")
    wait = _rate_limit_wait(response)
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS) and wait is not None:
        raise RateLimited("GitHub asks us to wait before reading more.", retry_after=wait)
    raise CodeHostingUnavailable(f"GitHub answered {status}.")


def _rate_limit_wait(response: httpx.Response) -> float | None:
    """Seconds until the next request is welcome; None when this is no rate limit."""
    asked = seconds(response.headers.get("retry-after"))
    if asked is not None:
        return asked
    if response.headers.get("x-ratelimit-remaining") == "0":
        reset = seconds(response.headers.get("x-ratelimit-reset")) or 0.0
        date = response.headers.get("date")
        now = parsedate_to_datetime(date).timestamp() if date else time.time()
        return max(1.0, reset - now)
    return 60.0 if response.status_code == HTTPStatus.TOO_MANY_REQUESTS else None


def _spool(response: httpx.Response, file: IO[bytes], *, limits: FetchLimits) -> None:
    """Write the compressed archive to `file`; raises RepositoryTooLarge as soon as it is."""
    deadline = time.monotonic() + FETCH_SECONDS
    received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        if received > limits.archive_bytes:
            raise RepositoryTooLarge(
                f"The repository's archive exceeds {limits.archive_bytes // 2**20} MB; "
                "remove data, build results and dependencies from it."
            )
        if time.monotonic() > deadline:
            raise CodeHostingUnavailable("GitHub sent the archive too slowly.")
        file.write(chunk)


def _not_found(ref: RepositoryRef) -> str:
    return (
        f"GitHub shows no public repository at {ref.url}. Check the address and make the repository public."
    )


def _empty(ref: RepositoryRef) -> str:
    return f"{ref.url} has no commit yet. Push your work, then submit it."
