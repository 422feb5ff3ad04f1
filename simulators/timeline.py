"""What happens later: one clock for all vendors, emptied by a reset."""

import asyncio
from collections.abc import Callable


class Timeline:
    """Actions of the event loop to come."""

    def __init__(self) -> None:
        self._coming: set[asyncio.TimerHandle] = set()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do it in so many seconds, unless a reset comes first."""
        handle: asyncio.TimerHandle | None = None

        def act() -> None:
            self._coming.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(seconds, act)
        self._coming.add(handle)

    def clear(self) -> None:
        for handle in self._coming:
            handle.cancel()
        self._coming.clear()

    def __len__(self) -> int:
        return len(self._coming)
