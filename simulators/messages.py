"""What was sent to people on every channel, with what became of it: the contents of /_inbox."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal

MOST_MESSAGES = 100_000

Channel = Literal["email", "whatsapp", "voice"]


@dataclass(frozen=True, slots=True)
class File:
    """An attachment."""

    name: str
    content_type: str
    data: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Message:
    """One message or call to one person. `states` are the vendor's own words, oldest first."""

    id: str
    channel: Channel
    vendor: str
    to: str
    name: str = ""
    sender: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    reference: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    states: list[tuple[datetime, str, str]] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.states[-1][1] if self.states else ""

    def become(self, state: str, detail: str = "") -> datetime:
        """Enter a state; answers when."""
        now = datetime.now(UTC)
        self.states.append((now, state, detail))
        return now

    def document(self) -> dict[str, Any]:
        """Everything but the files' contents."""
        return {
            "id": self.id,
            "channel": self.channel,
            "vendor": self.vendor,
            "to": self.to,
            "name": self.name,
            "sender": self.sender,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "headers": dict(self.headers),
            "attachments": [
                {
                    "name": file.name,
                    "content_type": file.content_type,
                    "size": len(file.data),
                    "content_id": file.content_id,
                }
                for file in self.files
            ],
            "details": dict(self.details),
            "reference": self.reference,
            "at": self.at.isoformat(),
            "state": self.state,
            "states": [
                {"at": at.isoformat(), "state": state, "detail": detail} for at, state, detail in self.states
            ],
        }


class Messages:
    """The newest messages, by id."""

    def __init__(self) -> None:
        self._messages: OrderedDict[str, Message] = OrderedDict()

    def add(self, message: Message) -> Message:
        self._messages[message.id] = message
        if len(self._messages) > MOST_MESSAGES:
            self._messages.popitem(last=False)
        return message

    def find(self, name: str) -> Message | None:
        return self._messages.get(name)

    def newest(self, *, to: str = "", channel: str = "", limit: int) -> list[Message]:
        """Newest first, those whose recipient holds `to`."""
        return list(islice(self._matching(to=to, channel=channel), limit))

    def count(self, *, to: str = "", channel: str = "") -> dict[str, int]:
        """How many in each state."""
        counts: dict[str, int] = {}
        for message in self._matching(to=to, channel=channel):
            counts[message.state] = counts.get(message.state, 0) + 1
        return counts

    def clear(self) -> None:
        self._messages.clear()

    def _matching(self, *, to: str, channel: str) -> Iterator[Message]:
        wanted = to.casefold()
        for message in reversed(self._messages.values()):
            is_wanted = not wanted or wanted in message.to.casefold() or wanted in message.name.casefold()
            if is_wanted and channel in ("", message.channel):
                yield message
