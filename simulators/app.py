"""All simulated vendors on one port, each under its name, and /_control, /_sent, /_inbox, /_health for us."""

import json
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from simulators import aisensy, bolna, gemini, github, instamojo, openai, sendgrid, ses, zoom
from simulators.callbacks import Callbacks
from simulators.control import Control, Orders, control_router
from simulators.desk import Desk
from simulators.inbox import inbox_router
from simulators.journal import Journal, sent_router
from simulators.messages import Messages
from simulators.timeline import Timeline

CALLING_BACK = ("sendgrid", "ses", "aisensy", "bolna", "instamojo", "zoom")
UNDELIVERED_RATE = 0.1
"""SB-10's 10 %, of every vendor that can fail to deliver."""


def create_app(state_directory: Path, *, usual: Mapping[str, Orders] | None = None) -> FastAPI:
    """The simulators with their state in `state_directory`, seeded where it is empty.

    `usual` are the orders that vendors start with; without, those of the plan.
    """
    control, journal = Control(usual if usual is not None else usual_orders({})), Journal()
    desk = Desk(control, journal, Messages(), Timeline(), Callbacks(control))
    for forget in (desk.messages.clear, desk.timeline.clear, desk.callbacks.forget):
        control.on_reset(forget)
    repositories = github.Repositories(state_directory / "github")
    github.seed(repositories)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.timeline.clear()
        await desk.callbacks.close()

    app = FastAPI(title="Simulated vendors", lifespan=lifespan)
    app.include_router(github.repositories_router(repositories))
    _mount_messaging(app, desk)
    app.include_router(control_router(control))
    app.include_router(sent_router(journal))
    app.include_router(inbox_router(desk.messages))
    app.mount("/gemini", gemini.create_app(control, journal, state_directory / "gemini"))
    app.mount("/openai", openai.create_app(control, journal))
    app.mount("/github", github.create_app(control, journal, repositories))

    @app.get("/_health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def usual_orders(environment: Mapping[str, str]) -> dict[str, Orders]:
    """SIMULATOR_TIME_FACTOR multiplies every delay, SIMULATOR_UNDELIVERED_RATE is the share that ends badly, and
    SIMULATOR_WEBHOOKS is a JSON object of URLs by vendor."""
    factor = float(environment.get("SIMULATOR_TIME_FACTOR") or 1)
    rate = float(environment.get("SIMULATOR_UNDELIVERED_RATE") or UNDELIVERED_RATE)
    webhooks = json.loads(environment.get("SIMULATOR_WEBHOOKS") or "{}")
    return {
        vendor: Orders(time_factor=factor, undelivered_rate=rate, webhook_url=webhooks.get(vendor, ""))
        for vendor in CALLING_BACK
    }


def _mount_messaging(app: FastAPI, desk: Desk) -> None:
    signer = sendgrid.Signer(seed=0)
    campaigns, fates = aisensy.Campaigns(), aisensy.Fates(desk)
    desk.control.on_reset(campaigns.clear)
    account = zoom.Account()
    app.mount("/sendgrid", sendgrid.create_app(desk, signer))
    app.mount("/ses", ses.create_app(desk))
    app.mount("/aisensy", aisensy.create_app(desk, campaigns, fates))
    app.mount("/bolna", bolna.create_app(desk))
    app.mount("/instamojo", instamojo.create_app(desk))
    app.mount("/zoom", zoom.create_app(desk, account))
    app.include_router(aisensy.orders_router(campaigns, fates))
    app.include_router(zoom.orders_router(zoom.Webhook(desk), account))
    app.include_router(_callbacks_router(desk.callbacks, signer))


def _callbacks_router(callbacks: Callbacks, signer: sendgrid.Signer) -> APIRouter:
    """What was posted to the product, and the key that SendGrid's events are signed with."""
    router = APIRouter(prefix="/_control", tags=["control"])

    @router.get("/callbacks")
    async def attempts() -> list[dict[str, Any]]:
        return list(callbacks.attempts)

    @router.get("/sendgrid/key")
    async def key() -> dict[str, str]:
        return {"public_key": signer.public_key}

    return router


def _state_directory() -> Path:
    named = os.environ.get("SIMULATOR_STATE_DIRECTORY")
    return Path(named) if named else Path(tempfile.mkdtemp(prefix="simulators-"))


def __getattr__(name: str) -> FastAPI:
    """`uvicorn simulators.app:app` makes the app when it asks for it; importing this module makes nothing."""
    if name == "app":
        return create_app(_state_directory(), usual=usual_orders(os.environ))
    raise AttributeError(name)
