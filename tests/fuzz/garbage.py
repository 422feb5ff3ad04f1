"""What no client sends: bodies, headers, queries and methods that only an attacker or a broken network makes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HALF_A_PAIR = "\ud800"
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{'title': x}",
    "cut off": b'{"title": "a',
    "null": b"null",
    "a list": b"[]",
    "a text": b'"{}"',
    "NaN": b'{"score": NaN, "weight": NaN, "rate": NaN, "title": NaN}',
    "endless numbers": b'{"score": 1e999, "position": -1e999}',
    "Latin-1": '{"title": "Prüfung"}'.encode("latin-1"),
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "bytes": bytes(range(256)),
    "nested without end": b"[" * 200_000,
    "objects without end": b'{"a":' * 100_000,
    "a name that is half a pair": b'{"\\ud800": 1}',
    "a name of NUL": b'{"\\u0000": 1}',
    "one name twice": b'{"title": "a", "title": {"b": 1}}',
    "a number of 5,000 digits": b'{"position": ' + b"9" * 5000 + b"}",
    "a megabyte": b'{"title": "' + b"a" * 1_000_000 + b'"}',
}
HEADERS: dict[str, tuple[str, ...]] = {
    "idempotency-key": ("", " ", "k" * 256, "k" * 8000, "\xff\xfe", "'; --", "\u00a0"),
    "if-match": (
        "",
        "*",
        "W/",
        '"',
        "-1",
        '"99999999999999999999999"',
        "9" * 5000,
        "\xb2",
        "0x1",
        "1e3",
        '"1", "2"',
    ),
    "lodestar-organization": (
        "",
        "*",
        "null",
        "0" * 36,
        "{}",
        "urn:uuid:" + "0" * 32,
        "\xff",
        "'; --",
        "a" * 8000,
    ),
    "x-correlation-id": ("", "\xe9t\xe9", "a b", "a" * 65, "'; --", "\u00b2", "{{7*7}}"),
    "content-type": (
        "",
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "application/json; charset=utf-16",
        "\xff",
    ),
    "accept": ("", "text/html", "*/*;q=a", "\xff"),
    "content-encoding": ("gzip", "br"),
}
CURSORS = (
    "%00", "%ff", "a", "====", "bnVsbA", "W10", "e30", "WzFd", "W251bGwsbnVsbF0", "WyIiLCIiXQ", "W05hTixOYU5d",
    "W0luZmluaXR5LEluZmluaXR5XQ", "WyJcdTAwMDAiLCJcdTAwMDAiXQ", "WyJcdWQ4MDAiLCJhIl0", "W1tbW1tbW10", "W3RydWUsdHJ1ZV0",
    "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0",
)  # fmt: skip
"""Of bytes, of JSON of another form, and of values that no key has."""
QUERIES = (
    *(f"cursor={cursor}" for cursor in CURSORS),
    "limit=0", "limit=-1", "limit=101", "limit=1e2", "limit=NaN", "limit=", "limit=%00", "limit=5&limit=6",
    "limit=" + "9" * 400, "include=%00", "q=%00", "key=%00", "type=%00", "state=%ff", "email=%00", "sort=%00", "%00=1", "&&&=",
    "action=%00", "subject_type=%00", "outcome=%00", "strategy=%00", "purpose=%00", "language=%00", "a" * 4000,
)  # fmt: skip
METHODS = ("OPTIONS", "TRACE", "HEAD", "PROPFIND", "get", "POST", "PUT", "PATCH", "DELETE", "GET")
UNSTORABLE: dict[str, tuple[Any, ...]] = {
    "str": ("a\u0000b", f"a{HALF_A_PAIR}", "\u202e" * 8, "٣" * 3, " \u00a0 "),
    "int": (10**30, -(2**31), 2**31, 2**63, 1.5, True, "1", None),
    "float": (10**400, 1e308, True, "1", None),
    "bool": (1, 0, "true", None),
}
"""Other values for the fields of a body that is right, by their types."""


@dataclass(frozen=True)
class Request:
    """One thing to send to an operation. What is None is sent as it should be."""

    what: str
    method: str | None = None
    body: bytes | None = None
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def requests(*, method: str, body: Any) -> Iterator[Request]:
    """All that is tried on an operation of this method with this right body (None when it takes none)."""
    for name, values in HEADERS.items():
        yield from (Request(f"{name}: {value[:40]!r}", headers={name: value}) for value in values)
    yield from (Request(other, method=other) for other in METHODS if other != method)
    if method == "GET":
        yield from (Request(f"?{query[:60]}", query=query) for query in QUERIES)
    if body is not None:
        yield from (Request(name, body=sent) for name, sent in BODIES.items())
        yield from (
            Request(place, body=json.dumps(other).encode()) for place, other in _spoilt(body, body, ())
        )


def _spoilt(whole: Any, part: Any, place: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    """The body with one of its values replaced, for each value."""
    if isinstance(part, dict | list):
        for key, inner in list(part.items() if isinstance(part, dict) else enumerate(part)):
            yield from _spoilt(whole, inner, (*place, key))
        return
    for value in UNSTORABLE.get(type(part).__name__, ()):
        yield f"{'.'.join(map(str, place))} = {value!r:.40}", _with(whole, place, value)


def _with(part: Any, place: tuple[str | int, ...], value: Any) -> Any:
    if not place:
        return value
    copy = part.copy()
    copy[place[0]] = _with(part[place[0]], place[1:], value)
    return copy
