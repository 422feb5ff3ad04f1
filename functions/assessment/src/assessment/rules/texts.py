"""Comparing texts that people and models wrote: what counts as the same words."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})
STEM_LENGTH = 5
SHORTEST_CONTENT_WORD = 4


def normal(text: str) -> str:
    """Case, width, typographic quotes, invisible characters and white space set aside."""
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    visible = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())


def words(text: str) -> list[str]:
    """The words and numbers of a text, in lower case."""
    return _WORD.findall(normal(text))


def content_stems(text: str) -> frozenset[str]:
    """The first letters of the words that carry meaning: numbers, and words of four letters or more."""
    return frozenset(
        word[:STEM_LENGTH]
        for word in words(text)
        if len(word) >= SHORTEST_CONTENT_WORD or any(c.isdigit() for c in word)
    )


def similarity(one: str, other: str) -> float:
    """The share of different words that two texts have in common, from 0 to 1."""
    left, right = frozenset(words(one)), frozenset(words(other))
    return len(left & right) / len(left | right) if left | right else 1.0
