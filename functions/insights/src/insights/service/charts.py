"""A metric as a picture: bars with their numbers in words, 600 pixels wide, as a mail or a report takes them.

By the standard library, which escapes every text: titles are written by people, and the small SVG libraries (`svg.py`,
`leather`) put them in as they are or draw no group whose number is withheld.
"""

import re
from textwrap import shorten, wrap
from typing import TYPE_CHECKING

from insights.schemas.metrics import MetricRead, MetricRow

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

WIDTH, MARGIN, ROW = 600, 16, 58
MOST_ROWS = 40
"""A mail's picture ends somewhere; the table has them all."""
INK, QUIET, BAR, TRACK, EDGE = "#1a1a1a", "#4b5563", "#1f5fa8", "#eef1f5", "#6b7280"
"""On white, INK, QUIET and BAR have a contrast of more than 4.5; no meaning is told by colour alone."""
LABEL_CHARACTERS, TEXT_CHARACTERS = 72, 88
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def svg(metric: MetricRead) -> bytes:
    """The chart, with a title and a description for who does not see it. Suppressed groups are shown as such."""
    from xml.etree import ElementTree

    rows = metric.rows[:MOST_ROWS]
    said = wrap(_clean(metric.headline), TEXT_CHARACTERS - 8) or [""]
    notes = wrap(_clean(metric.note or ""), TEXT_CHARACTERS + 8)
    if len(metric.rows) > MOST_ROWS:
        notes.insert(0, f"{len(metric.rows) - MOST_ROWS:,} more groups are in the table.")
    top = 44 + 18 * len(said)
    height = top + ROW * len(rows) + 15 * len(notes) + MARGIN
    root = ElementTree.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH} {height}", "width": str(WIDTH),
        "height": str(height), "role": "img", "lang": "en", "font-family": "Helvetica, Arial, sans-serif",
        "aria-labelledby": f"{metric.name}-title {metric.name}-text",
    })  # fmt: skip
    _child(root, "title", _clean(metric.title), id=f"{metric.name}-title")
    _child(root, "desc", _described(metric), id=f"{metric.name}-text")
    _child(root, "rect", width=WIDTH, height=height, fill="#ffffff")
    _say(root, metric.title, y=28, size=17, weight="bold")
    for nth, line in enumerate(said):
        _say(root, line, y=48 + 18 * nth, size=13)
    for nth, row in enumerate(rows):
        _draw(root, row, y=top + ROW * nth)
    for nth, line in enumerate(notes):
        _say(root, line, y=top + ROW * len(rows) + 15 * (nth + 1), size=11, fill=QUIET)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _draw(root: "Element", row: MetricRow, *, y: int) -> None:
    _say(root, shorten(_clean(row.label), LABEL_CHARACTERS, placeholder=" ..."), y=y + 14, size=13)
    full = WIDTH - 2 * MARGIN
    track = {"stroke-dasharray": "4 3"} if row.suppressed else {}
    _child(root, "rect", x=MARGIN, y=y + 20, width=full, height=12, fill=TRACK, stroke=EDGE, **track)
    if row.value:
        width = round(full * min(row.value, 100) / 100, 1)
        _child(root, "rect", x=MARGIN, y=y + 20, width=width, height=12, fill=BAR)
    _say(root, shorten(row.text, TEXT_CHARACTERS, placeholder=" ..."), y=y + 46, size=12, fill=QUIET)


def _say(root: "Element", text: str, *, y: int, size: int, weight: str = "normal", fill: str = INK) -> None:
    style = {"font-size": size, "font-weight": weight}
    _child(root, "text", _clean(text), x=MARGIN, y=y, fill=fill, **style)


def _child(parent: "Element", name: str, text: str | None = None, **attributes: object) -> None:
    from xml.etree import ElementTree

    made = ElementTree.SubElement(parent, name, {key: str(value) for key, value in attributes.items()})
    made.text = text


def _described(metric: MetricRead) -> str:
    """All that the picture shows, to be read aloud."""
    rows = "; ".join(f"{row.label}: {row.text}" for row in metric.rows[:MOST_ROWS])
    return _clean(f"{metric.headline} {rows}".strip())


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 has no place for."""
    return UNPRINTABLE.sub("", text)
