"""What every organization begins with: kinds of moments, reminder policies and templates, as data."""

from collections.abc import Mapping
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any

from messaging.rules.reminders import Policy
from messaging.rules.texting import Text
from messaging.rules.variables import Declaration, Type

FOLDER = Path(__file__).parent
TEMPLATE_FILES = ("accounts", "campaigns", "notices", "reminders", "reports")


def _read(name: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


def declared(rows: list[dict[str, Any]]) -> tuple[Declaration, ...]:
    """Variables as they stand in a file or a row."""
    return tuple(Declaration(**{**row, "type": Type(row["type"])}) for row in rows)


@cache
def policies() -> Mapping[str, Policy]:
    """The built-in reminder policies by key; their version is 0."""
    found = {}
    for key, row in _read("policies")["policies"].items():
        local = row.pop("at_local_time", None)
        row["channels"] = tuple(row["channels"])
        found[key] = Policy(key=key, at_local_time=time.fromisoformat(local) if local else None, **row)
    return found


@cache
def kinds() -> Mapping[str, tuple[Declaration, ...]]:
    """The kinds of moments, each with the variables that come with it."""
    return {kind: declared(row["variables"]) for kind, row in _read("policies")["kinds"].items()}


@cache
def audiences() -> Mapping[str, frozenset[str]]:
    """Who can be reminded of each kind of moment."""
    return {kind: frozenset(row["audiences"]) for kind, row in _read("policies")["kinds"].items()}


@cache
def templates() -> Mapping[tuple[str, str], Text]:
    """The built-in templates by key and channel, in English."""
    found = {}
    for name in TEMPLATE_FILES:
        for row in _read(name)["templates"]:
            row["variables"] = declared(row["variables"])
            if row["channel"] == "whatsapp":
                row["approval"] = "approved"
            text = Text(**row)
            found[text.key, text.channel] = text
    return found
