"""What a test or a person may order a simulated vendor to do: be slow, be down, fail at random, misbehave."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

VENDORS = ("gemini", "openai", "github", "sendgrid", "ses", "aisensy", "bolna", "instamojo", "zoom")

Scenario = Literal[
    "normal", "obedient", "rubbish", "empty", "truncated", "other_language", "garbled", "refusing", "retired",
    "rate_limited", "rate_limited_silently",
]  # fmt: skip


class Orders(BaseModel):
    """How one vendor behaves.

    `failure_rate` is the share of requests that fail (500 or 503), drawn from a seeded generator.
    Scenarios: `obedient` follows instructions hidden in data; `rubbish` answers what fits no schema, `empty` nothing,
    `truncated` half of it, `other_language` in another language; `garbled` breaks the response itself; `refusing` answers as the safety filter does; `retired` knows no model; `rate_limited` answers 429, `rate_limited_silently` without a word
    about when to come again.

    Of vendors that call back: `undelivered_rate` is the share of messages, calls and payments that end badly after they
    were accepted; `time_factor` multiplies every delay; each webhook goes to `webhook_url` ("" for nowhere),
    `duplicates` times more than once, and in any order if `shuffle`. `requests_per_minute` 0 is no limit.
    """

    model_config = ConfigDict(extra="forbid")

    down: bool = False
    latency_ms: Annotated[int, Field(ge=0, le=300_000)] = 0
    failure_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    retry_after_seconds: Annotated[int, Field(ge=0)] = 1
    scenario: Scenario = "normal"
    undelivered_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    time_factor: Annotated[float, Field(ge=0, le=10)] = 1.0
    webhook_url: str = ""
    duplicates: Annotated[int, Field(ge=0, le=20)] = 0
    shuffle: bool = False
    requests_per_minute: Annotated[int, Field(ge=0)] = 0


class Changes(BaseModel):
    """The orders to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    down: bool | None = None
    latency_ms: Annotated[int, Field(ge=0, le=300_000)] | None = None
    failure_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    retry_after_seconds: Annotated[int, Field(ge=0)] | None = None
    scenario: Scenario | None = None
    undelivered_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    time_factor: Annotated[float, Field(ge=0, le=10)] | None = None
    webhook_url: str | None = None
    duplicates: Annotated[int, Field(ge=0, le=20)] | None = None
    shuffle: bool | None = None
    requests_per_minute: Annotated[int, Field(ge=0)] | None = None


class Seed(BaseModel):
    """What every random choice from now on follows from."""

    seed: int = 0


WINDOW_SECONDS = 60.0
UNLIMITED = 600_000
"""What a vendor without an ordered limit writes into its headers: ten thousand a second."""


class VendorFault(Exception):
    """A failure to be answered in the vendor's own words."""

    def __init__(self, status: int, *, retry_after: int | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.retry_after = retry_after


class Control:
    """Orders and random generators of all vendors; the same seed gives the same run.

    `usual` are the orders that a vendor starts with and returns to.
    """

    def __init__(self, usual: Mapping[str, Orders] | None = None) -> None:
        self._usual = usual or {}
        self._on_reset: list[Callable[[], None]] = []
        self.reset(seed=0)

    def on_reset(self, forget: Callable[[], None]) -> None:
        """Call `forget` at every reset."""
        self._on_reset.append(forget)

    def reset(self, *, seed: int) -> None:
        """Everybody is well again, and every generator starts anew."""
        self.seed = seed
        self.orders = {vendor: self._usual.get(vendor, Orders()) for vendor in VENDORS}
        self._failures = {vendor: _generator(f"{seed}/{vendor}/failures") for vendor in VENDORS}
        self._answers = dict.fromkeys(VENDORS, 0)
        self._windows: dict[str, tuple[float, int]] = {}
        for forget in self._on_reset:
            forget()

    def rng(self, vendor: str) -> Random:
        """The generator of the vendor's next answer."""
        self._answers[vendor] += 1
        return _generator(f"{self.seed}/{vendor}/{self._answers[vendor]}")

    def fate(self, vendor: str, name: str) -> Random:
        """The generator of what becomes of one message, whichever order the messages come in."""
        return _generator(f"{self.seed}/{vendor}/fate/{name}")

    def seconds(self, vendor: str, least: float, most: float, *, rng: Random) -> float:
        """A delay between the two, as fast as ordered."""
        return rng.uniform(least, most) * self.orders[vendor].time_factor

    def gate(self, vendor: str) -> Callable[[], Awaitable[None]]:
        """A dependency of every endpoint of the vendor: waits, then fails as ordered."""

        async def pass_or_fail() -> None:
            orders = self.orders[vendor]
            if orders.latency_ms:
                await asyncio.sleep(orders.latency_ms / 1000)
            if orders.down:
                raise VendorFault(503)
            if orders.scenario == "rate_limited":
                raise VendorFault(429, retry_after=orders.retry_after_seconds)
            if orders.scenario == "rate_limited_silently":
                raise VendorFault(429)
            self._count(vendor)
            if orders.failure_rate and self._failures[vendor].random() < orders.failure_rate:
                raise VendorFault(self._failures[vendor].choice((500, 503)))

        return pass_or_fail

    def remaining(self, vendor: str) -> tuple[int, int, int]:
        """Of the vendor's rate limit: how many requests a minute, how many are left, and when it begins anew (epoch)."""
        most = self.orders[vendor].requests_per_minute or UNLIMITED
        began, used = self._windows.get(vendor, (time.time(), 0))
        return most, max(0, most - used), int(began + WINDOW_SECONDS) + 1

    def _count(self, vendor: str) -> None:
        now = time.time()
        began, used = self._windows.get(vendor, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, used = now, 0
        most = self.orders[vendor].requests_per_minute
        if most and used >= most:
            raise VendorFault(429, retry_after=int(began + WINDOW_SECONDS - now) + 1)
        self._windows[vendor] = (began, used + 1)


def _generator(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - repeatable on purpose


def control_router(control: Control) -> APIRouter:
    """/_control: one resource a vendor, and a reset."""
    router = APIRouter(prefix="/_control", tags=["control"])

    @router.get("")
    def read_all() -> dict[str, Orders]:
        return control.orders

    @router.post("/reset")
    async def reset(body: Seed | None = None) -> dict[str, Orders]:
        control.reset(seed=body.seed if body else 0)
        return control.orders

    @router.get("/{vendor}")
    def read(vendor: str) -> Orders:
        return _orders(control, vendor)

    @router.put("/{vendor}")
    def change(vendor: str, body: Changes) -> Orders:
        changed = _orders(control, vendor).model_copy(update=body.model_dump(exclude_none=True))
        control.orders[vendor] = changed
        return changed

    return router


def _orders(control: Control, vendor: str) -> Orders:
    if vendor not in control.orders:
        raise HTTPException(404, f"No vendor {vendor!r}; there are {', '.join(VENDORS)}.")
    return control.orders[vendor]
