"""The audit log's chain: each entry's hash covers its content and the hash before it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

GENESIS = "0" * 64
"""What the first entry of an organization follows."""


def chained_hash(previous_hash: str, content: Mapping[str, Any]) -> str:
    """SHA-256 over the hash before and the content as canonical JSON: sorted keys, no spaces, UTF-8.

    Ids and times must be text already, so that what is hashed is what is stored.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((previous_hash + canonical).encode()).hexdigest()


def first_broken(
    entries: Iterable[tuple[int, str, str, Mapping[str, Any]]], *, after: tuple[int, str] = (0, GENESIS)
) -> int | None:
    """The sequence of the first entry that is changed, missing or out of place; None when the chain holds.

    `entries` are `(sequence, previous_hash, hash, content)` in order, following the entry `after`.
    """
    last_sequence, last_hash = after
    for sequence, previous_hash, stored_hash, content in entries:
        if sequence != last_sequence + 1:
            return last_sequence + 1
        if previous_hash != last_hash or stored_hash != chained_hash(previous_hash, content):
            return sequence
        last_sequence, last_hash = sequence, stored_hash
    return None
