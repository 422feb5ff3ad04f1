"""Tables as a reader of ours or of Excel's sees them."""

import csv
import io
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

NAMES = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def csv_rows(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def xlsx_cells(content: bytes, sheet: int = 1) -> Iterator[list[ElementTree.Element]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))
    for row in root.iterfind(".//s:row", NAMES):
        yield row.findall("s:c", NAMES)


def said(cell: ElementTree.Element) -> str:
    return "".join(cell.itertext())
