"""The sample event of each function: events/<domain>/<function>.json."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def sample(domain: str, function: str) -> dict[str, Any]:
    """The event as Lambda hands it over."""
    event: dict[str, Any] = json.loads((ROOT / "events" / domain / f"{function}.json").read_text())
    return event
