"""Which files of a repository are read for a grade, and in which order when not all fit."""

import re
from collections.abc import Iterable, Sequence

from assessment.rules.evidence import Part
from assessment.rules.texts import content_stems

MOST_CHARACTERS = 240_000
"""Of a whole repository: about 60,000 tokens."""

MOST_CHARACTERS_A_FILE = 40_000

_GENERATED = re.compile(
    r"(?:^|/)(?:node_modules|vendor|dist|build|target|out|coverage|__pycache__|\.git|\.venv|venv|\.idea|\.vscode|"
    r"site-packages)/|(?:^|/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Cargo\.lock|"
    r"go\.sum|composer\.lock|Gemfile\.lock)$|\.min\.(?:js|css)$|\.(?:map|svg|lock|snap)$",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\.(?:py|js|mjs|ts|tsx|jsx|java|kt|go|rs|c|h|cc|cpp|hpp|cs|rb|php|swift|scala|sh|sql|html|css|r|jl|ipynb|vue)$",
    re.IGNORECASE,
)
_README = re.compile(r"^readme(?:\.\w+)?$", re.IGNORECASE)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|spec|__tests__)/|(?:^|[/_.])(?:test|spec)[_.]|_test\.\w+$", re.IGNORECASE
)


def chosen(files: Sequence[Part], *, criteria: str) -> tuple[list[Part], list[tuple[str, str]]]:
    """The files to read, by path, and those left out, each with its reason.

    The README comes first, then tests and code, then what speaks most of the criteria.
    """
    kept: list[Part] = []
    left_out: list[tuple[str, str]] = []
    wanted = content_stems(criteria)
    room = MOST_CHARACTERS
    for part in sorted(files, key=lambda part: _rank(part, wanted)):
        path = part.location or ""
        if _GENERATED.search(path):
            left_out.append((path, "generated"))
        elif not part.text.strip():
            left_out.append((path, "empty"))
        elif room <= 0:
            left_out.append((path, "no_room"))
        else:
            text = part.text[: min(MOST_CHARACTERS_A_FILE, room)]
            if len(text) < len(part.text):
                left_out.append((path, "cut_short"))
            room -= len(text)
            kept.append(Part(path, text))
    return sorted(kept, key=_location), sorted(left_out)


def has_work(parts: Iterable[Part]) -> bool:
    """Whether there is anything to grade."""
    return any(part.text.strip() for part in parts)


def _rank(part: Part, wanted: frozenset[str]) -> tuple[int, int, str]:
    path = part.location or ""
    if _README.search(path):
        kind = 0
    elif _TEST.search(path) or _CODE.search(path):
        kind = 1
    else:
        kind = 2
    spoken_of = len(wanted & content_stems(f"{path} {part.text[:MOST_CHARACTERS_A_FILE]}"))
    return kind, -spoken_of, path


def _location(part: Part) -> str:
    return part.location or ""
