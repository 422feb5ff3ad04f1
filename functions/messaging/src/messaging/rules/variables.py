"""What templates are filled with: declared types, checked values, and how each is written for its reader."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

LONGEST_TEXT = 2000
MINOR_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF", "VUV"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""ISO 4217's exceptions from two digits."""
ADDRESS = re.compile(r"https://[^\s<>\"']+|http://localhost(:\d+)?/[^\s<>\"']*")


class Type(StrEnum):
    """A variable's type. `date_time` is RFC 3339; `url` is https; `money` is `{"amount": minor units, "currency"}`."""

    TEXT = "text"
    NUMBER = "number"
    DATE_TIME = "date_time"
    URL = "url"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Declaration:
    """A variable of a template."""

    name: str
    type: Type
    required: bool = True
    example: Any = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a template cannot be filled: `missing_variable`, `wrong_variable` or `unknown_variable`."""

    code: str
    name: str
    words: str


STANDARD = (
    Declaration("recipient_name", Type.TEXT, required=False, example="Ada Lovelace"),
    Declaration("organization_name", Type.TEXT, required=False, example="Riverside College"),
)
"""What every message can say without anybody sending it."""


def written(value: Any, type_: Type, zone: ZoneInfo) -> str | None:
    """The value for its reader, who lives in `zone`; None when it is not of the type."""
    match type_:
        case Type.TEXT:
            return value if isinstance(value, str) and len(value) <= LONGEST_TEXT else None
        case Type.NUMBER:
            return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else None
        case Type.URL:
            return value if isinstance(value, str) and ADDRESS.fullmatch(value) else None
        case Type.DATE_TIME:
            return _moment(value, zone)
        case Type.MONEY:
            return _money(value)


def _moment(value: Any, zone: ZoneInfo) -> str | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{moment.astimezone(zone):%a %d %b %Y, %H:%M} ({zone.key})" if moment.tzinfo else None
    except (ValueError, AttributeError, OverflowError):
        return None


def _money(value: Any) -> str | None:
    match value:
        case {"amount": int(amount), "currency": str(currency)} if re.fullmatch("[A-Z]{3}", currency):
            digits = MINOR_DIGITS.get(currency, 2)
            return f"{currency} {Decimal(amount).scaleb(-digits):,.{digits}f}"
    return None


def fill(
    declared: Iterable[Declaration], given: Mapping[str, Any], *, zone: ZoneInfo
) -> tuple[dict[str, str], list[Fault]]:
    """What is written for each declared variable, and why some cannot be. What nobody declared is left out."""
    values, faults = dict[str, str](), list[Fault]()
    for variable in (*STANDARD, *declared):
        value = given.get(variable.name)
        if value is None or value == "":
            if variable.required:
                faults.append(Fault("missing_variable", variable.name, f"{variable.name} is missing."))
            continue
        text = written(value, variable.type, zone)
        if text is None:
            words = f"{variable.name} is not a {variable.type.value.replace('_', ' ')}."
            faults.append(Fault("wrong_variable", variable.name, words))
        else:
            values[variable.name] = text
    return values, faults


def unknown(declared: Iterable[Declaration], given: Iterable[str]) -> list[Fault]:
    """The given names that no declaration has."""
    known = {variable.name for variable in (*STANDARD, *declared)}
    return [
        Fault("unknown_variable", name, f"{name} is not declared.")
        for name in sorted(set(given))
        if name not in known
    ]
