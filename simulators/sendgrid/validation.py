"""What Mail Send refuses. Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from simulators.messages import File
from simulators.recipients import of_address
from simulators.sendgrid.errors import ApiError

MOST_PERSONALIZATIONS = 1000
LARGEST_BYTES = 30 * 1024 * 1024
LARGEST_ARGUMENTS = 10_000
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_RESERVED = frozenset(
    {
        "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from",
        "subject", "reply-to", "cc", "bcc",
    }
)  # fmt: skip

Fault = tuple[str, str | None, str | None]


def check(body: Any) -> None:
    """Raises ApiError with every fault of the request."""
    if not isinstance(body, Mapping):
        raise ApiError(400, ("Bad Request", None, None))
    faults = [*_of_personalizations(body), *_of_message(body), *_of_content(body)]
    if faults:
        raise ApiError(400, *faults)


def _of_personalizations(body: Mapping[str, Any]) -> Iterator[Fault]:
    personalizations = body.get("personalizations")
    if not isinstance(personalizations, list) or not personalizations:
        words = "The personalizations field is required and must have at least one personalization."
        yield words, "personalizations", "personalizations"
        return
    if len(personalizations) > MOST_PERSONALIZATIONS:
        yield "The personalizations array may not exceed 1000 items.", "personalizations", "personalizations"
        return
    for nth, entry in enumerate(personalizations):
        yield from _of_personalization(entry, f"personalizations.{nth}", subject=body.get("subject"))


def _of_personalization(entry: Any, at: str, *, subject: Any) -> Iterator[Fault]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("to"), list) or not entry["to"]:
        yield "The to array is required for all personalization objects.", f"{at}.to", "personalizations.to"
        return
    for nth, to in enumerate(entry["to"]):
        address = to.get("email") if isinstance(to, Mapping) else None
        if not isinstance(address, str) or not _is_mailbox(address) or of_address(address) == "refuse":
            yield "Does not contain a valid address.", f"{at}.to.{nth}.email", "personalizations.to"
    own = entry.get("subject") or subject
    if not own:
        yield "The subject is required.", "subject", "subject"
    elif _breaks(own):
        yield "The subject may not contain line breaks.", f"{at}.subject", "subject"
    for name, value in (entry.get("headers") or {}).items():
        if name.lower() in _RESERVED or _breaks(name) or _breaks(value):
            yield f"The header {name!r} is not allowed.", f"{at}.headers.{name}", "headers"
    arguments = entry.get("custom_args") or {}
    if (
        not all(isinstance(value, str) for value in arguments.values())
        or len(str(arguments)) > LARGEST_ARGUMENTS
    ):
        yield (
            "Substitutions and custom args must be strings of at most 10000 bytes.",
            f"{at}.custom_args",
            "custom_args",
        )


def _of_message(body: Mapping[str, Any]) -> Iterator[Fault]:
    sender = body.get("from")
    if not isinstance(sender, Mapping) or not _is_mailbox(sender.get("email")):
        yield "The from object must be provided for every email send.", "from.email", "from"
    reply_to = body.get("reply_to")
    if reply_to is not None and not (isinstance(reply_to, Mapping) and _is_mailbox(reply_to.get("email"))):
        yield "The reply_to email is not valid.", "reply_to.email", "reply-to"


def _of_content(body: Mapping[str, Any]) -> Iterator[Fault]:
    content = body.get("content")
    if not isinstance(content, list) or not content:
        words = "Unless a valid template_id is provided, the content parameter is required."
        yield words, "content", "content"
        return
    kinds = [part.get("type") for part in content]
    if any(not part.get("value") for part in content):
        yield (
            "The content value must be a string at least one character in length.",
            "content.0.value",
            "content.value",
        )
    if "text/plain" in kinds and kinds[0] != "text/plain":
        words = "If present, text/plain and text/html may only be provided in this order."
        yield words, "content", "content"
    for nth, entry in enumerate(body.get("attachments") or []):
        if not entry.get("content") or not entry.get("filename") or file_of(entry) is None:
            yield (
                "The attachment content must be base64 encoded.",
                f"attachments.{nth}.content",
                "attachments",
            )


def file_of(entry: Mapping[str, Any]) -> File | None:
    """The attachment; None where its content is no base64."""
    try:
        data = base64.b64decode(entry["content"], validate=True)
    except (binascii.Error, ValueError, KeyError):
        return None
    kind = str(entry.get("type") or "application/octet-stream")
    return File(str(entry["filename"]), kind, data, entry.get("content_id"))


def _is_mailbox(address: Any) -> bool:
    return isinstance(address, str) and _MAILBOX.fullmatch(address) is not None


def _breaks(text: Any) -> bool:
    return not isinstance(text, str) or "\n" in text or "\r" in text
