"""Field types that several of identity's requests share."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not an IANA time zone, as Europe/Berlin is") from None
    return value


EmailAddress = Annotated[
    str,
    StringConstraints(
        to_lower=True,
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$",
    ),
    Field(description="An e-mail address; letters' case does not matter", examples=["ada@example.org"]),
]
TimeZone = Annotated[
    str, AfterValidator(_known_zone), Field(description="An IANA time zone", examples=["Europe/Berlin"])
]
Locale = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$"),
    Field(description="A language, by BCP 47", examples=["en", "pt-BR"]),
]
DisplayName = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(examples=["Ada Lovelace"])
]
Password = Annotated[
    str,
    StringConstraints(strip_whitespace=False, min_length=12, max_length=256),
    Field(
        description="At least 12 characters: upper-case and lower-case letters, and digits",
        examples=["Correct-Horse-7"],
    ),
]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
