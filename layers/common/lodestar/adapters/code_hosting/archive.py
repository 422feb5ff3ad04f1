"""Reading a source archive that a stranger filled: nothing is unpacked to disk, every size is capped."""

import tarfile
import zlib
from pathlib import PurePosixPath
from typing import IO, cast

from lodestar.adapters.code_hosting.port import (
    FetchLimits,
    RepositoryTooLarge,
    SkippedFile,
    Snapshot,
    SourceFile,
)


def read_archive(file: IO[bytes], *, sha: str, limits: FetchLimits) -> Snapshot:
    """The UTF-8 text files of a gzipped tar as GitHub makes it, without its top folder.

    Links, devices and paths that leave the repository are skipped, as are binary and oversized files.
    Raises RepositoryTooLarge, and ValueError for what is no such archive.
    """
    files: list[SourceFile] = []
    skipped: list[SkippedFile] = []
    budget = _Budget(limits)
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", _Inflated(file, limits=limits)), mode="r|") as archive:
            for member in archive:
                if member.isdir():
                    continue
                budget.count_file()
                path = _inside(member.name)
                reason = _reason_to_skip(member, path=path, limits=limits)
                if path is None or reason is not None:
                    skipped.append(
                        SkippedFile(path=_printable(path or member.name), reason=reason or "unsafe_path")
                    )
                    continue
                content = archive.extractfile(member)
                text = _decoded(content.read() if content else b"")
                if text is None:
                    skipped.append(SkippedFile(path=path, reason="binary"))
                    continue
                budget.count_text(member.size)
                files.append(SourceFile(path=path, text=text, size=member.size))
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise ValueError(f"no source archive: {error}") from error
    return Snapshot(
        sha=sha,
        files=tuple(sorted(files, key=lambda kept: kept.path)),
        skipped=tuple(sorted(skipped, key=lambda left: left.path)),
    )


class _Budget:
    """What is left of the caps on the whole."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._files = 0
        self._text = 0

    def count_file(self) -> None:
        self._files += 1
        if self._files > self._limits.file_count:
            raise RepositoryTooLarge(
                f"The repository has more than {self._limits.file_count} files; "
                "leave dependencies and generated files out."
            )

    def count_text(self, size: int) -> None:
        self._text += size
        if self._text > self._limits.total_bytes:
            raise RepositoryTooLarge(
                f"The repository has more than {self._limits.total_bytes // 2**20} MB of text; "
                "leave data, dependencies and generated files out."
            )


class _Inflated:
    """A gzip stream as a readable that stops at the cap, so that a bomb costs what the cap allows."""

    def __init__(self, file: IO[bytes], *, limits: FetchLimits) -> None:
        self._file = file
        self._left = limits.unpacked_bytes
        self._cap = limits.unpacked_bytes
        self._inflate = zlib.decompressobj(wbits=31)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; b"" at the end."""
        while not self._inflate.eof:
            pending = self._inflate.unconsumed_tail or self._file.read(64 * 1024)
            if not pending:
                raise EOFError("the archive ends early")
            data = self._inflate.decompress(pending, size)
            if data:
                self._left -= len(data)
                if self._left < 0:
                    raise RepositoryTooLarge(f"The repository unpacks to more than {self._cap // 2**20} MB.")
                return data
        return b""


def _inside(name: str) -> str | None:
    """The path below the archive's top folder; None when it would leave it."""
    top, *below = PurePosixPath(name).parts
    if top in ("/", "..") or ".." in below or not below or "\\" in name or "\0" in name:
        return None
    return "/".join(below)


def _reason_to_skip(member: tarfile.TarInfo, *, path: str | None, limits: FetchLimits) -> str | None:
    if member.issym() or member.islnk():
        return "link"
    if path is None or not member.isfile():
        return "unsafe_path"
    return "too_large" if member.size > limits.file_bytes else None


def _decoded(content: bytes) -> str | None:
    """The text; None for what is not UTF-8 or holds a NUL byte."""
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8", "replace")[:300]
