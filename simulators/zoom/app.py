"""Server-to-server OAuth and meetings. Source: https://developers.zoom.us/docs/internal-apps/s2s-oauth/"""

import base64
import binascii
import time
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from simulators.control import VendorFault
from simulators.desk import Desk
from simulators.zoom.account import Account, ApiError

VENDOR = "zoom"
TOKEN_SECONDS = 3600
SCOPES = "meeting:read:admin meeting:write:admin recording:read:admin"
FIRST_MEETING = 80_000_000_000
_WORDS = {
    429: "You have reached the maximum per-second rate limit for this API.",
    500: "Internal server error",
    503: "Service unavailable",
}


class Meeting(BaseModel):
    """What a meeting is made from, or changed to."""

    model_config = ConfigDict(extra="allow")

    topic: str | None = None
    type: int | None = None
    start_time: str | None = None
    duration: int | None = None
    timezone: str | None = None
    agenda: str | None = None
    password: str | None = None
    settings: dict[str, Any] | None = None


def create_app(desk: Desk, account: Account) -> FastAPI:
    """OAuth under /oauth, the API under /v2."""
    desk.control.on_reset(account.clear)
    app = FastAPI(title="Zoom API", dependencies=[Depends(desk.control.gate(VENDOR))])
    app.add_exception_handler(ApiError, _answered)
    app.add_exception_handler(VendorFault, _fault)
    app.add_exception_handler(RequestValidationError, _invalid)

    @app.post("/oauth/token")
    async def token(
        grant_type: str = "", account_id: str = "", authorization: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        if grant_type != "account_credentials" or not account_id:
            return JSONResponse({"reason": "unsupported grant type", "error": "unsupported_grant_type"}, 400)
        if not _is_client(authorization):
            return JSONResponse(
                {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 401
            )
        name = uuid4().hex
        account.tokens[name] = time.monotonic() + TOKEN_SECONDS
        made = {"access_token": name, "token_type": "bearer", "expires_in": TOKEN_SECONDS, "scope": SCOPES}
        return JSONResponse(made | {"api_url": "https://api.zoom.us"})

    def signed_in(authorization: Annotated[str, Header()] = "") -> None:
        expires = account.tokens.get(authorization.removeprefix("Bearer "), 0.0)
        if expires < time.monotonic():
            raise ApiError(401, 124, "Invalid access token.")

    _add_meetings(app, desk, account, Depends(signed_in))
    return app


def _add_meetings(app: FastAPI, desk: Desk, account: Account, signed_in: Any) -> None:
    @app.post("/v2/users/{user}/meetings", status_code=201, dependencies=[signed_in])
    async def create(user: str, body: Meeting) -> dict[str, Any]:
        number = FIRST_MEETING + len(account.meetings) + 1
        passcode = body.password or f"{desk.control.rng(VENDOR).randrange(10**6):06}"
        made = {
            **body.model_dump(exclude_none=True),
            "id": number,
            "uuid": base64.b64encode(uuid4().bytes).decode(),
            "host_id": user,
            "status": "waiting",
            "type": body.type or 2,
            "password": passcode,
            "join_url": f"https://zoom.invalid/j/{number}?pwd={passcode}",
            "start_url": f"https://zoom.invalid/s/{number}?zak={uuid4().hex}",
            "created_at": _now(),
        }
        account.meetings[number] = made
        desk.journal.add(
            VENDOR, "meeting.create", meeting_id=number, topic=body.topic, start_time=body.start_time
        )
        return made

    @app.get("/v2/meetings/{number}", dependencies=[signed_in])
    async def read(number: int) -> dict[str, Any]:
        return account.meeting(number)

    @app.patch("/v2/meetings/{number}", status_code=204, dependencies=[signed_in])
    async def change(number: int, body: Meeting) -> None:
        account.meeting(number).update(body.model_dump(exclude_none=True))
        desk.journal.add(VENDOR, "meeting.update", meeting_id=number)

    @app.delete("/v2/meetings/{number}", status_code=204, dependencies=[signed_in])
    async def delete(number: int) -> None:
        account.meeting(number)
        del account.meetings[number]
        desk.journal.add(VENDOR, "meeting.delete", meeting_id=number)

    @app.get("/v2/meetings/{number}/recordings", dependencies=[signed_in])
    async def recordings(number: int) -> dict[str, Any]:
        if number not in account.recordings:
            raise ApiError(404, 3301, "This recording does not exist.")
        return account.recordings[number]

    @app.get("/v2/users/{user}/recordings", dependencies=[signed_in])
    async def listed(
        user: str,
        since: Annotated[str, Query(alias="from")] = "",
        until: Annotated[str, Query(alias="to")] = "",
    ) -> dict[str, Any]:
        meetings = [
            recording
            for recording in account.recordings.values()
            if recording["host_id"] == user and since <= recording["start_time"][:10] <= (until or "9999")
        ]
        return {
            "from": since,
            "to": until,
            "page_size": 300,
            "next_page_token": "",
            "total_records": len(meetings),
            "meetings": meetings,
        }


def _is_client(authorization: str) -> bool:
    kind, _, encoded = authorization.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind == "Basic" and bool(name and colon and secret)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _answered(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for no other
    return JSONResponse({"code": error.code, "message": error.message}, error.status)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"code": 300, "message": f"Validation Failed. {error}"[:300]}, 400)


def _fault(_: Request, error: Exception) -> JSONResponse:
    """Source: https://developers.zoom.us/docs/api/rate-limits/"""
    assert isinstance(error, VendorFault)  # noqa: S101 - registered for no other
    headers = {}
    if error.retry_after is not None:
        headers = {"X-RateLimit-Category": "Light", "X-RateLimit-Type": "QPS", "X-RateLimit-Remaining": "0"}
    return JSONResponse(
        {"code": error.status, "message": _WORDS[error.status]}, error.status, headers=headers
    )
