"""What the functions have logged, from the embedded AWS: `make logs ARGS=<a word that lines hold>`; `make trace` tells
one request's story of it."""

import json
from collections.abc import Sequence

from local.observed import LocalSource
from local.settings import Settings

SHOWN = 200
_NOISE = ("START RequestId", "END RequestId", "REPORT RequestId")


def show(settings: Settings, words: Sequence[str]) -> None:
    """Print the newest lines that hold all of `words`, oldest first; an exception stands on lines of its own."""
    found = [
        readable(line)
        for message in LocalSource(settings).messages()
        for line in message.splitlines()
        if line and not line.startswith(_NOISE) and all(word in line for word in words)
    ]
    for line in sorted(found)[-SHOWN:]:
        print(line)


def readable(line: str) -> str:
    """A line of ours begins with its time; what is not ours is shown as it is."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict):
        return line
    entry.pop("_aws", None)
    exception = entry.pop("exception", "")
    head = [str(entry.pop(name, "")) for name in ("timestamp", "level", "domain", "event")]
    fields = [f"{name}={value}" for name, value in entry.items()]
    return " ".join([*head, *fields]) + (f"\n{exception}" if exception else "")
