"""Reading repositories: what they are, their commits, trees, blobs and archives."""

import base64
import zlib
from datetime import UTC, datetime
from typing import Annotated, Any

from dulwich.objects import Commit
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from simulators.github.errors import ApiError
from simulators.github.repositories import About, Repositories
from simulators.journal import Journal


class Reader:
    """Repositories as the public sees them; raises the vendor's errors."""

    def __init__(self, repositories: Repositories) -> None:
        self.repositories = repositories

    def public(self, owner: str, name: str) -> About:
        """A public repository; private and absent ones look the same."""
        about = self.repositories.find(owner, name)
        if about is None or about.private:
            raise ApiError(404, "Not Found")
        return about

    def commit_id(self, about: About, ref: str) -> str:
        """The SHA that a branch or a SHA names."""
        if self.repositories.resolve(about, about.default_branch) is None:
            raise ApiError(409, "Git Repository is empty.")
        sha = self.repositories.resolve(about, ref)
        if sha is None:
            raise ApiError(422, f"No commit found for SHA: {ref}")
        return sha


def commits_router(reader: Reader, journal: Journal) -> APIRouter:
    """A repository and its commits."""
    router = APIRouter(prefix="/repos/{owner}/{name}")

    @router.get("")
    def get_repository(request: Request, owner: str, name: str) -> dict[str, Any]:
        journal.add("github", "repos.get", owner=owner, name=name)
        return repository_view(reader.public(owner, name), base=_base(request))

    @router.get("/commits")
    def list_commits(
        owner: str, name: str, sha: str | None = None, per_page: Annotated[int, Query(ge=1, le=100)] = 30
    ) -> list[dict[str, Any]]:
        about = reader.public(owner, name)
        newest = reader.commit_id(about, sha or about.default_branch)
        return [commit_view(commit) for commit in reader.repositories.history(about, newest, limit=per_page)]

    @router.get("/commits/{ref}")
    def get_commit(owner: str, name: str, ref: str) -> dict[str, Any]:
        about = reader.public(owner, name)
        return commit_view(reader.repositories.history(about, reader.commit_id(about, ref), limit=1)[0])

    return router


def git_router(reader: Reader) -> APIRouter:
    """Git's own objects."""
    router = APIRouter(prefix="/repos/{owner}/{name}/git")

    @router.get("/ref/heads/{branch}")
    def get_ref(owner: str, name: str, branch: str) -> dict[str, Any]:
        sha = reader.commit_id(reader.public(owner, name), branch)
        return {"ref": f"refs/heads/{branch}", "object": {"type": "commit", "sha": sha}}

    @router.get("/trees/{sha}")
    def get_tree(owner: str, name: str, sha: str) -> dict[str, Any]:
        about = reader.public(owner, name)
        commit = reader.commit_id(about, sha)
        entries = [
            {"path": e.path, "mode": f"{e.mode:06o}", "type": "blob", "sha": e.sha, "size": e.size}
            for e in reader.repositories.tree(about, commit)
        ]
        return {"sha": commit, "tree": entries, "truncated": False}

    @router.get("/blobs/{sha}")
    def get_blob(owner: str, name: str, sha: str) -> dict[str, Any]:
        data = reader.repositories.blob(reader.public(owner, name), sha)
        if data is None:
            raise ApiError(404, "Not Found")
        encoded = base64.b64encode(data).decode()
        return {"sha": sha, "size": len(data), "encoding": "base64", "content": encoded}

    return router


def archives_router(reader: Reader, journal: Journal) -> APIRouter:
    """Source archives: the API redirects to the host that sends them."""
    router = APIRouter()

    @router.get("/repos/{owner}/{name}/tarball/{ref}")
    def get_tarball(request: Request, owner: str, name: str, ref: str) -> Response:
        about = reader.public(owner, name)
        sha = reader.commit_id(about, ref)
        journal.add("github", "repos.tarball", owner=owner, name=name, sha=sha)
        place = f"{_base(request)}/_codeload/{about.owner}/{about.name}/legacy.tar.gz/{sha}"
        return RedirectResponse(place, status_code=302)

    @router.get("/_codeload/{owner}/{name}/legacy.tar.gz/{sha}")
    def download(owner: str, name: str, sha: str) -> Response:
        about = reader.public(owner, name)
        filename = f"{about.owner}-{about.name}-{sha[:7]}.tar.gz"
        return StreamingResponse(
            reader.repositories.archive(about, reader.commit_id(about, sha)),
            media_type="application/x-gzip",
            headers={"content-disposition": f"attachment; filename={filename}"},
        )

    return router


def _base(request: Request) -> str:
    """The API's address as its caller sees it."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"


def repository_view(about: About, *, base: str) -> dict[str, Any]:
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


def commit_view(commit: Commit) -> dict[str, Any]:
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
