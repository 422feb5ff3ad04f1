"""Webhooks from the vendors to the product: signed anew at each attempt, repeated as the vendor repeats them."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from simulators.control import Control

ANSWER_SECONDS = 10.0
AT_ONCE = 16
MOST_ATTEMPTS_KEPT = 2000
LONGEST_DISORDER_SECONDS = 3.0


@dataclass(frozen=True)
class Callback:
    """One request of a vendor's. `sign` makes the headers of an attempt (0 is the first) for its body."""

    vendor: str
    body: bytes
    sign: Callable[[bytes, int], dict[str, str]]
    repeats_after: Sequence[float] = ()
    """Seconds to wait before each further attempt, while the answer is no 2xx."""


class Callbacks:
    """Delivers, and remembers the attempts for `GET /_control/callbacks`."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        self._room = asyncio.Semaphore(AT_ONCE)
        self.attempts: deque[dict[str, Any]] = deque(maxlen=MOST_ATTEMPTS_KEPT)

    def deliver(self, callback: Callback) -> None:
        """Send it, and its duplicates, if the vendor was told where to."""
        orders = self._control.orders[callback.vendor]
        if not orders.webhook_url:
            return
        rng = self._control.rng(callback.vendor)
        for _ in range(1 + orders.duplicates):
            late = LONGEST_DISORDER_SECONDS if orders.shuffle else 0.0
            wait = self._control.seconds(callback.vendor, 0, late, rng=rng)
            task = asyncio.create_task(self._carry(callback, orders.webhook_url, wait))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def forget(self) -> None:
        """Nothing more is sent, nothing was sent."""
        for task in self._tasks:
            task.get_loop().call_soon_threadsafe(task.cancel)
        self.attempts.clear()

    async def close(self) -> None:
        self.forget()
        if self._client is not None:
            await self._client.aclose()

    async def _carry(self, callback: Callback, url: str, wait: float) -> None:
        factor = self._control.orders[callback.vendor].time_factor
        for attempt, pause in enumerate((wait, *(seconds * factor for seconds in callback.repeats_after))):
            await asyncio.sleep(pause)
            if await self._attempt(callback, url, attempt):
                return

    async def _attempt(self, callback: Callback, url: str, attempt: int) -> bool:
        """Whether it was answered with a 2xx."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False)
        async with self._room:
            try:
                answer = await self._client.post(
                    url, content=callback.body, headers=callback.sign(callback.body, attempt)
                )
                status: int | None = answer.status_code
                accepted = answer.is_success
            except httpx.HTTPError:
                status, accepted = None, False
        self.attempts.append(
            {
                "at": datetime.now(UTC).isoformat(),
                "vendor": callback.vendor,
                "url": url,
                "attempt": attempt + 1,
                "status": status,
                "bytes": len(callback.body),
            }
        )
        return accepted
