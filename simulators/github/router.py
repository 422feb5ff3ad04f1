"""/_control/github/repositories: what learners would push."""

import base64
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, ConfigDict

from simulators.github.repositories import About, Repositories

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


class Push(BaseModel):
    """A commit. Its tree is exactly these files; without any, the repository stays empty."""

    model_config = ConfigDict(extra="forbid")

    files: dict[str, str] = {}
    base64_files: dict[str, str] = {}
    links: dict[str, str] = {}
    message: str = "Update"
    private: bool = False
    archived: bool = False


class Pushed(BaseModel):
    """Where the repository stands now; `sha` is None while it is empty."""

    url: str
    sha: str | None


def repositories_router(repositories: Repositories) -> APIRouter:
    """PUT creates a repository or adds a commit; DELETE removes it."""
    router = APIRouter(prefix="/_control/github/repositories", tags=["control"])

    @router.put("/{owner}/{name}")
    def push(owner: Name, name: Name, body: Push) -> Pushed:
        unsafe = [path for path in (*body.files, *body.base64_files, *body.links) if path.startswith("/")]
        if unsafe:
            raise HTTPException(422, f"Paths are relative: {unsafe[0]}")
        about = About(owner=owner, name=name, private=body.private, archived=body.archived)
        files = {path: text.encode() for path, text in body.files.items()}
        files |= {path: base64.b64decode(data) for path, data in body.base64_files.items()}
        sha = repositories.put(about, files=files, links=body.links, message=body.message)
        return Pushed(url=f"https://github.com/{owner}/{name}", sha=sha)

    @router.delete("/{owner}/{name}", status_code=204)
    def delete(owner: Name, name: Name) -> None:
        repositories.delete(owner, name)

    return router
