"""Amazon SES, API v2. Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html"""

import base64
from collections.abc import Sequence
from email.headerregistry import Address as MimeAddress
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from lodestar import aws, clock
from lodestar.adapters.email.checking import ascii_address, refusal, substituted
from lodestar.adapters.email.port import Address, Attachment, Email
from lodestar.adapters.sending import Accepted, NotSent, Outcome, OutcomeUnknown, Refused
from lodestar.adapters.wire import ANSWER_SECONDS

PATH = "/v2/email/outbound-emails"
REFERENCE_TAG = "reference"
"""SES gives a message's tags back with each of its events."""
MOST_MESSAGES = 1
"""SES takes one a call, so that one is what a sender can leave unknown that is killed, or waits for an answer."""

_TRY_LATER = frozenset(
    {
        "AccountSuspendedException",
        "ExpiredTokenException",
        "LimitExceededException",
        "SendingPausedException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_NEVER_LEFT = frozenset(
    {"ConnectTimeoutError", "EndpointConnectionError", "ProxyConnectionError", "SSLError"}
)
SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""SES takes no eight-bit text."""

FIRST_FAULT = 500
GATEWAY_TIMEOUT = 504


class Ses:
    """An `EmailSender`. The message is made here, with its attachments, and sent raw.

    `configuration_set` is what has SES tell what became of it. `url` is of SES's simulator; None is AWS.
    """

    vendor = "ses"
    most_messages = MOST_MESSAGES

    def __init__(self, *, configuration_set: str | None, url: str | None = None) -> None:
        self._configuration_set, self._url = configuration_set, url

    def send(self, messages: Sequence[Email]) -> list[Outcome]:
        if len(messages) > self.most_messages:
            raise ValueError(f"{len(messages)} messages; {self.most_messages} at most")
        return [refusal(message) or self._send(message) for message in messages]

    def _send(self, message: Email) -> Outcome:
        try:
            answer = aws.post(
                "ses",
                PATH,
                self._request(message),
                host="email",
                url=self._url,
                answer_seconds=ANSWER_SECONDS,
            )
        except aws.AwsUnreachable as error:
            if str(error) in _NEVER_LEFT:
                return NotSent(f"SES could not be reached ({error}).")
            return OutcomeUnknown(f"SES did not answer ({error}).")
        except aws.AwsRefused as error:
            return _outcome_of(error)
        name = answer.get("MessageId")
        if not name:
            return OutcomeUnknown("SES answered without the message's id.")
        return Accepted(vendor=self.vendor, vendor_message_id=str(name), at=clock.now())

    def _request(self, message: Email) -> dict[str, object]:
        raw = mime(message).as_bytes()
        asked: dict[str, object] = {
            "FromEmailAddress": str(_mime_address(message.sender)),
            "Destination": {"ToAddresses": [ascii_address(message.to.email)]},
            "Content": {"Raw": {"Data": base64.b64encode(raw).decode()}},
            "EmailTags": [
                {"Name": REFERENCE_TAG, "Value": str(message.reference)},
                {"Name": "category", "Value": message.category},
            ],
        }
        if self._configuration_set is not None:
            asked["ConfigurationSetName"] = self._configuration_set
        return asked


def _outcome_of(error: aws.AwsRefused) -> Outcome:
    if error.status == GATEWAY_TIMEOUT:
        return OutcomeUnknown("SES answered 504 without an outcome.")
    if error.status >= FIRST_FAULT or error.code in _TRY_LATER:
        return NotSent(f"SES answered {error}.")
    return Refused(f"refused_{error.status}", f"SES refused: {error.code}.")


def mime(message: Email) -> EmailMessage:
    """The message as it travels (RFC 5322, 2045-2049): text and HTML as alternatives, files beside them, and what the
    HTML shows together with it (RFC 2387): mail programs list as a file what lies elsewhere."""
    made = EmailMessage(policy=SEVEN_BIT)
    made["From"] = _mime_address(message.sender)
    made["To"] = _mime_address(message.to)
    if message.reply_to is not None:
        made["Reply-To"] = _mime_address(message.reply_to)
    made["Subject"] = substituted(message.subject, message)
    for name, value in message.headers.items():
        made[name] = value
    made.set_content(substituted(message.text, message))
    if message.html is not None:
        made.add_alternative(substituted(message.html, message), subtype="html")
    shows = made.get_body(("html",))
    for attached in message.attachments:
        if attached.content_id and shows is not None:
            shows.add_related(attached.data, **_part(attached))
        else:
            made.add_attachment(attached.data, **_part(attached))
    return made


def _part(attached: Attachment) -> dict[str, Any]:
    kind, _, rest = attached.content_type.partition("/")
    subtype, *parameters = [part.strip() for part in rest.split(";")]
    return {
        "maintype": kind,
        "subtype": subtype,
        "filename": attached.filename,
        "disposition": "inline" if attached.content_id else "attachment",
        "cid": f"<{attached.content_id}>" if attached.content_id else None,
        "params": dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter),
    }


def _mime_address(address: Address) -> MimeAddress:
    return MimeAddress(display_name=address.name, addr_spec=ascii_address(address.email))
