"""The port: objects by key in one bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol


class StorageError(Exception):
    """Something about an object or the store. `key` is the object's key."""

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        self.reason = reason
        super().__init__(f"{key}: {reason}")


class ObjectNotFound(StorageError):
    """No object under this key (or no such multipart upload)."""


class ObjectTooLarge(StorageError):
    """The object is larger than the caller is prepared to read."""


class UploadIncomplete(StorageError):
    """The parts named do not make up the upload: one is missing, changed or too small."""


class StorageUnavailable(StorageError):
    """The store timed out, throttled or failed; the same call may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresignedPost:
    """A form for a browser's POST: `fields` in this order, then the file in a field named `file`."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """An object's head. `etag` is without quotes; `metadata` keys are lower case."""

    key: str
    size: int
    etag: str
    content_type: str
    modified_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedObject:
    """One line of a listing."""

    key: str
    size: int
    etag: str
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """At most one page of keys in order; `next_cursor` is None on the last."""

    objects: tuple[ListedObject, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An uploaded part of a multipart upload, `number` from 1; `etag` as S3 answered it."""

    number: int
    etag: str


class ObjectStore(Protocol):
    """The media bucket. Every method raises StorageUnavailable; those that need the object, ObjectNotFound.

    URLs are for browsers: they name the public endpoint and expire after `expires_seconds`.
    """

    def presign_post(
        self,
        key: str,
        *,
        content_type: str,
        max_bytes: int,
        min_bytes: int = 1,
        expires_seconds: int = 900,
        metadata: Mapping[str, str] | None = None,
    ) -> PresignedPost:
        """A form that takes exactly this key and content type, and between min_bytes and max_bytes."""
        ...

    def presign_get(
        self,
        key: str,
        *,
        expires_seconds: int = 900,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> str:
        """A link to read the object; with `filename` the browser saves it under that name."""
        ...

    def head(self, key: str) -> ObjectInfo: ...

    def read(self, key: str, *, max_bytes: int) -> bytes:
        """The whole object; raises ObjectTooLarge before reading more than max_bytes."""
        ...

    def read_range(self, key: str, *, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`; b"" at or past the end."""
        ...

    def download(self, key: str, path: Path) -> ObjectInfo:
        """Write the object to `path`."""
        ...

    def upload(self, key: str, source: Path | bytes, *, content_type: str) -> None: ...

    def delete(self, key: str) -> None:
        """Remove the object; an absent one is no error."""
        ...

    def delete_all(self, prefix: str) -> int:
        """Remove for good every version of every object under `prefix`; answers how many versions there were."""
        ...

    def list_objects(self, prefix: str, *, limit: int = 1000, cursor: str | None = None) -> Listing:
        """One page of at most `limit` (<= 1000) objects under `prefix`, by key."""
        ...

    def start_multipart(
        self, key: str, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> str:
        """Begin a multipart upload and answer its id."""
        ...

    def find_multipart(self, key: str) -> str | None:
        """The id of a multipart upload that was begun under the key and is open; None when there is none."""
        ...

    def presign_part(self, key: str, *, upload_id: str, number: int, expires_seconds: int = 3600) -> str:
        """A link to PUT part `number` (1 to 10,000; all but the last at least 5 MiB)."""
        ...

    def upload_part(self, key: str, *, upload_id: str, number: int, body: bytes) -> Part:
        """Send one part (1 to 10,000; all but the last of 5 MiB or more); the same number replaces it."""
        ...

    def list_parts(self, key: str, *, upload_id: str) -> tuple[tuple[Part, int], ...]:
        """The parts received so far, each with its size in bytes."""
        ...

    def complete_multipart(self, key: str, *, upload_id: str, parts: Sequence[Part]) -> ObjectInfo:
        """Join the parts; raises UploadIncomplete. Completing twice answers the finished object."""
        ...

    def abort_multipart(self, key: str, *, upload_id: str) -> None:
        """Discard the parts; an absent upload is no error."""
        ...
