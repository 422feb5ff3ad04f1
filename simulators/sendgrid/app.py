"""Mail Send. Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send"""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, Request, Response

from simulators.control import VendorFault
from simulators.desk import Desk, stay_silent
from simulators.messages import Message
from simulators.recipients import of_address
from simulators.sendgrid.errors import ApiError, answered, fault
from simulators.sendgrid.fates import VENDOR, Fates
from simulators.sendgrid.signing import Signer
from simulators.sendgrid.validation import LARGEST_BYTES, check, file_of

MOST_ADDRESSES_KEPT = 1000


def create_app(desk: Desk, signer: Signer) -> FastAPI:
    """The API under whichever path it is mounted."""
    gate = desk.control.gate(VENDOR)
    app = FastAPI(title="SendGrid API", dependencies=[Depends(_key), Depends(gate)])
    app.add_exception_handler(ApiError, answered)
    app.add_exception_handler(VendorFault, fault)
    fates = Fates(desk, signer)

    @app.get("/v3/user/webhooks/event/settings/signed")
    async def public_key() -> dict[str, str]:
        return {"public_key": signer.public_key}

    @app.post("/v3/mail/send")
    async def send(request: Request) -> Response:
        body = await _document(request)
        check(body)
        recipients = [entry["to"][0]["email"] for entry in body["personalizations"]]
        words = {of_address(recipient) for recipient in recipients}
        if "error" in words:
            raise VendorFault(500)
        name = uuid4().hex[:22]
        _accept(desk, fates, body, message_id=name)
        desk.journal.add(
            VENDOR, "mail.send", message_id=name, recipients=recipients[:MOST_ADDRESSES_KEPT],
            subject=body["personalizations"][0].get("subject") or body.get("subject"),
        )  # fmt: skip
        if "timeout-after-accept" in words:
            await stay_silent(request)
        most, left, reset = desk.control.remaining(VENDOR)
        headers = {
            "X-Message-Id": name,
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(reset),
        }
        return Response(status_code=202, headers=headers)

    return app


def _key(authorization: Annotated[str | None, Header()] = None) -> None:
    if not authorization or not authorization.removeprefix("Bearer ").strip():
        raise ApiError(401, ("Permission denied, wrong credentials", None, None))


async def _document(request: Request) -> Any:
    content = await request.body()
    if len(content) > LARGEST_BYTES:
        raise ApiError(413, ("The total size of your email must not exceed 30 MB.", None, None))
    try:
        return json.loads(content)
    except ValueError as error:
        raise ApiError(400, ("Bad Request", None, None)) from error


def _accept(desk: Desk, fates: Fates, body: Mapping[str, Any], *, message_id: str) -> None:
    texts = {part["type"]: part["value"] for part in body["content"]}
    files = tuple(file for file in map(file_of, body.get("attachments") or []) if file is not None)
    opens = (body.get("tracking_settings") or {}).get("open_tracking", {}).get("enable", True)
    details = {"message_id": message_id, "categories": body.get("categories") or []}
    sender = _shown(body["from"])
    for nth, entry in enumerate(body["personalizations"]):
        arguments = {**(body.get("custom_args") or {}), **(entry.get("custom_args") or {})}
        replaced = entry.get("substitutions") or {}
        to = entry["to"][0]
        message = desk.messages.add(
            Message(
                id=f"{message_id}-{nth}",
                channel="email",
                vendor=VENDOR,
                to=to["email"],
                name=to.get("name", ""),
                sender=sender,
                subject=_replaced(entry.get("subject") or body.get("subject", ""), replaced),
                text=_replaced(texts.get("text/plain", ""), replaced),
                html=_replaced(texts.get("text/html", ""), replaced),
                headers={**(body.get("headers") or {}), **(entry.get("headers") or {}), **_reply_to(body)},
                files=files,
                details=details,
                reference=arguments.get("reference"),
            )
        )
        message.become("accepted")
        fates.begin(message, arguments=arguments, opens=opens and "text/html" in texts)


def _reply_to(body: Mapping[str, Any]) -> dict[str, str]:
    return {"Reply-To": _shown(body["reply_to"])} if body.get("reply_to") else {}


def _shown(address: Mapping[str, str]) -> str:
    return f"{address['name']} <{address['email']}>" if address.get("name") else address["email"]


def _replaced(text: str, substitutions: Mapping[str, str]) -> str:
    for key, value in substitutions.items():
        text = text.replace(key, value)
    return text
