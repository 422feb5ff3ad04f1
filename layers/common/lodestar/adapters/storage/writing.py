"""Writing an object whose size is not known beforehand, in constant memory: a multipart upload behind a file."""

import io
from types import TracebackType

from lodestar.adapters.storage.port import ObjectStore, Part

PART_BYTES = 16 * 1024 * 1024
"""S3 takes 10,000 parts: 160 GB."""


class ObjectWriter(io.RawIOBase):
    """A file to write to once, from beginning to end. The object exists once the block ends without an error;
    `size` then says how many bytes it has."""

    def __init__(self, store: ObjectStore, key: str, *, content_type: str) -> None:
        super().__init__()
        self._store, self._key = store, key
        self._upload_id = store.start_multipart(key, content_type=content_type)
        self._pending = bytearray()
        self._parts: list[Part] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        data = memoryview(content).cast("B")  # type: ignore[arg-type]
        self._pending += data
        self.size += len(data)
        while len(self._pending) >= PART_BYTES:
            self._send(PART_BYTES)
        return len(data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._send(len(self._pending))
                self._store.complete_multipart(self._key, upload_id=self._upload_id, parts=self._parts)
            else:
                self._store.abort_multipart(self._key, upload_id=self._upload_id)
        finally:
            super().__exit__(kind, error, trace)

    def _send(self, length: int) -> None:
        body = bytes(self._pending[:length])
        del self._pending[:length]
        number = len(self._parts) + 1
        self._parts.append(
            self._store.upload_part(self._key, upload_id=self._upload_id, number=number, body=body)
        )
