"""What the functions have logged, from the embedded AWS: `make logs ARGS=<correlation id>` finds one request."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from local.deploy import client
from local.settings import Settings

SHOWN = 200
_NOISE = ("START RequestId", "END RequestId", "REPORT RequestId")


def show(settings: Settings, words: Sequence[str]) -> None:
    """Print the newest lines that hold all of `words`, oldest first; an exception stands on lines of its own."""
    found = [
        (event["timestamp"], line)
        for event in _events(settings)
        for line in event["message"].splitlines()
        if line and not line.startswith(_NOISE) and all(word in line for word in words)
    ]
    for _, line in sorted(found)[-SHOWN:]:
        print(_readable(line))


def _events(settings: Settings) -> Iterator[dict[str, Any]]:
    logs = client(settings, "logs")
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            yield from (event for page in pages for event in page["events"])


def _readable(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict):
        return line
    exception = entry.pop("exception", "")
    head = [str(entry.pop(name, "")) for name in ("timestamp", "level", "service", "message")]
    fields = [f"{name}={value}" for name, value in entry.items()]
    return " ".join([*head, *fields]) + (f"\n{exception}" if exception else "")
