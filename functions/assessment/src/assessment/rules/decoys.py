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
    Decoy("foghorns", "Foghorn maintenance", "Lighthouse keepers oil foghorns nightly.", ("lighthouse", "foghorn")),
    Decoy("falconry", "Falconry gloves", "Falconers tan gauntlets using oak bark.", ("falcon", "gauntlet")),
    Decoy("glaciers", "Glacier moraines", "Moraine ridges dated by lichen.", ("glacier", "lichen")),
    Decoy("bagpipes", "Bagpipe reeds", "Pipers season bagpipe reeds.", ("bagpipe", "reeds")),
    Decoy("saffron", "Saffron harvest", "Crocus stigmas plucked at dawn.", ("saffron", "crocus")),
    Decoy("astrolabes", "Astrolabe engraving", "Brass astrolabe plates engraved by latitude.", ("astrolabe", "brass")),
    Decoy("beekeeping", "Beekeeping smoke", "Beekeepers calm hives by pine smoke.", ("beekeeper", "hives")),
    Decoy("kayaks", "Kayak frames", "Whalebone kayak frames lashed by sinew.", ("kayak", "sinew")),
)  # fmt: skip


def decoy_for(attempt_id: UUID, texts: Sequence[str]) -> Decoy:
    """The attempt's decoy, the same at every look: the first from a place of the attempt's own that shares no word
    with `texts` (the task, the criteria, the work), or the one that shares the fewest."""
    spoken = frozenset[str]().union(*map(content_stems, texts))
    first = attempt_id.int % len(DECOYS)
    return min([*DECOYS[first:], *DECOYS[:first]], key=lambda decoy: len(spoken & content_stems(decoy.words)))


def among(criteria: Sequence[dict[str, Any]], decoy: Decoy, attempt_id: UUID) -> list[dict[str, Any]]:
    """The criteria as a model is shown them, with the decoy at a place of the attempt's own."""
    place = attempt_id.int // len(DECOYS) % (len(criteria) + 1)
    return [*criteria[:place], asdict(decoy), *criteria[place:]]
