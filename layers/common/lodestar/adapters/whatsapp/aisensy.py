"""AiSensy's campaign API, v2. Source: https://aisensy.com/docs/api-docs/api-reference-docs/"""

import re
from typing import Any

from lodestar import clock
from lodestar.adapters.numbers import must_be_one_number
from lodestar.adapters.sending import Accepted, OutcomeUnknown, Refused
from lodestar.adapters.vendors import VendorServer
from lodestar.adapters.whatsapp.port import WhatsAppMessage
from lodestar.adapters.wire import Wire, parsed

LONGEST_PARAMETER = 1024
"""WhatsApp's limit of a template's body; a parameter holds no line break, tab, or more than four spaces in a row."""

_UNKNOWN = frozenset({500, 502, 504})
"""AiSensy documents no meaning of its 500s, so none is taken as a promise that nothing was sent."""


class AiSensy:
    """A `WhatsAppSender`. AiSensy keeps no reference of ours: its events name the id that `send` answers."""

    vendor = "aisensy"

    def __init__(self, server: VendorServer) -> None:
        assert server.base_url is not None  # noqa: S101 - vendors.py knows the address
        self._key = server.api_key
        self._wire = Wire("AiSensy", server.base_url, unknown_statuses=_UNKNOWN)

    def send(self, message: WhatsAppMessage) -> Accepted:
        _check(message)
        answer = parsed(self._wire.post("/campaign/t1/api/v2", self._body(message)))
        name = answer.get("submitted_message_id") if isinstance(answer, dict) else None
        if not name or str(answer.get("success")).lower() != "true":
            raise OutcomeUnknown("AiSensy answered without the message's id.")
        return Accepted(vendor=self.vendor, vendor_message_id=str(name), at=clock.now())

    def _body(self, message: WhatsAppMessage) -> dict[str, Any]:
        body: dict[str, Any] = {
            "apiKey": self._key,
            "campaignName": message.template,
            "destination": message.to_e164,
            "userName": message.name or message.to_e164,
            "source": "lodestar",
            "templateParams": [_single_line(parameter) for parameter in message.parameters],
        }
        if message.media is not None:
            body["media"] = {"url": message.media.url, "filename": message.media.filename}
        return body


def _check(message: WhatsAppMessage) -> None:
    must_be_one_number(message.to_e164)
    if any(not parameter.strip() or len(parameter) > LONGEST_PARAMETER for parameter in message.parameters):
        raise Refused(
            "invalid_parameter", f"A parameter is empty or longer than {LONGEST_PARAMETER} characters."
        )


def _single_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
