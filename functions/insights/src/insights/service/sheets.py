"""Tables written row by row into a file of any kind, in constant memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, Protocol, Self

from lodestar import cells

BOM = "\ufeff".encode()
"""By which Excel knows UTF-8."""
MOST_ROWS = 1_048_576
"""Of a sheet of Excel, its header included."""
TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"


class Sheet(Protocol):
    """A table whose file is whole when the block ends without an error."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, values: Sequence[cells.Value]) -> None:
        """The next row."""
        ...


class CsvSheet:
    """RFC 4180 in UTF-8, formula-safe (`lodestar.cells`)."""

    def __init__(self, target: IO[bytes], headers: Sequence[str]) -> None:
        self._target, self._headers = target, headers

    def __enter__(self) -> Self:
        self._target.write(BOM)
        self.write(self._headers)
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def write(self, values: Sequence[cells.Value]) -> None:
        self._target.write(cells.record(values).encode())


class XlsxSheet:
    """A workbook. Text is text by its cell's type, whatever it looks like; times are UTC, as Excel's own dates.

    Rows rest in a file of the machine's temporary folder until the end: 1,000,000 learners take about 2 GB there.
    """

    def __init__(
        self, target: IO[bytes], headers: Sequence[str], *, title: str, most_rows: int = MOST_ROWS
    ) -> None:
        self._target, self._headers, self._title, self._most_rows = target, headers, title, most_rows
        self._resting: TemporaryDirectory[str] | None = None
        self._book: Any = None
        self._sheet: Any = None
        self._bold: Any = None
        self._next = 0
        self._sheets = 0

    def __enter__(self) -> Self:
        import xlsxwriter

        self._resting = TemporaryDirectory(prefix="sheet-")
        options = {
            "constant_memory": True,
            "tmpdir": self._resting.name,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "default_date_format": TIME_FORMAT,
        }
        self._book = xlsxwriter.Workbook(self._target, options)
        self._bold = self._book.add_format({"bold": True})
        self._begin_sheet()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """The library leaves its files behind where it is not closed, and a warm function's folder fills up."""
        if self._resting is None:
            return
        with self._resting:
            if kind is None:
                self._book.close()

    def write(self, values: Sequence[cells.Value]) -> None:
        if self._next == self._most_rows:
            self._begin_sheet()
        for column, value in enumerate(values):
            self._write_cell(column, value)
        self._next += 1

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(
            self._title if self._sheets == 1 else f"{self._title} {self._sheets}"
        )
        self._sheet.freeze_panes(1, 0)
        for column, header in enumerate(self._headers):
            self._sheet.write_string(0, column, header, self._bold)
        self._next = 1

    def _write_cell(self, column: int, value: cells.Value) -> None:
        if value is None:
            return
        if isinstance(value, datetime):
            self._sheet.write_datetime(self._next, column, value.astimezone(UTC).replace(tzinfo=None))
        elif isinstance(value, int | float | Decimal):
            self._sheet.write_number(self._next, column, value)
        else:
            self._sheet.write_string(self._next, column, value if isinstance(value, str) else str(value))
