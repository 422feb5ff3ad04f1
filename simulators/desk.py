"""What every messaging vendor works with."""

import asyncio
import time
from dataclasses import dataclass

from fastapi import Request

from simulators.callbacks import Callbacks
from simulators.control import Control
from simulators.journal import Journal
from simulators.messages import Messages
from simulators.timeline import Timeline

LONGEST_SILENCE_SECONDS = 90.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Desk:
    """Orders, journal, what was sent, what comes later, and the way back to the product."""

    control: Control
    journal: Journal
    messages: Messages
    timeline: Timeline
    callbacks: Callbacks


async def stay_silent(request: Request) -> None:
    """Answer nothing for as long as the client has patience."""
    deadline = time.monotonic() + LONGEST_SILENCE_SECONDS
    while time.monotonic() < deadline and not await request.is_disconnected():
        await asyncio.sleep(LOOK_SECONDS)
