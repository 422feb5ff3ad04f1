"""What becomes of a message that is given to a vendor: the same four ends whatever the channel.

A vendor's call either certainly reached nobody (`NotSent`: try again), was turned down for good (`Refused`), was taken
(`Accepted`), or ended without a word after the request had left (`OutcomeUnknown`: trying again may send it twice).
Whether a setting is missing is told beforehand, by `CapabilityNotConfigured`.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The vendor has taken the message; what became of it is told by its webhook.

    `vendor_message_id` is the name that the vendor's events use. `batch_id` is the same for messages of one call.
    """

    vendor: str
    vendor_message_id: str
    at: datetime
    batch_id: str | None = None


class NotSent(Exception):
    """The vendor certainly has not taken the message; it may be tried again.

    `retry_after` is in seconds and the vendor's own word; None where the vendor gave none.
    """

    def __init__(self, words: str, *, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.words, self.retry_after = words, retry_after


class Refused(Exception):
    """The message will never be taken as it is. `code` is stable (`invalid_address`, ...); `words` are for people."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class OutcomeUnknown(Exception):
    """The request left and no answer came: the vendor may have taken the message. Never repeat it unasked."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


Outcome = Accepted | NotSent | Refused | OutcomeUnknown
"""One message's end, where a call carries several and each may end otherwise."""
