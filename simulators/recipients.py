"""Recipients with whom it goes as the person who tries the product wants: by the address's first word, or by the
number, which is one of those that are nobody's (555-0100 to 555-0109 under any North American area code)."""

import re

_LOCAL_WORD = re.compile(r"([a-z-]+?)(?:\+[^@]*)?@")

E_MAIL_WORDS = frozenset(
    {
        "bounce", "blocked", "spam", "defer", "dropped", "unsubscribe", "opens", "delivered", "silent",
        "refuse", "error", "timeout-after-accept",
    }
)  # fmt: skip

NUMBERS = {
    "0100": "delivered",
    "0101": "busy",
    "0102": "no-answer",
    "0103": "failed",
    "0104": "timeout-after-accept",
    "0105": "refuse",
    "0106": "replies",
    "0107": "silent",
    "0108": "balance-low",
    "0109": "error",
}


def of_address(address: str) -> str | None:
    """`bounce` of bounce@example.org and bounce+7@example.org; None of an ordinary address."""
    match = _LOCAL_WORD.match(address.lower())
    return match[1] if match and match[1] in E_MAIL_WORDS else None


def of_number(number: str) -> str | None:
    """`busy` of +12025550101; None of an ordinary number."""
    return NUMBERS.get(number[-4:]) if number[-7:-4] == "555" else None
