"""Calls and executions. Source: https://www.bolna.ai/docs/api-reference/calls/make"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from simulators.bolna.errors import ApiError, answered, fault
from simulators.bolna.fates import VENDOR, Execution, Fates
from simulators.control import VendorFault
from simulators.desk import Desk, stay_silent
from simulators.messages import Message
from simulators.recipients import of_number
from simulators.spoiling import garbled

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


def create_app(desk: Desk) -> FastAPI:
    """The API under whichever path it is mounted."""
    app = FastAPI(title="Bolna API", dependencies=[Depends(_key), Depends(desk.control.gate(VENDOR))])
    app.add_exception_handler(ApiError, answered)
    app.add_exception_handler(VendorFault, fault)
    executions: dict[str, Execution] = {}
    desk.control.on_reset(executions.clear)
    fates = Fates(desk)

    @app.post("/call")
    async def call(request: Request) -> Response:
        body = await _document(request)
        _check(body)
        scenario = of_number(body["recipient_phone_number"])
        if scenario == "error":
            raise VendorFault(500)
        if scenario == "refuse":
            raise ApiError(400, "recipient_phone_number is not allowed for this account")
        execution = _execution(body, origin=f"{request.url.scheme}://{request.url.netloc}")
        executions[execution.message.id] = execution
        desk.messages.add(execution.message)
        desk.journal.add(
            VENDOR, "call", execution_id=execution.message.id, agent_id=execution.agent,
            recipient_phone_number=execution.message.to, user_data=execution.data,
        )  # fmt: skip
        fates.enter(execution, "queued")
        fates.begin(execution)
        if scenario == "timeout-after-accept":
            await stay_silent(request)
        answer = {"message": "done", "status": "queued", "execution_id": execution.message.id}
        if desk.control.orders[VENDOR].scenario == "garbled":
            return Response(garbled(answer), media_type="application/json")
        return JSONResponse(answer)

    @app.get("/executions/{name}")
    async def read(name: str) -> dict[str, Any]:
        return _found(executions, name).document()

    @app.post("/call/{name}/stop")
    async def stop(name: str) -> dict[str, str]:
        execution = _found(executions, name)
        if execution.message.state != "queued":
            raise ApiError(400, "Only queued calls can be stopped")
        fates.enter(execution, "stopped")
        return {"message": "done", "status": "stopped", "execution_id": name}

    @app.get("/v2/agent/{agent}/executions")
    async def listed(
        agent: str,
        page_number: Annotated[int, Query(ge=1)] = 1,
        page_size: Annotated[int, Query(ge=1, le=50)] = 20,
        since: Annotated[datetime | None, Query(alias="from")] = None,
    ) -> dict[str, Any]:
        matching = [
            execution
            for execution in reversed(executions.values())
            if execution.agent == agent and (since is None or execution.created_at >= since)
        ]
        first = (page_number - 1) * page_size
        return {
            "page_number": page_number,
            "page_size": page_size,
            "total": len(matching),
            "has_more": len(matching) > first + page_size,
            "data": [execution.summary() for execution in matching[first : first + page_size]],
        }

    return app


def _key(authorization: Annotated[str | None, Header()] = None) -> None:
    if not authorization or not authorization.removeprefix("Bearer ").strip():
        raise ApiError(401, "Access denied")


async def _document(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise ApiError(400, "Invalid JSON") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid JSON")
    return body


def _check(body: Mapping[str, Any]) -> None:
    if not isinstance(body.get("agent_id"), str) or not body["agent_id"]:
        raise ApiError(400, "agent_id is required")
    if body["agent_id"].startswith("unknown"):
        raise ApiError(404, "Agent not found")
    number = body.get("recipient_phone_number")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise ApiError(400, "recipient_phone_number must be in E.164 format")
    if not isinstance(body.get("user_data", {}), dict):
        raise ApiError(400, "user_data must be an object")


def _execution(body: Mapping[str, Any], *, origin: str) -> Execution:
    data = dict(body.get("user_data") or {})
    now = datetime.now(UTC)
    message = Message(
        id=str(uuid4()),
        channel="voice",
        vendor=VENDOR,
        to=body["recipient_phone_number"],
        name=str(data.get("name", "")),
        text="\n".join(f"{name}: {value}" for name, value in data.items()),
        details={"agent": body["agent_id"], "variables": data},
        reference=data.get("reference"),
    )
    from_number = body.get("from_phone_number") or "+15550009999"
    return Execution(
        message, body["agent_id"], from_number, data, created_at=now, updated_at=now, recordings=f"{origin}/_inbox"
    )  # fmt: skip


def _found(executions: Mapping[str, Execution], name: str) -> Execution:
    if name not in executions:
        raise ApiError(404, "Execution not found")
    return executions[name]
