"""What fills a delivery's text: what was sent along, what is known anyway, and addresses with a token in them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lodestar import signing
from lodestar.config import settings
from messaging.rules import variables as rules
from messaging.rules.texting import Text
from messaging.rules.variables import Fault

SIGNED = {"signed", "id", "path"}


def values(
    text: Text, given: Mapping[str, Any], *, name: str, organization: str, zone: ZoneInfo
) -> tuple[dict[str, str], list[Fault]]:
    """What is written for each variable, and why some cannot be."""
    known = {"recipient_name": name, "organization_name": organization}
    return rules.fill(text.variables, {**known, **{n: _opened(v) for n, v in given.items()}}, zone=zone)


def _opened(value: Any) -> Any:
    """An address with a token, made anew, where only what it is for is kept; any other value as it is."""
    if not isinstance(value, dict) or set(value) != SIGNED:
        return value
    token = signing.token(value["signed"], UUID(value["id"]).bytes)
    return f"{settings().public_url}{value['path']}{token}"


def example(text: Text) -> dict[str, Any]:
    """A value for every variable of a text, for previews."""
    return {v.name: v.example for v in (*rules.STANDARD, *text.variables) if v.example is not None}


def at_anchor(given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The variables of an anchor: its own, and the moment."""
    return {**given, "starts_at": at.isoformat()}
