"""The campaign API, v2. Source: https://aisensy.com/docs/api-docs/api-reference-docs/"""

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from simulators.aisensy.errors import ApiError, answered, fault
from simulators.aisensy.fates import VENDOR, Fates
from simulators.aisensy.orders import Campaigns
from simulators.control import VendorFault
from simulators.desk import Desk, stay_silent
from simulators.messages import File, Message
from simulators.recipients import of_number
from simulators.spoiling import garbled

_NUMBER = re.compile(r"\+?[1-9][0-9]{6,14}")


def create_app(desk: Desk, campaigns: Campaigns, fates: Fates) -> FastAPI:
    """The API under whichever path it is mounted."""
    app = FastAPI(title="AiSensy API", dependencies=[Depends(desk.control.gate(VENDOR))])
    app.add_exception_handler(ApiError, answered)
    app.add_exception_handler(VendorFault, fault)

    @app.post("/campaign/t1/api/v2")
    async def send(request: Request) -> Response:
        body = await _document(request)
        _check(body, campaigns)
        number = f"+{body['destination'].removeprefix('+')}"
        scenario = of_number(number)
        if scenario == "error":
            raise VendorFault(500)
        if scenario == "refuse":
            raise ApiError(400, "Destination is not a valid WhatsApp number")
        message = desk.messages.add(_message(body, number))
        message.become("accepted")
        desk.journal.add(
            VENDOR, "campaign.send", campaign=body["campaignName"], destination=number,
            parameters=body.get("templateParams") or [], media=body.get("media"), message_id=message.id,
        )  # fmt: skip
        fates.begin(message)
        if scenario == "timeout-after-accept":
            await stay_silent(request)
        answer = {"success": "true", "submitted_message_id": message.id}
        if desk.control.orders[VENDOR].scenario == "garbled":
            return Response(garbled(answer), media_type="application/json")
        return JSONResponse(answer)

    return app


async def _document(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise ApiError(400, "Invalid JSON") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid JSON")
    return body


def _check(body: Mapping[str, Any], campaigns: Campaigns) -> None:
    if not body.get("apiKey"):
        raise ApiError(401, "Invalid API key")
    for name in ("campaignName", "destination", "userName"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise ApiError(400, f"{name} is required")
    if not _NUMBER.fullmatch(body["destination"]):
        raise ApiError(400, "Destination is not a valid phone number")
    campaign = campaigns.find(body["campaignName"])
    if campaign is None:
        raise ApiError(400, "Campaign does not exist")
    if campaign.status != "LIVE" or campaign.template != "APPROVED":
        raise ApiError(400, "Campaign is not live")
    parameters = body.get("templateParams") or []
    if not isinstance(parameters, list) or not all(isinstance(text, str) and text for text in parameters):
        raise ApiError(400, "templateParams must be an array of non-empty strings")
    if campaign.parameters is not None and len(parameters) != campaign.parameters:
        raise ApiError(400, "Template params does not match the campaign")
    media = body.get("media")
    if media is not None and not (isinstance(media, dict) and str(media.get("url", "")).startswith("http")):
        raise ApiError(400, "Media URL is not publicly accessible")


def _message(body: Mapping[str, Any], number: str) -> Message:
    parameters = body.get("templateParams") or []
    media = body.get("media") or {}
    return Message(
        id=str(uuid4()),
        channel="whatsapp",
        vendor=VENDOR,
        to=number,
        name=body["userName"],
        text="\n".join(parameters),
        files=(File(media.get("filename") or "media", "text/uri-list", media["url"].encode()),)
        if media
        else (),
        details={"campaign": body["campaignName"], "parameters": parameters},
    )
