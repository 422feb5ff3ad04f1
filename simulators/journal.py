"""/_sent: what the vendors were asked, newest last, so that a test can look at what left the product."""

from collections import deque
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter

MOST_ENTRIES = 200
MOST_CHARACTERS = 50_000


class Journal:
    """The last requests of each vendor."""

    def __init__(self) -> None:
        self._entries: dict[str, deque[dict[str, Any]]] = {}

    def add(self, vendor: str, operation: str, **asked: Any) -> None:
        """Keep one request; long texts are cut."""
        kept = {
            key: value[:MOST_CHARACTERS] if isinstance(value, str) else value for key, value in asked.items()
        }
        entry = {"at": datetime.now(UTC).isoformat(), "operation": operation, **kept}
        self._entries.setdefault(vendor, deque(maxlen=MOST_ENTRIES)).append(entry)

    def read(self, vendor: str) -> list[dict[str, Any]]:
        return list(self._entries.get(vendor, ()))

    def clear(self) -> None:
        self._entries.clear()


def sent_router(journal: Journal) -> APIRouter:
    """GET /_sent/{vendor} and DELETE /_sent."""
    router = APIRouter(prefix="/_sent", tags=["sent"])

    @router.get("/{vendor}")
    def read(vendor: str) -> list[dict[str, Any]]:
        return journal.read(vendor)

    @router.delete("", status_code=204)
    def clear() -> None:
        journal.clear()

    return router
