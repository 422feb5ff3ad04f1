"""Who decides, and which score their decision leaves (JR-45, X-12)."""

from decimal import Decimal

from lodestar.principal import STAFF, Role

DECIDERS = STAFF | {Role.INSTRUCTOR}

NOTHING = Decimal(0)


def decided_score(
    *, approved: bool, given: Decimal | None, suggested: Decimal | None, passing_score: Decimal
) -> Decimal:
    """The score in percent: the one the person gives, else the suggested one as far as it fits the decision.

    Without a fitting suggestion an approval scores the pass mark and a rejection 0. Raises ValueError, for the person,
    when the score they give contradicts what they decide.
    """
    if given is not None:
        if approved != (given >= passing_score):
            side = "at least" if approved else "less than"
            raise ValueError(f"What is {_word(approved)} scores {side} the pass mark of {passing_score:g}.")
        return given
    if suggested is not None and approved == (suggested >= passing_score):
        return suggested
    return passing_score if approved else NOTHING


def _word(approved: bool) -> str:  # noqa: FBT001 - the decision itself
    return "approved" if approved else "rejected"
