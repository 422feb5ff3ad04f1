"""The audit log as a file: JSON Lines, which can be verified, or a table to look through.

The first line of JSON Lines says which log it is and at which entry it ends; every other line is an entry, its content
as it was hashed, with its two hashes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from identity.rules.audit_chain import HASHED, Entry, Head, Verdict, verify

EXPORTS_A_DAY = 20
"""D-20: an export is dear."""
KEPT = timedelta(days=7)
LINK_SECONDS = 300
MOST_TRIES = 3
FORMAT = "lodestar-audit-log/1"
CONTENT_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
COLUMNS = (*HASHED, "previous_hash", "hash")


class NoAuditLog(ValueError):
    """The file is none of ours, or torn. The message says at which line."""


def first_line(org_id: object, head: Head) -> str:
    """What the file is."""
    return _line({"format": FORMAT, "org_id": str(org_id), "head": {"sequence": head[0], "hash": head[1]}})


def line(entry: Entry) -> str:
    """An entry."""
    _, previous_hash, hash_, content = entry
    return _line({**content, "previous_hash": previous_hash, "hash": hash_})


def cells(entry: Entry) -> list[Any]:
    """An entry as a table's row; what is itself JSON is text there."""
    _, previous_hash, hash_, content = entry
    values = [content[name] for name in HASHED]
    return [json.dumps(v) if isinstance(v, dict) else v for v in values] + [previous_hash, hash_]


def verify_lines(lines: Iterable[str], *, noted: Head | None = None) -> tuple[str, Head, Verdict]:
    """The organization, the head that the file promises, and whether its entries are that chain, all of them.

    `noted` is a head that was noted elsewhere, maybe an earlier one: who can change the file, can change what it
    promises. Raises `NoAuditLog`.
    """
    numbered = enumerate(lines, start=1)
    org_id, promised = _promise(numbered)
    return org_id, promised, verify(_entries(numbered), noted=noted, end=promised)


def _promise(numbered: Iterator[tuple[int, str]]) -> tuple[str, Head]:
    found = _object(*next(numbered, (1, "")))
    head = found.get("head")
    if found.get("format") != FORMAT or not isinstance(head, Mapping):
        raise NoAuditLog("line 1: this is no export of an audit log in JSON Lines")
    try:
        return str(found["org_id"]), (int(head["sequence"]), str(head["hash"]))
    except (KeyError, TypeError, ValueError):
        raise NoAuditLog("line 1: it does not say where the log ends") from None


def _entries(numbered: Iterator[tuple[int, str]]) -> Iterator[Entry]:
    for number, text in numbered:
        found = _object(number, text)
        try:
            content = {name: found[name] for name in HASHED}
            yield int(found["sequence"]), str(found["previous_hash"]), str(found["hash"]), content
        except (KeyError, TypeError, ValueError):
            raise NoAuditLog(f"line {number}: this is no entry") from None


def _object(number: int, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NoAuditLog(f"line {number}: this is no JSON object")
    return found


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False) + "\n"


def file_name(completed_at: datetime, format_: str) -> str:
    """What a browser saves it as."""
    return f"audit-log-{completed_at:%Y-%m-%d}.{format_}"
