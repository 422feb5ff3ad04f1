"""A process that dies where a test says: any handler runs in a fork that kills itself at its n-th point.

Points are what a crash can separate: before and after each commit, before and after each call over HTTP (a vendor,
storage, the bus). The hooks are installed in the fork alone; nothing of the product knows of them.
"""

import functools
import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx
import httpx2
from botocore.httpsession import URLLib3Session
from sqlalchemy import event
from sqlalchemy.orm import Session

from lodestar.adapters.ai import gemini, openai  # noqa: F401 - loaded once, before any fork
from lodestar.adapters.speech import openai as speech  # noqa: F401
from lodestar.adapters.storage import s3  # noqa: F401
from lodestar.db import engine

LONGEST_SECONDS = 120
CHUNK_BYTES = 65_536


@dataclass(frozen=True)
class Ran:
    """How a process ended: with an answer, with an error (its name), or killed. `points` in the order it passed them."""

    answer: Any = None
    error: str | None = None
    points: tuple[str, ...] = ()
    killed: bool = False


def in_a_process(call: Callable[[], Any], *, dies_at: int | None = None) -> Ran:
    """Run `call` in a process of its own, which SIGKILL ends at its point number `dies_at`, counted from 1."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _live(call, writing, dies_at=dies_at)
    os.close(writing)
    told = _all_of(reading, child)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, f"ended by signal {os.WTERMSIG(status)}"
        return Ran(killed=True)
    kept = json.loads(told)
    return Ran(kept["answer"], kept["error"], tuple(kept["points"]))


def _all_of(reading: int, child: int) -> bytes:
    """What the child says until it ends; one that hangs is ended, and is an error."""
    told, deadline = b"", time.monotonic() + LONGEST_SECONDS
    with os.fdopen(reading, "rb", buffering=0) as line:
        while True:
            ready, _, _ = select.select([line], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                os.kill(child, signal.SIGKILL)
                raise TimeoutError(f"nothing within {LONGEST_SECONDS} s")
            chunk = line.read(CHUNK_BYTES)
            if not chunk:
                return told
            told += chunk


def _live(call: Callable[[], Any], writing: int, *, dies_at: int | None) -> NoReturn:
    """The whole life of the child."""
    status = 1
    gc.disable()  # a collection would copy the memory that we share with our parent
    try:
        _forget_connections()
        points = _Points(dies_at)
        points.watch()
        answer, error = None, None
        try:
            answer = call()
        except Exception as raised:  # noqa: BLE001 - a Lambda reports any error by its name
            error = type(raised).__name__
        told = json.dumps({"answer": answer, "error": error, "points": points.passed})
        with os.fdopen(writing, "w") as line:
            line.write(told)
        status = 0
    finally:
        os._exit(status)


def _forget_connections() -> None:
    """What our parent holds open is not ours: a new worker begins with nothing."""
    engine().dispose(close=False)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "lodestar":
            for member in list(vars(module).values()):
                if callable(forget := getattr(member, "cache_clear", None)):
                    forget()


class _Points:
    """The points that a process passes, numbered from 1."""

    def __init__(self, dies_at: int | None) -> None:
        self.passed: list[str] = []
        self._dies_at = dies_at

    def watch(self) -> None:
        """Commits by SQLAlchemy's events, calls in the libraries that every client here stands on; no waiting."""
        event.listen(Session, "before_commit", lambda _session: self._reach("before commit"))
        event.listen(Session, "after_commit", lambda _session: self._reach("after commit"))
        self._surround(httpx.HTTPTransport, "handle_request")  # Gemini, GitHub
        self._surround(httpx2.HTTPTransport, "handle_request")  # OpenAI
        self._surround(URLLib3Session, "send")  # AWS
        time.sleep = lambda _seconds: None

    def _surround(self, owner: type, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def surrounded(client: Any, request: Any, *more: Any, **options: Any) -> Any:
            what = f"{request.method} {urlsplit(str(request.url)).path}"
            self._reach(f"before {what}")
            answer = original(client, request, *more, **options)
            self._reach(f"after {what}")
            return answer

        setattr(owner, name, surrounded)

    def _reach(self, what: str) -> None:
        self.passed.append(what)
        if len(self.passed) == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
