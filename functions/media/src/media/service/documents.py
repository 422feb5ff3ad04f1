"""Reading documents as far as it takes to know that they are what they were announced as, and harm nobody.

What people will open is read to its end here first: an archive is inflated within bounds, a picture is decoded, and
one file that is two (a PDF that is also an archive) is refused.
"""

import re
import stat
import zipfile
import zlib
from codecs import getincrementaldecoder
from itertools import pairwise
from pathlib import Path, PurePosixPath

from media.rules.probe import HEAD_BYTES, MOST_PIXELS, FileRejected, check_document

MOST_ENTRIES = 5_000
MOST_INFLATED = 500 * 1024**2
MOST_RATIO = 200
"""Of all that an archive inflates to, to its own size; ordinary text stays below 30."""
SMALL = 1024**2
"""Up to here a ratio says nothing: a few spaces in a row have a high one."""
CHUNK = 1024**2
TAIL = 1024

_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA)\b")
_BINARY = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
"""What no text holds: https://mimesniff.spec.whatwg.org/#binary-data-byte"""
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def check(path: Path, content_type: str) -> None:
    """Raises FileRejected unless the file is wholly of the type, within bounds, and nothing besides."""
    with path.open("rb") as file:
        check_document(file.read(HEAD_BYTES), content_type)
    if content_type != "application/zip" and zipfile.is_zipfile(path):
        raise FileRejected(
            "not_as_announced", "This file is an archive as well. Upload it in its plain form, or as ZIP."
        )
    if content_type == "application/zip":
        _check_archive(path)
    elif content_type == "application/pdf":
        _check_pdf(path)
    elif content_type.startswith("image/"):
        _check_picture(path, content_type)
    else:
        _check_text(path, content_type)


def _damaged(content_type: str) -> FileRejected:
    return FileRejected(
        "damaged_file", f"The file is damaged or incomplete {content_type}. Save it again and upload that."
    )


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES or any(_is_hostile(entry) for entry in entries):
                raise FileRejected(
                    "unsafe_archive",
                    f"The archive holds more than {MOST_ENTRIES} files, links, encrypted files or paths that leave it.",
                )
            _inflate(archive, entries, size=path.stat().st_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise _damaged("ZIP") from error


def _is_hostile(entry: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(entry.filename)
    leaves = name.is_absolute() or ".." in name.parts or "\\" in entry.orig_filename or ":" in name.parts[0:1]
    hidden = any(ord(character) < ord(" ") for character in entry.orig_filename)
    return leaves or hidden or bool(entry.flag_bits & 1) or stat.S_ISLNK(entry.external_attr >> 16)


def _inflate(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], *, size: int) -> None:
    """Inflate everything, whatever the entries say of their size, and stop at the bound."""
    most, inflated = min(MOST_INFLATED, max(SMALL, size * MOST_RATIO)), 0
    if sum(entry.file_size for entry in entries) > most or _overlap(entries):
        raise _too_large()
    for entry in entries:
        with archive.open(entry) as file:
            while chunk := file.read(CHUNK):
                inflated += len(chunk)
                if inflated > most:
                    raise _too_large()


def _overlap(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether entries share bytes, as in bombs that inflate one stream many times."""
    placed = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    return any(at + size > later for (at, size), (later, _) in pairwise(placed))


def _too_large() -> FileRejected:
    return FileRejected(
        "unsafe_archive",
        f"The archive unpacks to far more than it holds, or to over {MOST_INFLATED // 1024**2} MB.",
    )


def _check_pdf(path: Path) -> None:
    content = path.read_bytes()
    if b"%%EOF" not in content[-TAIL:] or b"startxref" not in content[-2 * TAIL :]:
        raise _damaged("PDF")
    names = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), content)
    if _ACTIVE.search(content) or _ACTIVE.search(names):
        raise FileRejected(
            "active_content",
            "The PDF runs scripts or holds other files. Print it to a plain PDF and upload that.",
        )


def _check_picture(path: Path, content_type: str) -> None:
    import av

    with path.open("rb") as file:
        file.seek(-min(16, path.stat().st_size), 2)
        tail = file.read()
    if not (
        tail.endswith(b"IEND\xaeB`\x82")
        if content_type == "image/png"
        else tail.rstrip(b"\0").endswith(b"\xff\xd9")
    ):
        raise _damaged(content_type)
    demuxer = "png_pipe" if content_type == "image/png" else "jpeg_pipe"
    try:
        with av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"}) as opened:
            context = opened.streams.video[0].codec_context
            context.options = {"max_pixels": str(MOST_PIXELS), "err_detect": "explode"}
            frame = next(opened.decode(video=0))
    except (av.error.FFmpegError, StopIteration, IndexError, ValueError) as error:
        raise _damaged(content_type) from error
    if frame.width * frame.height > MOST_PIXELS:
        raise FileRejected(
            "resolution_too_large", f"{frame.width} x {frame.height} is too large; save it smaller."
        )


def _check_text(path: Path, content_type: str) -> None:
    decoder = getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                if _BINARY.search(decoder.decode(chunk)):
                    raise _damaged(content_type)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _damaged(content_type) from error
