"""What several of messaging's bodies have in common."""

from datetime import time
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from lodestar.api import ReadModel
from messaging.rules import addresses, zones

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
"""BCP 47: `en`, `pt-BR`."""


def _zone(name: str) -> str:
    if zones.known(name) is None:
        raise ValueError("is no IANA time zone, such as Europe/Berlin")
    return name


def _phone(text: str) -> str:
    plain = addresses.phone(text)
    if plain is None:
        raise ValueError("is no telephone number with its country, such as +49301234567")
    return plain


def _local(moment: time) -> time:
    if moment.tzinfo is not None:
        raise ValueError("is a local time, without an offset")
    return moment


Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Phone = Annotated[str, Field(max_length=40), AfterValidator(_phone)]
LocalTime = Annotated[
    time,
    AfterValidator(_local),
    WithJsonSchema(
        {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", "examples": ["21:00:00"]}
    ),
]
"""An hour of somebody's own clock."""
Variables = Annotated[dict[str, Any], Field(max_length=100)]


class RecipientRead(ReadModel):
    """Whom it is for: a member, or an address."""

    recipient_id: UUID | None
    address: str | None
    name: str
    locale: str | None
    time_zone: str | None
