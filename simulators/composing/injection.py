"""Instructions hidden in what was handed in: told by an honest model, followed by an obedient one."""

import re
import unicodedata

from simulators.composing.text import units

_SIGNS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|rubric|above|previous|prior|criteria|rule)s?"
    r"|\b(?:full|maximum|max|highest|top|perfect)\s+(?:marks?|scores?|points?|levels?|grades?)\b"
    r"|\b(?:give|award|assign|grade|score|rate)\b.{0,40}\b(?:100|10/10|maximum|full|highest|perfect)\b"
    r"|\byou are now\b|\bsystem\s*(?:prompt|:)|<\s*/?\s*(?:system|instructions?|material)\b"
    r"|\b(?:must|should|shall)\s+pass\b|\"(?:score|level|passed)\"\s*:",
    re.IGNORECASE | re.DOTALL,
)


def injected(text: str) -> str | None:
    """The first piece that tries to instruct the grader, read as a model reads it; None without one."""
    found = _SIGNS.search(_visible(text))
    return found.group(0) if found else None


def passages(text: str) -> list[str]:
    """The lines and sentences that do, to the letter."""
    return [unit for unit in units(text) if _SIGNS.search(_visible(unit))]


def _visible(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
