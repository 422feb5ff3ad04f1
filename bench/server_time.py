"""What a statement costs the server, by its own account: what the client and the network add is no list's growth."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Ask = Callable[[str], Any]
"""Runs a query, and returns the one value of its one row."""


@dataclass(frozen=True, slots=True)
class Cost:
    """`seconds` of planning and of execution; `pages` that were read, from memory or not, which no noise changes."""

    planning: float
    execution: float
    pages: int

    @property
    def seconds(self) -> float:
        return self.planning + self.execution


def cost(statement: str, ask: Ask) -> Cost:
    """Run it once, for its cost."""
    [explained] = ask(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}")
    plan = explained["Plan"]
    return Cost(
        explained["Planning Time"] / 1000,
        explained["Execution Time"] / 1000,
        plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
    )
