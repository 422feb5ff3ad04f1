"""R12: a cell that we write never runs, however the file is read; and our own import reads what was written."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lodestar import cells
from tests.proof import Proof, size
from tests.security.corpora import formulas

pytestmark = pytest.mark.proof

READERS: tuple[dict[str, Any], ...] = (
    {"delimiter": ","},
    {"delimiter": ";"},
    {"delimiter": "\t"},
    {"delimiter": "|"},
    *({"delimiter": mark, "quoting": csv.QUOTE_NONE} for mark in ",;\t|"),
)
"""How programs of other places read our file: separators by region, quotes that they know or do not."""

PLAIN = re.compile(r"[-+]?[0-9.,]+(?:[eE][-+]?[0-9]+)?")
DROPPED = "".join(map(chr, range(0x20))) + " \u00a0\u200b\u200e\ufeff\u3000\u2028\x7f"
SIGNS = ("=", "+", "-", "@", "\u2212")


def runs(cell: str) -> bool:
    """Whether a spreadsheet would take the cell for a formula: written without looking at how the product decides."""
    if PLAIN.fullmatch(cell):
        return False
    return unicodedata.normalize("NFKC", cell.lstrip(DROPPED)).startswith(SIGNS)


def as_others_read(text: str) -> Iterator[str]:
    """Every cell that some program makes of the file."""
    lines = re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", text)
    for options in READERS:
        for source in (io.StringIO(text, newline=""), lines):
            try:
                for row in csv.reader(source, **options):
                    yield from row
            except csv.Error:
                continue


def unsafe(values: list[str], written: Callable[[list[str]], str]) -> list[str]:
    """The values that run for some reader, each written between two others."""
    return [value for value in values if any(map(runs, as_others_read(written(["first", value, "last"]))))]


def plainly(values: list[str]) -> str:
    """Correct CSV, and nothing more."""
    file = io.StringIO(newline="")
    csv.writer(file).writerow(values)
    return file.getvalue()


def test_no_cell_that_we_write_runs(proof: Proof) -> None:
    attacks = formulas.attacks(size(slice=240, whole=1_000))
    proof.found("R12", "formula cells written", tried=len(attacks), wrong=unsafe(attacks, cells.record))


def test_without_the_apostrophe_they_run(proof: Proof) -> None:
    attacks = formulas.attacks(size(slice=240, whole=1_000))
    caught = len(unsafe(attacks, plainly))
    proof.control("R12", "formula cells: nothing is escaped", tried=len(attacks), caught=caught)
    assert caught > 0.5 * len(attacks)


def test_an_apostrophe_at_the_beginning_alone_is_not_enough(proof: Proof) -> None:
    """What most exporters do: it leaves what runs once the file is split at other separators."""

    def only_the_beginning(values: list[str]) -> str:
        return plainly(
            ["'" + value if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value for value in values]
        )

    attacks = formulas.attacks(size(slice=240, whole=1_000))
    caught = len(unsafe(attacks, only_the_beginning))
    proof.control(
        "R12", "formula cells: only the first character is looked at", tried=len(attacks), caught=caught
    )


def test_what_was_written_is_read_as_it_was(proof: Proof) -> None:
    texts = [
        *formulas.attacks(size(slice=240, whole=1_000)),
        *(value for value in formulas.good(400) if isinstance(value, str)),
        *formulas.noise(size(slice=2_000, whole=100_000)),
    ]
    wrong = [text for text in texts if list(cells.records(cells.record([text, "next"]))) != [[text, "next"]]]
    proof.found("R12", "cells read back by our import", tried=len(texts), wrong=wrong)


def test_noise_never_runs_either(proof: Proof) -> None:
    texts = list(formulas.noise(size(slice=300, whole=5_000)))
    proof.found("R12", "random cells written", tried=len(texts), wrong=unsafe(texts, cells.record))


def test_numbers_and_ordinary_text_stay_as_they_are(proof: Proof) -> None:
    values = formulas.good(300)
    typed = [value for value in values if not isinstance(value, str)]
    harmed: list[cells.Value] = [value for value in typed if "'" in cells.cell(value)]
    ordinary = [
        value
        for value in values
        if isinstance(value, str) and not any(map(runs, as_others_read(plainly([value]))))
    ]
    harmed += [value for value in ordinary if cells.escaped(value).replace("'", "") != value.replace("'", "")]
    proof.found("R12", "good cells", tried=len(values), wrong=harmed)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-5, "-5"),
        ("Ada", "Ada"),
        ("O'Brien", "O'Brien"),
        ("a@b.example", "a@b.example"),
        ("+44 20 7946 0958", "'+44 20 7946 0958"),
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("'tis fine", "'tis fine"),
        ("one, two - three", "one, two - three"),
        ("x;=1", "x;'=1"),
        ("\tx", "'\tx"),
        (True, "true"),
        (None, ""),
    ],
)
def test_a_cell_reads_like_this(value: cells.Value, written: str) -> None:
    assert cells.cell(value) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="no number"):
        cells.cell(value)


def test_what_a_spreadsheet_wrote_is_read_too() -> None:
    assert list(cells.records("name;note,phone\r\nAda,'+44\r\n")) == [["name;note", "phone"], ["Ada", "+44"]]
