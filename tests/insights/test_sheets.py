"""Sheets written row by row: in constant memory, without end, leaving nothing behind."""

import io
import tempfile
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from insights.service import sheets
from lodestar.ids import new_id
from tests.insights.tables import said, xlsx_cells


def test_a_table_beyond_a_sheets_end_goes_on_in_the_next() -> None:
    target = io.BytesIO()
    with sheets.XlsxSheet(target, ["n"], title="Learners", most_rows=3) as sheet:
        for nth in range(5):
            sheet.write([nth])
    told = [[said(row[0]) for row in xlsx_cells(target.getvalue(), nth)] for nth in (1, 2, 3)]
    assert told == [["n", "0", "1"], ["n", "2", "3"], ["n", "4"]]


@pytest.mark.parametrize("fails", [False, True])
def test_a_workbook_leaves_nothing_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with suppress(ZeroDivisionError), sheets.XlsxSheet(io.BytesIO(), ["n"], title="Learners") as sheet:
        sheet.write([1])
        assert list(tmp_path.iterdir())
        sheet.write([1 / (0 if fails else 1)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [sheets.CsvSheet, sheets.XlsxSheet])
def test_memory_does_not_grow_with_the_table(kind: Any) -> None:
    class Nowhere(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, content: Any) -> int:
            return len(content)

    def peak(rows: int) -> int:
        tracemalloc.start()
        options = {"title": "Learners"} if kind is sheets.XlsxSheet else {}
        with kind(Nowhere(), ["id", "name", "score"], **options) as sheet:
            for nth in range(rows):
                sheet.write([new_id(), f"Learner {nth}", nth / 2])
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(10)
    assert peak(10_000) < 1.2 * peak(1_000) + 100_000
