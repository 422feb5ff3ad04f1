"""How often, and in which words, a model is asked for a grade (JR-44)."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

FIRST = "direct"
OPINIONS = 2
"""At most so many strategies are tried for one attempt."""

Asked = TypeVar("Asked")


def in_order(strategies: Iterable[str]) -> list[str]:
    """The strategies to try: `direct`, then the others by name."""
    return sorted(set(strategies), key=lambda name: (name != FIRST, name))[:OPINIONS]


def models_for(turn: int, chain: Sequence[Asked]) -> list[Asked]:
    """The chain for this turn, from 1: a second opinion comes from another model where there is one."""
    return list(chain) if turn == 1 else list(reversed(chain))
