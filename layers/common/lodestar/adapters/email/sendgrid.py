"""SendGrid's Mail Send. Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send"""

import base64
import re
from collections.abc import Sequence
from typing import Any

from lodestar import clock
from lodestar.adapters.email.checking import ascii_address, refusal, substituted
from lodestar.adapters.email.port import Address, Email
from lodestar.adapters.sending import Accepted, NotSent, Outcome, OutcomeUnknown
from lodestar.adapters.vendors import VendorServer
from lodestar.adapters.wire import RefusedAnswer, Wire

MOST_PERSONALIZATIONS = 1000
LARGEST_SUBSTITUTIONS_BYTES = 9_000
"""SendGrid's limit of 10,000 holds for a personalization as a whole."""

GATEWAY_TIMEOUT = 504
ACCEPTED = 202
_GUILTY = re.compile(r"personalizations\.(\d+)\.")


class SendGrid:
    """An `EmailSender`. A 202 promises only that SendGrid queued the message; its Event Webhook tells the rest."""

    vendor = "sendgrid"
    most_messages = MOST_PERSONALIZATIONS

    def __init__(self, server: VendorServer) -> None:
        assert server.base_url is not None  # noqa: S101 - vendors.py knows the address
        self._wire = Wire(
            "SendGrid",
            server.base_url,
            headers={"authorization": f"Bearer {server.api_key}"},
            unknown_statuses=frozenset({GATEWAY_TIMEOUT}),
        )

    def send(self, messages: Sequence[Email]) -> list[Outcome]:
        if len(messages) > self.most_messages:
            raise ValueError(f"{len(messages)} messages; {self.most_messages} at most")
        outcomes: dict[int, Outcome] = {}
        sendable: list[int] = []
        for nth, message in enumerate(messages):
            refused = refusal(message)
            if refused is None:
                sendable.append(nth)
            else:
                outcomes[nth] = refused
        for group in _groups(messages, sendable):
            outcomes |= self._send_together(messages, group)
        return [outcomes[nth] for nth in range(len(messages))]

    def _send_together(self, messages: Sequence[Email], group: list[int]) -> dict[int, Outcome]:
        """One call; where SendGrid names the guilty among the recipients, a second one without them."""
        try:
            answer = self._wire.post("/v3/mail/send", _body([messages[nth] for nth in group]))
        except RefusedAnswer as error:
            guilty = _guilty(error, among=len(group))
            if not 0 < len(guilty) < len(group):
                return dict.fromkeys(group, error)
            left = [nth for place, nth in enumerate(group) if place not in guilty]
            return {group[place]: error for place in guilty} | self._send_together(messages, left)
        except (NotSent, OutcomeUnknown) as error:
            return dict.fromkeys(group, error)
        if answer.status_code != ACCEPTED:
            return dict.fromkeys(
                group, OutcomeUnknown(f"SendGrid answered {answer.status_code} instead of 202.")
            )
        name = answer.headers.get("x-message-id", "")
        taken = Accepted(vendor=self.vendor, vendor_message_id=name, batch_id=name, at=clock.now())
        return dict.fromkeys(group, taken)


def _guilty(error: RefusedAnswer, *, among: int) -> set[int]:
    """The places of the personalizations that the errors are about; none where an error is about the whole."""
    found = [_GUILTY.match(field) for field in error.fields]
    places = {int(match[1]) for match in found if match is not None}
    return places if all(found) and all(place < among for place in places) else set()


def _groups(messages: Sequence[Email], sendable: list[int]) -> list[list[int]]:
    """Places of messages that travel in one call: those that share everything but what a personalization holds."""
    groups: dict[object, list[int]] = {}
    for nth in sendable:
        message = messages[nth]
        shared: object = (
            message.sender, message.reply_to, message.text, message.html, message.attachments, message.category
        )  # fmt: skip
        replaced = sum(
            len(key.encode()) + len(value.encode()) for key, value in message.substitutions.items()
        )
        is_own = replaced > LARGEST_SUBSTITUTIONS_BYTES
        groups.setdefault(nth if is_own else shared, []).append(nth)
    return list(groups.values())


def _body(together: Sequence[Email]) -> dict[str, Any]:
    first = together[0]
    alone = len(together) == 1
    content = [("text/plain", first.text), ("text/html", first.html)]
    body: dict[str, Any] = {
        "personalizations": [_personalization(message, alone=alone) for message in together],
        "from": _address(first.sender),
        "content": [
            {"type": kind, "value": substituted(text, first) if alone else text}
            for kind, text in content
            if text
        ],
        "categories": [first.category],
        # Links carry signatures and one-time tokens of ours: SendGrid must not rewrite them.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": first.category != "transactional"},
            "subscription_tracking": {"enable": False},
        },
    }
    if first.reply_to is not None:
        body["reply_to"] = _address(first.reply_to)
    if first.attachments:
        body["attachments"] = [
            {
                "content": base64.b64encode(attached.data).decode(),
                "type": attached.content_type,
                "filename": attached.filename,
                "disposition": "inline" if attached.content_id else "attachment",
                **({"content_id": attached.content_id} if attached.content_id else {}),
            }
            for attached in first.attachments
        ]
    return body


def _personalization(message: Email, *, alone: bool) -> dict[str, Any]:
    own: dict[str, Any] = {
        "to": [_address(message.to)],
        "subject": substituted(message.subject, message),
        "custom_args": {"reference": str(message.reference)},
    }
    if message.headers:
        own["headers"] = dict(message.headers)
    if message.substitutions and not alone:
        own["substitutions"] = dict(message.substitutions)
    return own


def _address(address: Address) -> dict[str, str]:
    email = ascii_address(address.email)
    return {"email": email, "name": address.name} if address.name else {"email": email}
