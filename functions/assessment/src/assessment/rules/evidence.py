"""Whether what a model quotes stands in the learner's work: no evidence, no points (JR-39)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assessment.rules.texts import normal

SHORTEST_QUOTE = 12
"""Normalised characters; anything shorter stands in any work by chance."""

LONGEST_QUOTE = 2_000
"""A quote of everything shows nothing."""

CUT = "[removed: addressed to the grader]"
"""Stands where screening took a passage out; no quote may reach across it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the work: a file with its path, or the whole text or transcript (`location` None)."""

    location: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage with its place. A model's place is only a claim; a verified one is where it was found."""

    text: str
    location: str | None = None


class Evidence:
    """The work as quotes are looked up in it.

    White space, case, width, typographic quotes and invisible characters are set aside on both sides; every word and
    every other character has to be there. `given` are texts that the learner was given (the task, the rubric, the
    questions): repeating them shows nothing.
    """

    def __init__(self, parts: Iterable[Part], *, given: Sequence[str] = ()) -> None:
        self._pieces = [
            (part.location, normal(piece))
            for part in parts
            for piece in part.text.split(CUT)
            if piece.strip()
        ]
        self._given = [normal(text) for text in given]

    def find(self, quote: Quote) -> Quote | None:
        """The quote with the place where it really stands; None when it proves nothing."""
        wanted = normal(quote.text)
        if not SHORTEST_QUOTE <= len(wanted) <= LONGEST_QUOTE:
            return None
        if any(wanted in text for text in self._given):
            return None
        claimed = _path(quote.location)
        places = [location for location, piece in self._pieces if wanted in piece]
        if not places:
            return None
        named = next((place for place in places if place is not None and _path(place) == claimed), places[0])
        return Quote(quote.text.strip(), named)

    def verified(self, quotes: Iterable[Quote]) -> list[Quote]:
        """The quotes that stand in the work, each once."""
        found = (self.find(quote) for quote in quotes)
        return list({normal(quote.text): quote for quote in found if quote is not None}.values())


def _path(location: str | None) -> str | None:
    return location.removeprefix("./").casefold() if location else None
