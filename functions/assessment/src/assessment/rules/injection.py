"""Signs that a submission addresses its grader; such passages are cut before any model reads the work.

A model that never reads an order cannot obey it: what is left is graded by its evidence, and a person looks at the
rest (DOMAINS.md, acceptance story 3).
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

from assessment.rules.evidence import CUT, Part
from assessment.rules.injection_signs import PATTERNS, SQUEEZED

LONGEST_EXCERPT = 300
HIDDEN_ENOUGH = 3
"""Invisible characters inside words: one or two come with a copied web page, more are meant."""

_CONFUSABLE = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтАВЕКМНОРСТХУІЈЅαορνικτυχε",
    "aeopcyxijshdqwkmtABEKMHOPCTXYIJSaopviktuxe",
)
"""Cyrillic and Greek letters that look Latin."""

_APART = re.compile(r"(?<!\w)(?:[^\W_][ \t._*|-]{1,2}){9,}[^\W_](?!\w)")
_ENCODED = re.compile(
    r"(?<![\w+/])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/])|(?<!\w)(?:[0-9a-fA-F]{2}[ :]?){16,}(?!\w)"
)
_ESCAPES = re.compile(r"&#x?[0-9a-f]+;|%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}", re.IGNORECASE)
_WORD_BREAKS = re.compile(r"[^\w]+|_|(?<=[a-z])(?=[A-Z])")
_BETWEEN_LETTERS = re.compile("(?<=\\w)[\u200b\u2060-\u2064\ufeff\u180e\u00ad\u034f]+(?=\\w)")
_TAGS_OR_OVERRIDES = re.compile("[\U000e0001\U000e0020-\U000e007e]{4,}|[\u202d\u202e]")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


@dataclass(frozen=True, slots=True)
class Sign:
    """One passage, and the family of tricks it belongs to."""

    family: str
    location: str | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class Screened:
    """The work without the passages that address a grader, and those passages."""

    parts: tuple[Part, ...]
    signs: tuple[Sign, ...]


def screened(parts: Iterable[Part]) -> Screened:
    """Cut what addresses a grader out of each part; a file name that does so is replaced."""
    kept: list[Part] = []
    signs: list[Sign] = []
    for nth, part in enumerate(parts, start=1):
        location, named = _screened_name(part.location, nth)
        found = list(_found(part.text))
        signs += [
            *named,
            *(Sign(family, location, part.text[a:b].strip()[:LONGEST_EXCERPT]) for family, a, b in found),
        ]
        kept.append(Part(location, _without(part.text, [(a, b) for _, a, b in found])))
    return Screened(tuple(kept), tuple(signs))


def _screened_name(location: str | None, nth: int) -> tuple[str | None, list[Sign]]:
    if location is None:
        return None, []
    spoken = " ".join(word for word in _WORD_BREAKS.split(location) if word)
    if not any(pattern.search(spoken) for patterns in PATTERNS.values() for pattern in patterns):
        return location, []
    return f"renamed-{nth}", [Sign("file_name", f"renamed-{nth}", location[:LONGEST_EXCERPT])]


def _found(text: str) -> Iterator[tuple[str, int, int]]:
    """Family, start and end of every sentence or line that gives a sign."""
    view, origin = _as_read(text)
    for family, start, end in _matches(view):
        yield (family, *_sentence(text, origin[start], origin[end - 1] + 1))
    for run in _APART.finditer(view):
        if SQUEEZED.search(re.sub(r"[\W_]", "", run.group()).casefold()):
            yield ("letters_apart", *_sentence(text, origin[run.start()], origin[run.end() - 1] + 1))
    for run in _ENCODED.finditer(text):
        if any(_speaks(decoded) for decoded in _decoded(run.group())):
            yield ("encoded", *_sentence(text, run.start(), run.end()))
    yield from _escaped(text)
    yield from _hidden(text)


def _matches(view: str) -> Iterator[tuple[str, int, int]]:
    latin = view.translate(_CONFUSABLE)
    for shown in (view,) if latin == view else (view, latin):
        for family, patterns in PATTERNS.items():
            for pattern in patterns:
                for match in pattern.finditer(shown):
                    yield family, match.start(), match.end()


def _speaks(text: str) -> bool:
    return next(_matches(_as_read(text)[0]), None) is not None


def _as_read(text: str) -> tuple[str, Sequence[int]]:
    """The text as a reader sees it (compatibility forms folded, invisible characters gone), with each character's
    place in the original."""
    if text.isascii():
        return text, range(len(text))
    shown: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        if unicodedata.category(character) == "Cf" or character == "\u034f":
            continue
        folded = character if character.isascii() else unicodedata.normalize("NFKC", character)
        shown.append(folded)
        origin += [place] * len(folded)
    return "".join(shown), origin


def _decoded(run: str) -> Iterator[str]:
    compact = re.sub(r"[ :]", "", run)
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).decode()
    with suppress(ValueError):
        yield bytes.fromhex(compact).decode()


def _escaped(text: str) -> Iterator[tuple[str, int, int]]:
    """Lines whose escapes, once resolved, say what they did not say before."""
    place = 0
    for line in text.splitlines(keepends=True):
        if _ESCAPES.search(line):
            plain = unquote(html.unescape(re.sub(r"\\[ux]([0-9a-fA-F]{2,4})", _character, line)))
            if _speaks(plain) and not _speaks(line):
                yield "encoded", place, place + len(line)
        place += len(line)


def _character(match: re.Match[str]) -> str:
    return chr(int(match.group(1), 16))


def _hidden(text: str) -> Iterator[tuple[str, int, int]]:
    """Words taken apart by invisible characters; tag characters; overridden direction in left-to-right text."""
    if text.isascii():
        return
    between = list(_BETWEEN_LETTERS.finditer(text))
    if len(between) >= HIDDEN_ENOUGH:
        yield ("hidden_characters", *_sentence(text, between[0].start(), between[0].end()))
    for run in _TAGS_OR_OVERRIDES.finditer(text):
        if not any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
            yield ("hidden_characters", *_sentence(text, run.start(), run.end()))


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence or line around a passage."""
    before = max(text.rfind(mark, 0, start) for mark in ("\n", ". ", "! ", "? ", "。"))
    after = [at for mark in ("\n", ". ", "! ", "? ", "。") if (at := text.find(mark, max(end - 1, 0))) >= 0]
    return before + 1, min(after) + 1 if after else len(text)


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    pieces: list[str] = []
    place = 0
    for start, end in sorted(spans):
        if end <= place:
            continue
        if start >= place:
            pieces += [text[place:start], f" {CUT}\n"]
        place = end
    return "".join([*pieces, text[place:]])
