"""What a test or a person may order a simulated vendor to do: be slow, be down, fail at random, misbehave."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

VENDORS = ("gemini", "openai", "github")

Scenario = Literal[
    "normal", "obedient", "rubbish", "empty", "truncated", "other_language", "garbled", "refusing", "retired",
    "rate_limited",
]  # fmt: skip


class Orders(BaseModel):
    """How one vendor behaves.

    `failure_rate` is the share of requests that fail (500 or 503), drawn from a seeded generator.
    Scenarios: `obedient` follows instructions hidden in data; `rubbish` answers what fits no schema, `empty` nothing,
    `truncated` half of it, `other_language` in another language; `garbled` breaks the response itself; `refusing` answers as the safety filter does; `retired` knows no model; `rate_limited` answers 429.
    """

    model_config = ConfigDict(extra="forbid")

    down: bool = False
    latency_ms: Annotated[int, Field(ge=0, le=300_000)] = 0
    failure_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    retry_after_seconds: Annotated[int, Field(ge=0)] = 1
    scenario: Scenario = "normal"


class Changes(BaseModel):
    """The orders to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    down: bool | None = None
    latency_ms: Annotated[int, Field(ge=0, le=300_000)] | None = None
    failure_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    retry_after_seconds: Annotated[int, Field(ge=0)] | None = None
    scenario: Scenario | None = None


class Seed(BaseModel):
    """What every random choice from now on follows from."""

    seed: int = 0


class VendorFault(Exception):
    """A failure to be answered in the vendor's own words."""

    def __init__(self, status: int, *, retry_after: int | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.retry_after = retry_after


class Control:
    """Orders and random generators of all vendors; the same seed gives the same run."""

    def __init__(self) -> None:
        self.reset(seed=0)

    def reset(self, *, seed: int) -> None:
        """Everybody is well again, and every generator starts anew."""
        self.seed = seed
        self.orders = {vendor: Orders() for vendor in VENDORS}
        self._failures = {vendor: _generator(f"{seed}/{vendor}/failures") for vendor in VENDORS}
        self._answers = dict.fromkeys(VENDORS, 0)

    def rng(self, vendor: str) -> Random:
        """The generator of the vendor's next answer."""
        self._answers[vendor] += 1
        return _generator(f"{self.seed}/{vendor}/{self._answers[vendor]}")

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
            if orders.failure_rate and self._failures[vendor].random() < orders.failure_rate:
                raise VendorFault(self._failures[vendor].choice((500, 503)))

        return pass_or_fail


def _generator(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - repeatable on purpose


def control_router(control: Control) -> APIRouter:
    """/_control: one resource a vendor, and a reset."""
    router = APIRouter(prefix="/_control", tags=["control"])

    @router.get("")
    def read_all() -> dict[str, Orders]:
        return control.orders

    @router.post("/reset")
    def reset(body: Seed | None = None) -> dict[str, Orders]:
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
