"""What there is to ask: a bank's rows as candidates."""

from assessment.models.items import Item
from assessment.rules.items import Candidate


def candidate_of(item: Item, *, source: str = "bank") -> Candidate:
    """A bank's row as something to ask; `source` is `bank`, or `generic` for a course's general questions."""
    return Candidate(
        stem=item.stem,
        options=tuple(item.options),
        answer=item.answer,
        explanation=item.explanation,
        quote=item.quote,
        source=source,
        difficulty=item.difficulty,
        item_id=str(item.id),
    )
