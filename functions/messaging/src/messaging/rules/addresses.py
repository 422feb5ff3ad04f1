"""Addresses as one person's: a mailbox, or a telephone number."""

import re

LONGEST_EMAIL = 254
LONGEST_LOCAL_PART = 64
EMAIL = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@([^\s@,;:<>()\[\]\\\".]+\.)+[^\s@,;:<>()\[\]\\\".]{2,63}")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def email(text: str | None) -> str | None:
    """The one mailbox that this is, in lower case; None for none, for two, or for one with a name around it."""
    if text is None or len(text) > LONGEST_EMAIL or not text.isprintable():
        return None
    plain = text.strip().lower()
    is_one = EMAIL.fullmatch(plain) and len(plain.partition("@")[0]) <= LONGEST_LOCAL_PART
    return plain if is_one else None


def phone(text: str | None) -> str | None:
    """The number as E.164, without what people write between its digits; None when its country is not told."""
    if text is None:
        return None
    plain = re.sub(r"[\s().\-]", "", text)
    return plain if PHONE.fullmatch(plain) else None
