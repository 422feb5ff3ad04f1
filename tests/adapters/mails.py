"""Messages to send."""

from typing import Any
from uuid import uuid4

from lodestar.adapters import email

SENDER = email.Address("no-reply@lodestar.example", "Lodestar")
CALENDAR = email.Attachment(
    filename="Unterricht – שיעור.ics",
    content_type="text/calendar; method=REQUEST; charset=utf-8",
    data="BEGIN:VCALENDAR\r\nSUMMARY:Größe\r\nEND:VCALENDAR\r\n".encode(),
)
CHART = email.Attachment(
    filename="chart-1.png", content_type="image/png", data=b"\x89PNG\r\n\x1a\n", content_id="chart-1"
)
SHOWS_CHART = '<p><img src="cid:chart-1" alt="Stars"></p>'


def message(to: str = "casey@example.org", **more: Any) -> email.Email:
    given: dict[str, Any] = {
        "reference": uuid4(),
        "to": email.Address(to, "Casey"),
        "sender": SENDER,
        "subject": "Your class tomorrow",
        "text": "It begins at nine.",
        "html": "<p>It begins at <b>nine</b>.</p>",
    }
    return email.Email(**{**given, **more})
