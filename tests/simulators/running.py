"""The simulators as a server of their own thread, and what a test orders them to do."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from simulators.app import CALLING_BACK, create_app
from simulators.control import Orders

START_SECONDS = 15.0
USUAL = {vendor: Orders(time_factor=0.02) for vendor in CALLING_BACK}
"""In tests everything goes well until it is ordered otherwise, fifty times as fast as it would."""


class Simulators:
    """A running set of simulators."""

    def __init__(self, url: str) -> None:
        self.url = url
        # A connection that is kept may be hung up on just as it is used again.
        unkept = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(base_url=url, timeout=30, limits=unkept)

    def order(self, vendor: str, **orders: Any) -> None:
        """Change how a vendor behaves."""
        self._client.put(f"/_control/{vendor}", json=orders).raise_for_status()

    def reset(self, *, seed: int = 0) -> None:
        """Everybody well again, nothing sent yet."""
        self._client.post("/_control/reset", json={"seed": seed}).raise_for_status()
        self._client.delete("/_sent").raise_for_status()

    def sent(self, vendor: str) -> list[dict[str, Any]]:
        """What the vendor was asked."""
        return list(self._client.get(f"/_sent/{vendor}").json())

    def inbox(self, *, to: str = "", channel: str = "", limit: int = 50) -> dict[str, Any]:
        """What was sent to people: `total`, `states` (how many in each), and the newest `messages`."""
        answer = self._client.get("/_inbox.json", params={"to": to, "channel": channel, "limit": limit})
        return dict(answer.raise_for_status().json())

    def callbacks(self, vendor: str) -> list[dict[str, Any]]:
        """The attempts of the vendor's webhook, oldest first."""
        attempts = self._client.get("/_control/callbacks").json()
        return [attempt for attempt in attempts if attempt["vendor"] == vendor]

    def push(self, owner: str, name: str, files: dict[str, str] | None = None, **more: Any) -> str:
        """Commit to a repository; answers the SHA."""
        answer = self._client.put(
            f"/_control/github/repositories/{owner}/{name}", json={"files": files or {}, **more}
        )
        return str(answer.raise_for_status().json()["sha"])


@contextmanager
def running(state_directory: Path) -> Iterator[Simulators]:
    """Serve on a free port until the block ends."""
    config = uvicorn.Config(
        create_app(state_directory, usual=USUAL), host="127.0.0.1", port=0, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise TimeoutError("the simulators did not start")
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Simulators(f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(10)
