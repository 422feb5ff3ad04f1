"""Telephone numbers as vendors take them (ITU-T E.164)."""

import re

from lodestar.adapters.sending import Refused

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def must_be_one_number(text: str) -> None:
    """Raises Refused for what is not exactly one number in E.164, with its plus sign and in ASCII digits."""
    if not _E164.fullmatch(text):
        raise Refused("invalid_recipient", "The recipient is not exactly one telephone number (E.164).")
