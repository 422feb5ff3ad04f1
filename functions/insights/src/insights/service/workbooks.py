"""Metrics as tables: a workbook with a sheet for each, or one CSV of them all."""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from insights.rules.exports import CONTENT_TYPES
from insights.schemas.metrics import MetricRead, MetricRow
from insights.service.columns import METRIC_COLUMNS
from insights.service.sheets import BOM
from lodestar import cells

HEADERS = tuple(column.header for column in METRIC_COLUMNS)
LONGEST_NAME = 31
"""Of a sheet of Excel; these characters it does not take either."""
FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def metrics_file(format_: str, metrics: Sequence[MetricRead]) -> bytes:
    """All of them, in the format."""
    return _workbook(metrics) if format_ == "xlsx" else _csv(metrics)


def metrics_type(format_: str) -> str:
    """The content type."""
    return CONTENT_TYPES[format_]


def _csv(metrics: Sequence[MetricRead]) -> bytes:
    """A row for each metric's each group (RFC 4180, UTF-8), formula-safe."""
    rows = [
        ("metric", *HEADERS),
        *((metric.title, *_cells(row)) for metric in metrics for row in metric.rows),
    ]
    return BOM + "".join(cells.record(row) for row in rows).encode()


def _workbook(metrics: Sequence[MetricRead]) -> bytes:
    import xlsxwriter

    made = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(made, options) as book:
        bold = book.add_format({"bold": True})
        for nth, metric in enumerate(metrics, start=1):
            sheet = book.add_worksheet(sheet_name(metric.title, nth))
            for at, line in enumerate(_head(metric)):
                sheet.write_string(at, 0, line)
            top = len(list(_head(metric))) + 1
            for column, header in enumerate(HEADERS):
                sheet.write_string(top, column, header, bold)
            for at, row in enumerate(metric.rows, start=top + 1):
                for column, value in enumerate(_cells(row)):
                    _write(sheet, at, column, value)
    return made.getvalue()


def _head(metric: MetricRead) -> Iterator[str]:
    yield from (metric.title, metric.headline)
    yield f"Counted: {metric.definition.numerator}; of: {metric.definition.denominator}."
    if metric.note:
        yield metric.note


def _write(sheet: Any, row: int, column: int, value: cells.Value) -> None:
    if isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, str(value))


def _cells(row: MetricRow) -> list[cells.Value]:
    return [column.value(row) for column in METRIC_COLUMNS]


def sheet_name(title: str, nth: int) -> str:
    """A name that Excel takes, and no other sheet has."""
    return f"{nth} {FORBIDDEN.sub('', title)}"[:LONGEST_NAME].strip()
