"""Tables for people's spreadsheets: text stays text there, and comes back to us as it was.

Excel, LibreOffice and Google Sheets run what looks like a formula, wherever they believe that a cell begins. Source:
https://owasp.org/www-community/attacks/CSV_Injection

A number is written as a number, so -5 stays -5. In text an apostrophe, which spreadsheets take for "this is text",
goes before whatever would run: at the beginning, and after each character at which another program might split the
cell (a semicolon, where a decimal comma is usual; a tab; a line's end; a quote). Text that already has such an
apostrophe gets one more, so that `unescaped(escaped(text)) == text` for every text.

A cell of XLSX has a type: write text there as an inline or shared string, never as a formula, and as it is.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

Value = str | int | float | Decimal | datetime | date | UUID | None

_STARTERS = "=+@\\-\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\ufe69\u207a\u207c\u208a\u208c"
"""Formula beginnings, also as mathematical, full-width, small, raised and lowered signs, which programs fold."""

_SPLITTERS = ',;|\\t\\r\\n"\\v\\f\\x1c-\\x1f\\x85\u2028\u2029\uff0c\uff1b'
"""Where a program with other settings begins the next cell or line."""

_SKIPPED = "[ \\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\xa0\\xad\u1680\u180e\u2000-\u200f\u202a-\u202f\u205f-\u2064\u2066-\u206f\u3000\ufeff']*"
"""What programs drop before they look for a formula, and our own mark."""

_WOULD_RUN = f"(?:{_SKIPPED}[{_STARTERS}])"
_BEGINS = f"(?:\\A(?={_WOULD_RUN}|'*[\\t\\r\\n])|(?<=[{_SPLITTERS}])(?={_WOULD_RUN}))"
_PLACES = re.compile(_BEGINS)
_MARKS = re.compile(f"(?:\\A'(?={_WOULD_RUN}|'*[\\t\\r\\n])|(?<=[{_SPLITTERS}])'(?={_WOULD_RUN}))")


def escaped(text: str) -> str:
    """The text with an apostrophe at each place where a spreadsheet would begin a formula."""
    return _PLACES.sub("'", text)


def unescaped(text: str) -> str:
    """What `escaped` was given. A cell that a person typed as `'=A1` reads as `=A1`, as it does in their program."""
    return _MARKS.sub("", text)


def cell(value: Value) -> str:
    """The value as one cell of CSV, before quoting: a number as digits, a time in ISO 8601, None as nothing.

    Raises ValueError for what is no number (NaN, infinity).
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number that a table can hold")
        return str(value)
    if isinstance(value, date | UUID):
        return value.isoformat() if isinstance(value, date) else str(value)
    return escaped(value)


def record(values: Iterable[Value]) -> str:
    """One record of CSV (RFC 4180), its end included."""
    written = io.StringIO(newline="")
    csv.writer(written).writerow([cell(value) for value in values])
    return written.getvalue()


def records(text: str) -> Iterator[list[str]]:
    """The records of a CSV that we, or a spreadsheet, wrote: `records(record(values))` holds the same texts.

    A file is decoded as `utf-8-sig` first. Raises csv.Error for what is no CSV.
    """
    for row in csv.reader(io.StringIO(text, newline=""), strict=True):
        yield [unescaped(value) for value in row]
