"""Zoom's webhook: the signature `v0`, and the challenge that an endpoint must answer before anything else is sent.

Source: https://developers.zoom.us/docs/api/webhooks/
"""

import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import httpx
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from simulators.callbacks import Callback
from simulators.desk import Desk
from simulators.zoom.account import Account

VENDOR = "zoom"
SECRET_TOKEN = "simulator"  # noqa: S105 - of nothing real
ACCOUNT = "abCDefGhIJklMNopQRstUv"
REPEATS_AFTER = (300.0, 1200.0, 3600.0)
VALIDATION_SECONDS = 3.0
MILLISECONDS = 1000


class Event(BaseModel):
    """An event of an object: `meeting.started`, `meeting.ended`, `recording.completed`, ..."""

    model_config = ConfigDict(extra="forbid")

    event: str
    object: dict[str, Any]


class Webhook:
    """Posts events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def post(self, event: str, about: dict[str, Any]) -> None:
        self._desk.callbacks.deliver(
            Callback(VENDOR, _body(event, {"account_id": ACCOUNT, "object": about}), _sign, REPEATS_AFTER)
        )

    async def validate(self) -> bool:
        """`endpoint.url_validation`: whether the product's endpoint knows the secret token, within three seconds."""
        token = uuid4().hex[:22]
        body = _body("endpoint.url_validation", {"plainToken": token})
        url = self._desk.control.orders[VENDOR].webhook_url
        try:
            async with httpx.AsyncClient(timeout=VALIDATION_SECONDS, trust_env=False) as client:
                answer = await client.post(url, content=body, headers=_sign(body, 0))
            return answer.is_success and answer.json() == {
                "plainToken": token,
                "encryptedToken": _digest(token),
            }
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return False


def orders_router(webhook: Webhook, account: Account) -> APIRouter:
    """/_control/zoom: let something happen in a meeting; validate the endpoint.

    From `recording.completed` on, the event's object is what the meeting's recordings are.
    """
    router = APIRouter(prefix="/_control/zoom", tags=["control"])

    @router.post("/events", status_code=202)
    async def happen(body: Event) -> None:
        if body.event == "recording.completed":
            account.record(body.object)
        webhook.post(body.event, body.object)

    @router.post("/validation", status_code=204)
    async def validate() -> None:
        if not await webhook.validate():
            raise HTTPException(409, "The endpoint did not answer the challenge.")

    return router


def _body(event: str, payload: dict[str, Any]) -> bytes:
    return json.dumps(
        {"event": event, "payload": payload, "event_ts": int(time.time() * MILLISECONDS)}
    ).encode()


def _sign(body: bytes, _: int) -> dict[str, str]:
    timestamp = str(int(time.time()))
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Zoom Marketplace/1.0a",
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": f"v0={_digest(f'v0:{timestamp}:{body.decode()}')}",
    }


def _digest(message: str) -> str:
    return hmac.new(SECRET_TOKEN.encode(), message.encode(), hashlib.sha256).hexdigest()
