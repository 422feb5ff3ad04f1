"""A server that keeps what is posted to it, and answers as a test wants: a product's webhook, or a vendor gone wrong."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Posted:
    """One request."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """What arrived, and how the next request is answered: `answer(nth, posted)` gives status and body."""

    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    answer: Callable[[int, Posted], tuple[int, bytes]] = lambda _, __: (200, b"")


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Serve on a free port until the block ends."""
    made = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            posted = Posted(dict(self.headers.items()), body)
            made.posted.append(posted)
            status, answer = made.answer(len(made.posted) - 1, posted)
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", f"{made.url}/elsewhere")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
