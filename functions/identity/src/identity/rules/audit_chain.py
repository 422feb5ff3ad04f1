"""The audit log's chain: each entry's hash covers its content and the hash before it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

GENESIS = "0" * 64
"""What the first entry of an organization follows."""
HASHED = (
    "id", "org_id", "sequence", "action", "actor_id", "api_key_id", "subject_type", "subject_id", "before",
    "after", "reason", "correlation_id", "occurred_at",
)  # fmt: skip
"""An entry's content, in the words of the API."""

Head = tuple[int, str]
"""Sequence and hash of an entry, which stand for everything up to it."""
BEGINNING: Head = (0, GENESIS)
Entry = tuple[int, str, str, Mapping[str, Any]]
"""`(sequence, previous_hash, hash, content)`."""
Fault = Literal["changed", "missing", "added"]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that is not as it was chained: `changed`, itself or what it follows; `missing` from its place;
    or `added`, for the chain had another entry there, or ended before."""

    sequence: int
    what: Fault


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain holds, and where it breaks, if it does."""

    head: Head
    broken: Broken | None


def chained_hash(previous_hash: str, content: Mapping[str, Any]) -> str:
    """SHA-256 over the hash before and the content as canonical JSON: sorted keys, no spaces, UTF-8.

    Ids and times must be text already, so that what is hashed is what is stored.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((previous_hash + canonical).encode()).hexdigest()


def verify(entries: Iterable[Entry], *, noted: Head | None = None, end: Head | None = None) -> Verdict:
    """Follow the chain to its first fault.

    It cannot tell by itself that its last entries were cut off, nor that all of it was written anew: `noted` is an
    entry that somebody knows from before, which the chain must pass; `end` is its last one.
    """
    known = [head for head in (noted, end) if head]
    head = BEGINNING
    for entry in entries:
        broken = _fault(entry, head, known)
        if broken is None and end and entry[0] > end[0]:
            broken = Broken(entry[0], "added")
        if broken:
            return Verdict(head, broken)
        head = (entry[0], entry[2])
    is_short = any(head[0] < sequence for sequence, _ in known)
    return Verdict(head, Broken(head[0] + 1, "missing") if is_short else None)


def _fault(entry: Entry, head: Head, known: Sequence[Head]) -> Broken | None:
    sequence, previous_hash, stored_hash, content = entry
    if sequence > head[0] + 1:
        return Broken(head[0] + 1, "missing")
    if sequence <= head[0]:
        return Broken(sequence, "added")
    is_chained = previous_hash == head[1] and stored_hash == chained_hash(previous_hash, content)
    if not is_chained or any(sequence == at and stored_hash != hash_ for at, hash_ in known):
        return Broken(sequence, "changed")
    return None
