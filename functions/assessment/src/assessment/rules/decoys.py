"""A criterion that no work meets, shown to the model among the real ones.

Screening knows the words of an order in some languages; a model understands many more. But whoever has a model give
everything its highest level has it give one for this, too. So a level for the decoy says, in any language and any
disguise, that the model did not judge; a person then looks (QUALITY.md, R13). It bears no points and is shown to
nobody else.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from assessment.rules.texts import content_stems


@dataclass(frozen=True, slots=True)
class Decoy:
    """Reads like any criterion, of something that learners do not write about."""

    key: str
    title: str
    description: str
    keywords: tuple[str, ...]

    @property
    def words(self) -> str:
        """All that it says of itself."""
        return " ".join([self.key, self.title, self.description, *self.keywords])


DECOYS = (
    Decoy("foghorns", "Foghorn barnacles", "The lighthouse's foghorn is scraped of barnacles.", ("lighthouse", "foghorn")),
    Decoy("falconry", "Falconry gauntlets", "Falconers' gauntlets are tanned in oak bark.", ("falcon", "gauntlet")),
    Decoy("glaciers", "Glacier moraines", "Lichen is on the glacier's moraines.", ("glacier", "lichen")),
    Decoy("bagpipes", "Bagpipe reeds", "The bagpipe's reeds are moistened.", ("bagpipe", "reeds")),
    Decoy("saffron", "Saffron crocuses", "Saffron is plucked from crocuses.", ("saffron", "crocus")),
    Decoy("astrolabes", "Astrolabe engraving", "The brass of the astrolabe is engraved.", ("astrolabe", "brass")),
    Decoy("beehives", "Beehive fumigation", "Beehives are fumigated with pinewood.", ("beehive", "pinewood")),
    Decoy("kayaks", "Whalebone kayaks", "Kayaks of whalebone are lashed by sinew.", ("kayak", "sinew")),
)  # fmt: skip
"""All their words are rare: one that is at home elsewhere, or begins like one that is, says nothing of its reader."""

WORD_BEGINNING = 4
"""Letters by which two words are taken for one here: a model takes "dated" in a decoy for the "date" in the work."""


def decoy_for(attempt_id: UUID, texts: Sequence[str]) -> Decoy:
    """The attempt's decoy, the same at every look: the first from a place of the attempt's own that shares no word
    with `texts` (the task, the criteria, the work), or the one that shares the fewest."""
    spoken = frozenset[str]().union(*map(beginnings, texts))
    first = attempt_id.int % len(DECOYS)
    return min([*DECOYS[first:], *DECOYS[:first]], key=lambda decoy: len(spoken & beginnings(decoy.words)))


def beginnings(text: str) -> frozenset[str]:
    """How the words of a text begin that carry meaning."""
    return frozenset(stem[:WORD_BEGINNING] for stem in content_stems(text))


def among(criteria: Sequence[dict[str, Any]], decoy: Decoy, attempt_id: UUID) -> list[dict[str, Any]]:
    """The criteria as a model is shown them, with the decoy at a place of the attempt's own."""
    place = attempt_id.int // len(DECOYS) % (len(criteria) + 1)
    return [*criteria[:place], asdict(decoy), *criteria[place:]]
