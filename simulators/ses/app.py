"""SendEmail with a raw message. Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html"""

import base64
import binascii
import email
import json
from collections.abc import Mapping
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import parseaddr
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse

from simulators.control import VendorFault
from simulators.desk import Desk, stay_silent
from simulators.messages import File, Message
from simulators.recipients import of_address
from simulators.ses.errors import ApiError, answered, fault
from simulators.ses.fates import VENDOR, Fates

LARGEST_BYTES = 40 * 1024 * 1024
"""https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
UNVERIFIED = "unverified.example"
_SHOWN_ELSEWHERE = frozenset(
    {"from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding"}
)


def create_app(desk: Desk) -> FastAPI:
    """The API under whichever path it is mounted."""
    gate = desk.control.gate(VENDOR)
    app = FastAPI(title="Amazon SES v2", dependencies=[Depends(_signed), Depends(gate)])
    app.add_exception_handler(ApiError, answered)
    app.add_exception_handler(VendorFault, fault)
    fates = Fates(desk)

    @app.post("/v2/email/outbound-emails")
    async def send(request: Request) -> JSONResponse:
        asked = await _document(request)
        mail, to = _checked(asked)
        word = of_address(to)
        if word == "error":
            raise VendorFault(500)
        if word == "refuse":
            raise ApiError(400, "MessageRejected", "Transaction failed: Expected ';', got \"refuse\"")
        message = desk.messages.add(_message(asked, mail, to=to))
        message.become("accepted")
        desk.journal.add(VENDOR, "SendEmail", message_id=message.id, recipients=[to], subject=message.subject)
        fates.begin(message)
        if word == "timeout-after-accept":
            await stay_silent(request)
        return JSONResponse({"MessageId": message.id})

    return app


def _signed(authorization: Annotated[str | None, Header()] = None) -> None:
    """Whose signature it is, is not looked at."""
    if not authorization or not authorization.startswith("AWS4-HMAC-SHA256 "):
        raise ApiError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")


async def _document(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise ApiError(400, "BadRequestException", "Could not parse request body into json") from error
    if not isinstance(body, dict):
        raise ApiError(400, "BadRequestException", "Could not parse request body into json")
    return body


def _checked(asked: Mapping[str, Any]) -> tuple[EmailMessage, str]:
    """The message, and to whom it goes."""
    recipients = (asked.get("Destination") or {}).get("ToAddresses") or []
    if len(recipients) != 1 or not parseaddr(recipients[0])[1]:
        raise ApiError(400, "BadRequestException", "Missing final '@domain'")
    sender = parseaddr(asked.get("FromEmailAddress") or "")[1]
    if sender.endswith(f"@{UNVERIFIED}") or not sender:
        words = f"Email address is not verified. The following identities failed the check in region US-EAST-1: {sender}"
        raise ApiError(400, "MessageRejected", words)
    try:
        raw = base64.b64decode(asked["Content"]["Raw"]["Data"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ApiError(400, "BadRequestException", "Content.Raw.Data is no base64") from error
    if len(raw) > LARGEST_BYTES:
        raise ApiError(400, "MessageRejected", f"Message length is more than {LARGEST_BYTES} bytes long")
    if not raw.isascii():
        raise ApiError(400, "BadRequestException", "Message contains bytes that are no 7-bit ASCII")
    return email.message_from_bytes(raw, policy=default), recipients[0]


def _message(asked: Mapping[str, Any], mail: EmailMessage, *, to: str) -> Message:
    texts = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    tags = {tag["Name"]: tag["Value"] for tag in asked.get("EmailTags") or []}
    name, _ = parseaddr(str(mail["To"]))
    return Message(
        id=f"0100{uuid4().hex[:12]}-{uuid4()}-000000",
        channel="email",
        vendor=VENDOR,
        to=to,
        name=name,
        sender=str(mail["From"]),
        subject=str(mail["Subject"]),
        text=_text(texts["plain"]),
        html=_text(texts["html"]),
        headers={key: str(value) for key, value in mail.items() if key.lower() not in _SHOWN_ELSEWHERE},
        files=tuple(_file(part) for part in mail.walk() if _is_file(part)),
        details={"tags": tags, "configuration_set": asked.get("ConfigurationSetName")},
        reference=tags.get("reference"),
    )


def _text(part: MIMEPart | None) -> str:
    """A part's text; MIME ends every one with a line break."""
    return "" if part is None else str(part.get_content()).removesuffix("\n").removesuffix("\r")


def _is_file(part: EmailMessage) -> bool:
    """Beside the texts, or shown by the HTML."""
    return not part.is_multipart() and bool(part.get_content_disposition())


def _file(part: EmailMessage) -> File:
    parameters = "".join(f"; {key}={value}" for key, value in part["Content-Type"].params.items())
    cid = part.get("Content-ID")
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)  # noqa: S101 - no attachment of ours has parts of its own
    name = part.get_filename() or "file"
    return File(name, part.get_content_type() + parameters, data, str(cid).strip("<>") if cid else None)
