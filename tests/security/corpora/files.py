"""Files that lie or harm, and files that people have: made, never kept."""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

from tests.media.files import PAGE, a_video, hum
from tests.proof import generator

DOCUMENTS = ("application/pdf", "application/zip", "image/png", "image/jpeg", "text/csv", "text/plain")
ENDINGS = dict(zip(DOCUMENTS, ("pdf", "zip", "png", "jpg", "csv", "txt"), strict=True))


@dataclass(frozen=True)
class File:
    """One file on its way in. A video is uploaded as an interview, a document as a lesson's resource."""

    label: str
    data: bytes
    content_type: str
    name: str = "file"

    @property
    def purpose(self) -> str:
        return "interview_video" if self.content_type.startswith("video/") else "resource"

    def __str__(self) -> str:
        return f"{self.label} as {self.content_type} ({len(self.data)} bytes)"


def pdf(text: str = "Hello", extra: bytes = b"") -> bytes:
    """A whole PDF of one page."""
    content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + extra + b">>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    out, places = b"%PDF-1.7\n", []
    for nth, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (nth, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 5\n0000000000 65535 f \n" + table + trailer


def png(width: int = 8, height: int = 8, *, rows: int | None = None) -> bytes:
    """A grey picture; with `rows` less than it claims."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    count = height if rows is None else rows
    drawn = (b"\0" + b"\x80" * width) * count if count else b""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(drawn))
        + chunk(b"IEND", b"")
    )


@cache
def jpeg(width: int = 16, height: int = 16) -> bytes:
    """A grey picture."""
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    frame = av.VideoFrame(width, height, "yuvj420p")
    for plane in frame.planes:
        plane.update(bytes([128]) * plane.buffer_size)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def archive(entries: dict[str, bytes], *, stored: bool = False) -> bytes:
    """A ZIP."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return file.getvalue()


def _link() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        made.writestr(entry, "/etc/passwd")
    return file.getvalue()


def _patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


def _encrypted() -> bytes:
    data = bytearray(archive({"a.txt": b"secret"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def bombs() -> Iterator[File]:
    """Archives and pictures that grow."""
    zeros = b"\0" * (8 * 1024**2)
    for label, data in (
        ("zip bomb", archive({"zeros": zeros})),
        ("zip bomb in pieces", archive({f"{nth}.txt": zeros[: 1024**2] for nth in range(12)})),
        ("zip bomb that lies about its size", _patched(archive({"zeros": zeros}), struct.pack("<I", len(zeros)), struct.pack("<I", 10))),
        ("zip of too many files", archive({str(nth): b"" for nth in range(5_001)}, stored=True)),
    ):  # fmt: skip
        yield File(label, data, "application/zip")
    yield File("png bomb", png(30_000, 30_000, rows=1), "image/png")
    yield File("png of absurd width", png(2**31 - 1, 1, rows=0), "image/png")
    sof = jpeg().index(b"\xff\xc0")
    yield File("jpeg bomb", jpeg()[: sof + 5] + b"\xff\xff\xff\xff" + jpeg()[sof + 9 :], "image/jpeg")


def archives() -> Iterator[File]:
    """Archives that leave their folder or hide something."""
    for name in (
        "../../etc/cron.d/x",
        "/etc/passwd",
        "a/../../b",
        "..\\..\\windows\\x",
        "\\\\host\\share",
        "a\nb",
        "a\x1bb",
    ):
        yield File(f"zip with the path {name!r}", archive({"ok.txt": b"x", name: b"x"}), "application/zip")
    yield File("zip with a link", _link(), "application/zip")
    yield File("zip with encryption", _encrypted(), "application/zip")
    yield File(
        "executable with a zip behind it", b"MZ" + b"\0" * 100 + archive({"a": b"x"}), "application/zip"
    )


def active() -> Iterator[File]:
    """PDFs that do something, and pages and pictures with scripts under a harmless type."""
    for action in (
        b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> ", b"/OpenAction << /S /Launch /F (cmd.exe) >> ",
        b"/OpenAction << /S /J#61vaScript /J#53 (x) >> ", b"/Names << /EmbeddedFiles 5 0 R >> /EmbeddedFile true ",
        b"/AcroForm << /XFA 6 0 R >> ", b"/AA << /O << /S /JavaScript >> >> ",
    ):  # fmt: skip
        yield File(f"pdf with {action!r}", pdf(extra=action), "application/pdf")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    pages = (
        PAGE, svg, b"<?xml version='1.0'?>" + svg, b"\xef\xbb\xbf<html><script>x</script>", b"\n\n  <script>alert(1)</script>",
        b"<!-- x --><script>alert(1)</script>", b"<iframe src=javascript:alert(1)>", b"<img src=x onerror=alert(1)>",
        b"<body onload=alert(1)>", b"<a href=javascript:x>x</a>", b"<meta http-equiv=refresh content='0;url=x'>",
        b"<object data=x>", b"<style>*{}</style>", b"<HTML>", b"<sCrIpT>x</sCrIpT>", b"<math><mi/></math>", b"<form action=x>",
    )  # fmt: skip
    for page in pages:
        for content_type in DOCUMENTS:
            yield File(f"page {page[:30]!r}", page, content_type)


def wrong_magic() -> Iterator[File]:
    """Everything under every other type."""
    have = {
        "application/pdf": pdf(), "application/zip": archive({"a.txt": b"x"}), "image/png": png(), "image/jpeg": jpeg(),
        "video/webm": clip("webm"), "video/mp4": clip("mp4"),
    }  # fmt: skip
    others = {
        "exe": b"MZ\x90\0" + b"\0" * 60, "elf": b"\x7fELF" + b"\0" * 60, "gif": b"GIF89a" + b"\0" * 20, "rar": b"Rar!\x1a\x07\0" * 3,
        "gzip": b"\x1f\x8b\x08\0" * 5, "7z": b"7z\xbc\xaf\x27\x1c" * 3, "class": b"\xca\xfe\xba\xbe" * 4, "riff": b"RIFF\x24\0\0\0WAVEfmt ",
        "utf-16": "text".encode("utf-16"), "nul": b"text\0text", "latin-1": "Größe".encode("latin-1"), "ogg": b"OggS" + b"\0" * 30,
        "playlist": b"#EXTM3U\nfile:///etc/passwd\n", "concat": b"ffconcat version 1.0\nfile /etc/passwd\n", "mz zip": b"MZPK\x03\x04",
        "flv": b"FLV\x01\x05\0\0\0\x09", "avi": b"RIFF\0\0\0\0AVI LIST", "script": b"#!/bin/sh\n\0rm -rf /", "bmp": b"BM" + b"\0" * 50,
    }  # fmt: skip
    for target in (*DOCUMENTS, "video/webm", "video/mp4"):
        is_video = target.startswith("video/")
        for real, data in have.items():
            if real != target and not (is_video and real.startswith("video/")):
                yield File(f"{real}", data, target)
        for real, data in others.items():
            if not (target.startswith("text/") and real in ("playlist", "concat")):
                yield File(real, data, target)


def two_in_one() -> Iterator[File]:
    """Polyglots: one file, two readings."""
    behind = archive({"evil.class": b"\xca\xfe\xba\xbe"})
    for content_type, data in (
        ("application/pdf", pdf()),
        ("image/png", png()),
        ("image/jpeg", jpeg()),
        ("text/plain", b"hello\n"),
    ):
        yield File("with an archive behind it", data + behind, content_type)
    yield File("png with a page behind it", png() + PAGE, "image/png")
    yield File("jpeg with a page behind it", jpeg() + PAGE, "image/jpeg")
    yield File("pdf with a page before it", PAGE + pdf(), "application/pdf")
    yield File("gif and script", b"GIF89a/*" + b"\0" * 10 + b"*/=alert(1)", "image/png")


def broken() -> Iterator[File]:
    """Cut and scratched at every place that matters."""
    random = generator("broken-files")
    for content_type, data in (("application/pdf", pdf("x" * 200)), ("application/zip", archive({"a": bytes(range(256)) * 9})),
                               ("image/png", png(64, 64)), ("image/jpeg", jpeg(64, 64))):  # fmt: skip
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            yield File(f"cut at {share}", data[: int(len(data) * share)], content_type)
    for ending in ("webm", "mp4"):
        whole = clip(ending)
        for size in (8, 16, 64, 200, 300):
            yield File(f"cut at {size}", whole[:size], f"video/{ending}")
        for _ in range(4):
            noise = random.randbytes(len(whole) - 32)
            yield File("head, then noise", whole[:32] + noise, f"video/{ending}")
    for nth in range(24):
        yield File(
            "noise", random.randbytes(50 + nth * 40), (*DOCUMENTS[:4], "video/webm", "video/mp4")[nth % 6]
        )


def videos() -> Iterator[File]:
    """Videos that cannot serve an interview."""
    for ending, picture, sound in (("webm", "libvpx", "libopus"), ("mp4", "libx264", "aac")):
        yield File("without sound", clip(ending, sound=None, codec=picture), f"video/{ending}")
        yield File("sound without picture", clip(ending, picture=False, codec=sound), f"video/{ending}")
        yield File("too long", _sparse(ending, seconds=330), f"video/{ending}")
        yield File("no frames", _empty(ending), f"video/{ending}")
        yield File("absurd length", _sparse(ending, seconds=100_000), f"video/{ending}")
    yield File("wav", wav(), "video/mp4")
    yield File("picture as a video", png(), "video/webm")


def hostile() -> list[File]:
    """Every hostile file, in an order of its own."""
    every = [*bombs(), *archives(), *active(), *wrong_magic(), *two_in_one(), *broken(), *videos()]
    generator("hostile-files").shuffle(every)
    return every


def wav() -> bytes:
    """A second of silence."""
    data = b"\0" * 16_000
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8_000, 16_000, 2, 16)
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )


@cache
def clip(ending: str, *, picture: bool = True, sound: str | None = "", codec: str = "") -> bytes:
    pictures, sounds = {"webm": "libvpx", "mp4": "libx264"}, {"webm": "libopus", "mp4": "aac"}
    with TemporaryDirectory() as folder:
        return a_video(
            Path(folder) / f"x.{ending}", seconds=1,
            picture=(codec if codec in pictures.values() else pictures[ending]) if picture else None,
            sound=sounds[ending] if sound == "" else sound,
        ).read_bytes()  # fmt: skip


@cache
def _empty(ending: str) -> bytes:
    """All that stands around the frames, and none of them."""
    data = clip(ending)
    if ending == "webm":
        return data[: data.index(b"\x1f\x43\xb6\x75")]
    at = data.index(b"mdat") - 4
    return data[:at] + data[at + int.from_bytes(data[at : at + 4], "big") :]


@cache
def _sparse(ending: str, *, seconds: int) -> bytes:
    """A second of sound, and two pictures so far apart."""
    picture, sound = {"webm": ("libvpx", "libopus"), "mp4": ("libx264", "aac")}[ending]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{ending}"
        with av.open(str(path), "w") as opened:
            container: Any = opened
            video = container.add_stream(picture, rate=1)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            audio = container.add_stream(sound, rate=48_000, layout="mono")
            hum(container, audio, samples=48_000)
            for pts in (0, seconds):
                frame = av.VideoFrame(64, 48, "yuv420p")
                frame.pts = pts
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        return path.read_bytes()


Maker = Callable[[int], bytes]


def good() -> list[File]:
    """Files as people have them, of every type; the videos last, for they take longest."""
    random = generator("good-files")
    names = ("Größe.pdf", "résumé (final).PDF", "v1.2 notes", "日本語.txt", "a.b.c.d", ".hidden", "x", "my file's copy.zip",
             "नमस्ते.csv", "👩\u200d💻 portrait.png", "report_2026-11-21", "100% done", "CON-call", "a" * 200)  # fmt: skip
    made: list[File] = []
    makers: dict[str, Maker] = {
        "application/pdf": lambda n: pdf(f"Page {n} " * n),
        "application/zip": lambda n: archive(
            {f"dir/{k}.txt": f"line {k}\n".encode() * (n + 1) for k in range(n + 1)}
        ),
        "image/png": lambda n: png(n + 1, 2 * n + 1),
        "image/jpeg": lambda n: jpeg(16 * (n % 6 + 1), 16),
        "text/csv": _table,
        "text/plain": lambda n: ("x" if n == 0 else f"Zeile {n}: 5 < 6, größer als <b>, ½\n" * n).encode(),
    }
    for nth in range(34):
        for content_type, maker in makers.items():
            made.append(File(f"good {nth}", maker(nth), content_type, random.choice(names)))
    videos = [("webm", "libvpx", "libopus"), ("webm", "libvpx-vp9", "libopus"), ("mp4", "libx264", "aac"), ("mp4", "libx264", "libmp3lame"), ("mp4", "libx265", "aac")]  # fmt: skip
    for ending, picture, sound in videos:
        with TemporaryDirectory() as folder:
            data = a_video(Path(folder) / f"x.{ending}", seconds=1, picture=picture, sound=sound).read_bytes()
        made.append(File(f"good {picture} {sound}", data, f"video/{ending};codecs={picture}", "answers"))
    made += [File("good without a length in its header", _headless(), "video/webm", "blob") for _ in range(2)]
    return made


def _table(rows: int) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([nth, f"name {nth}", -nth] for nth in range(rows + 1))
    return (b"\xef\xbb\xbf" if rows % 2 else b"") + file.getvalue().encode()


def _headless() -> bytes:
    """As a browser records: written to a stream that cannot seek, so that no length is filled in."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.webm"
        data = bytearray(a_video(path, seconds=1).read_bytes())
        at = data.index(b"\x44\x89")
        data[at : at + 2] = b"\xec\x89"
        return bytes(data)
