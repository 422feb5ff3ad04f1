"""Tables and code as GitHub renders them."""

from collections.abc import Iterable, Sequence


def cell(words: str) -> str:
    """Text that stays in its cell."""
    return " ".join(words.split()).replace("|", "\\|")


def code_of(expression: str) -> str:
    """Code; one that holds a backtick is not ours."""
    return f"`{cell(expression)}`"


def codes(names: Iterable[str]) -> str:
    """`a`, `b`"""
    return ", ".join(code_of(name) for name in names)


def table_of(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; its cells are made already."""
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]


def bullets(lines: Iterable[str]) -> list[str]:
    """A list."""
    return [f"- {line}" for line in lines]
