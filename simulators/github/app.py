"""The part of the REST API that reads repositories. Source: https://docs.github.com/en/rest/repos"""

import base64
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from dulwich.objects import Commit
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse

from simulators.control import Control, VendorFault
from simulators.github.repositories import About, Repositories
from simulators.journal import Journal

VENDOR = "github"
DOCUMENTATION = "https://docs.github.com/rest"
LIMIT = 60
WINDOW_SECONDS = 3600


class ApiError(Exception):
    """An error with the vendor's status and words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def create_app(control: Control, journal: Journal, repositories: Repositories) -> FastAPI:
    """The API under whichever path it is mounted."""
    app = FastAPI(
        title="GitHub REST API", dependencies=[Depends(control.gate(VENDOR)), Depends(_rate_headers)]
    )
    app.add_exception_handler(ApiError, _answered)
    app.add_exception_handler(VendorFault, _fault)
    app.add_exception_handler(RequestValidationError, _invalid)
    public = _finder(repositories)

    @app.get("/repos/{owner}/{name}")
    def get_repository(request: Request, owner: str, name: str) -> dict[str, Any]:
        journal.add(VENDOR, "repos.get", owner=owner, name=name)
        return _repository(public(owner, name), base=_base(request))

    @app.get("/repos/{owner}/{name}/commits")
    def list_commits(
        owner: str, name: str, sha: str | None = None, per_page: Annotated[int, Query(ge=1, le=100)] = 30
    ) -> list[dict[str, Any]]:
        about = public(owner, name)
        newest = _commit_id(repositories, about, sha or about.default_branch)
        return [_commit(commit) for commit in repositories.history(about, newest, limit=per_page)]

    @app.get("/repos/{owner}/{name}/commits/{ref}")
    def get_commit(owner: str, name: str, ref: str) -> dict[str, Any]:
        about = public(owner, name)
        sha = _commit_id(repositories, about, ref)
        return _commit(repositories.history(about, sha, limit=1)[0])

    @app.get("/repos/{owner}/{name}/git/ref/heads/{branch}")
    def get_ref(owner: str, name: str, branch: str) -> dict[str, Any]:
        sha = _commit_id(repositories, public(owner, name), branch)
        return {"ref": f"refs/heads/{branch}", "object": {"type": "commit", "sha": sha}}

    @app.get("/repos/{owner}/{name}/git/trees/{sha}")
    def get_tree(owner: str, name: str, sha: str) -> dict[str, Any]:
        about = public(owner, name)
        commit = _commit_id(repositories, about, sha)
        entries = [
            {"path": e.path, "mode": f"{e.mode:06o}", "type": "blob", "sha": e.sha, "size": e.size}
            for e in repositories.tree(about, commit)
        ]
        return {"sha": commit, "tree": entries, "truncated": False}

    @app.get("/repos/{owner}/{name}/git/blobs/{sha}")
    def get_blob(owner: str, name: str, sha: str) -> dict[str, Any]:
        data = repositories.blob(public(owner, name), sha)
        if data is None:
            raise ApiError(404, "Not Found")
        return {
            "sha": sha,
            "size": len(data),
            "encoding": "base64",
            "content": base64.b64encode(data).decode(),
        }

    @app.get("/repos/{owner}/{name}/tarball/{ref}")
    def get_tarball(request: Request, owner: str, name: str, ref: str) -> Response:
        about = public(owner, name)
        sha = _commit_id(repositories, about, ref)
        journal.add(VENDOR, "repos.tarball", owner=owner, name=name, sha=sha)
        place = f"{_base(request)}/_codeload/{about.owner}/{about.name}/legacy.tar.gz/{sha}"
        return RedirectResponse(place, status_code=302)

    @app.get("/_codeload/{owner}/{name}/legacy.tar.gz/{sha}")
    def download(owner: str, name: str, sha: str) -> Response:
        about = public(owner, name)
        filename = f"{about.owner}-{about.name}-{sha[:7]}.tar.gz"
        return StreamingResponse(
            repositories.archive(about, _commit_id(repositories, about, sha)),
            media_type="application/x-gzip",
            headers={"content-disposition": f"attachment; filename={filename}"},
        )

    return app


def _finder(repositories: Repositories) -> Callable[[str, str], About]:
    def public(owner: str, name: str) -> About:
        about = repositories.find(owner, name)
        if about is None or about.private:
            raise ApiError(404, "Not Found")
        return about

    return public


def _commit_id(repositories: Repositories, about: About, ref: str) -> str:
    if repositories.resolve(about, about.default_branch) is None:
        raise ApiError(409, "Git Repository is empty.")
    sha = repositories.resolve(about, ref)
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {ref}")
    return sha


def _base(request: Request) -> str:
    """The API's address as its caller sees it."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"


def _repository(about: About, *, base: str) -> dict[str, Any]:
    full_name = f"{about.owner}/{about.name}"
    return {
        "id": zlib.crc32(full_name.encode()),
        "name": about.name,
        "full_name": full_name,
        "private": about.private,
        "owner": {"login": about.owner, "type": "User"},
        "html_url": f"https://github.com/{full_name}",
        "url": f"{base}/repos/{full_name}",
        "fork": False,
        "size": about.size_kb,
        "default_branch": about.default_branch,
        "archived": about.archived,
        "disabled": False,
        "visibility": "private" if about.private else "public",
    }


def _commit(commit: Commit) -> dict[str, Any]:
    at = datetime.fromtimestamp(commit.commit_time, UTC).isoformat().replace("+00:00", "Z")
    name, _, address = commit.author.decode().rstrip(">").partition(" <")
    person = {"name": name, "email": address, "date": at}
    return {
        "sha": commit.id.decode(),
        "commit": {
            "author": person,
            "committer": person,
            "message": commit.message.decode(),
            "tree": {"sha": commit.tree.decode()},
        },
        "parents": [{"sha": parent.decode()} for parent in commit.parents],
    }


def _rate_headers(response: Response) -> None:
    response.headers.update(_limits(remaining=LIMIT - 1))


def _limits(*, remaining: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(LIMIT),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-used": str(LIMIT - remaining),
        "x-ratelimit-reset": str(int(time.time()) + WINDOW_SECONDS),
        "x-ratelimit-resource": "core",
    }


def _answered(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    body = {"message": error.message, "documentation_url": DOCUMENTATION, "status": str(error.status)}
    return JSONResponse(body, error.status, headers=_limits(remaining=LIMIT - 1))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    body = {"message": "Validation Failed", "errors": [str(error)], "documentation_url": DOCUMENTATION}
    return JSONResponse(body, 422, headers=_limits(remaining=LIMIT - 1))


def _fault(_: Request, error: Exception) -> JSONResponse:
    """An order of /_control; GitHub says 403 where it limits the rate of requests."""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    if error.status != 429:  # noqa: PLR2004
        return JSONResponse({"message": "Server Error", "documentation_url": DOCUMENTATION}, error.status)
    headers = _limits(remaining=0) | {"retry-after": str(error.retry_after or 0)}
    body = {"message": "API rate limit exceeded for your address.", "documentation_url": DOCUMENTATION}
    return JSONResponse(body, 403, headers=headers)
