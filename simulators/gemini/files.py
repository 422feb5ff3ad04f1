"""File upload by Google's resumable protocol. Source: https://ai.google.dev/api/files"""

import hashlib
import json
import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from simulators.gemini.errors import ApiError
from simulators.journal import Journal

KEPT = timedelta(hours=48)
LARGEST_FILE = 2 * 1024**3
_NAME = re.compile(r"[a-z0-9-]{1,40}")


class Files:
    """Files on disk: the bytes, and beside them what the API says of them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def start(self, about: dict[str, Any], *, content_type: str, size: int) -> str:
        """Begin an upload and answer its id."""
        name = about.get("name", "").removeprefix("files/") or uuid4().hex[:12]
        now = datetime.now(UTC)
        self._path(name).write_bytes(b"")
        self._write(
            name,
            {
                "name": f"files/{name}",
                "displayName": about.get("displayName", ""),
                "mimeType": content_type,
                "sizeBytes": str(size),
                "createTime": now.isoformat(),
                "updateTime": now.isoformat(),
                "expirationTime": (now + KEPT).isoformat(),
                "state": "PROCESSING",
                "source": "UPLOADED",
            },
        )
        return name

    def append(self, name: str, data: bytes, *, offset: int) -> None:
        """Add a chunk where the last one ended."""
        path = self._path(name)
        if not path.exists():
            raise ApiError(404, "Upload not found.")
        if path.stat().st_size != offset:
            raise ApiError(400, f"Expected offset {path.stat().st_size}, got {offset}.")
        with path.open("ab") as file:
            file.write(data)

    def finish(self, name: str, *, uri: str) -> dict[str, Any]:
        """Close an upload. The file is processed when it is first asked for again."""
        about = self._read(name)
        data = self._path(name).read_bytes()
        if len(data) != int(about["sizeBytes"]):
            raise ApiError(400, f"Received {len(data)} bytes, {about['sizeBytes']} were announced.")
        digest = hashlib.sha256(data).hexdigest()
        about |= {"sha256Hash": b64encode(digest.encode()).decode(), "uri": uri}
        self._write(name, about)
        return about

    def about(self, name: str) -> dict[str, Any]:
        """What the API says of a file; a read finishes its processing."""
        about = self._read(name)
        self._write(name, about | {"state": "ACTIVE"})
        return about | {"state": "ACTIVE"}

    def content(self, uri: str) -> Path:
        """Where a file's bytes lie."""
        path = self._path(uri.rsplit("/", 1)[-1])
        if not path.exists():
            raise ApiError(403, "You do not have permission to access the File, or it may not exist.")
        return path

    def delete(self, name: str) -> None:
        self._read(name)
        self._path(name).unlink()
        self._path(name).with_suffix(".json").unlink()

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._directory.glob("*.json"))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ApiError(400, "Invalid file name.")
        return self._directory / f"{name}.bin"

    def _read(self, name: str) -> dict[str, Any]:
        path = self._path(name).with_suffix(".json")
        if not path.exists():
            raise ApiError(403, "You do not have permission to access the File, or it may not exist.")
        return dict(json.loads(path.read_text()))

    def _write(self, name: str, about: dict[str, Any]) -> None:
        self._path(name).with_suffix(".json").write_text(json.dumps(about))


def upload_router(files: Files, journal: Journal) -> APIRouter:
    """Handing a file over, in one request that announces it and one or more that carry it."""
    router = APIRouter()

    @router.post("/upload/v1beta/files")
    async def upload(
        request: Request,
        *,
        x_goog_upload_command: Annotated[str, Header()],
        upload_id: str | None = None,
        x_goog_upload_offset: Annotated[int, Header()] = 0,
        x_goog_upload_header_content_type: Annotated[str, Header()] = "application/octet-stream",
        x_goog_upload_header_content_length: Annotated[int, Header(le=LARGEST_FILE)] = 0,
    ) -> Response:
        data = await request.body()
        if upload_id is None:
            name = files.start(
                json.loads(data or b"{}").get("file", {}),
                content_type=x_goog_upload_header_content_type,
                size=x_goog_upload_header_content_length,
            )
            url = str(request.url.include_query_params(upload_id=name))
            return JSONResponse({}, headers={"x-goog-upload-url": url, "x-goog-upload-status": "active"})
        files.append(upload_id, data, offset=x_goog_upload_offset)
        if "finalize" not in x_goog_upload_command:
            return JSONResponse({}, headers={"x-goog-upload-status": "active"})
        about = files.finish(upload_id, uri=_address(request, upload_id))
        journal.add("gemini", "files.upload", name=about["name"], size=about["sizeBytes"])
        return JSONResponse({"file": about}, headers={"x-goog-upload-status": "final"})

    return router


def files_router(files: Files, journal: Journal) -> APIRouter:
    """Looking at files and deleting them."""
    router = APIRouter()

    @router.get("/v1beta/files")
    def list_files(page_size: Annotated[int, Query(alias="pageSize", le=100)] = 10) -> dict[str, Any]:
        return {"files": [files.about(name) for name in files.names()[:page_size]]}

    @router.get("/v1beta/files/{name}")
    def get_file(name: str) -> dict[str, Any]:
        return files.about(name)

    @router.delete("/v1beta/files/{name}")
    def delete_file(name: str) -> dict[str, Any]:
        files.delete(name)
        journal.add("gemini", "files.delete", name=f"files/{name}")
        return {}

    return router


def _address(request: Request, name: str) -> str:
    """The URI by which a request refers to the file."""
    return str(request.url.replace(query="")).replace("/upload/v1beta/files", f"/v1beta/files/{name}")
