"""Somebody else's system that takes webhooks: a real HTTPS server, which the product may reach as if it were public."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import certifi
import pytest

from lodestar import outbound
from tests.common.test_outbound import LOOPBACK, NAME, a_certificate


@dataclass(frozen=True)
class Posted:
    """One request."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What arrived, and how the next is answered: `answer(nth)` gives status, headers and body."""

    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    answer: Callable[[int], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")


@contextmanager
def receiver(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Serve on the loopback with a certificate that is trusted, until the block ends."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.posted.append(Posted({n.lower(): v for n, v in self.headers.items()}, body))
            status, headers, answer = made.answer(len(made.posted) - 1)
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    key, certificate = a_certificate(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"https://{NAME}:{server.server_port}/hook"
    local = partial(
        outbound.client, resolve=lambda _host, _port: [LOOPBACK], reachable=lambda found: found == LOOPBACK
    )
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    monkeypatch.setattr(outbound, "PORTS", frozenset({443, server.server_port}))
    monkeypatch.setattr(outbound, "client", local)
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
