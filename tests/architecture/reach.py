"""What a handler may come to run: functions that refer to functions, followed from its module.

Loading a module runs its top level; a function's own imports count only where something refers to that function.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.architecture.tree import syntax

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Names = dict[str, str]
"""What names mean: `processing` is `media.service.processing`."""


@dataclass(frozen=True)
class Module:
    """A file's definitions, and what its top level imports."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    top_level: tuple[ast.stmt, ...] = ()


@cache
def module(path: Path) -> Module:
    """The module at the path."""
    body = syntax(path).body
    definitions = {node.name: node for node in body if isinstance(node, Definition)}
    return Module(definitions, tuple(node for node in body if not isinstance(node, Definition)))


def bound(nodes: Iterator[ast.AST]) -> Names:
    """The names that import statements bind, with their full meaning."""
    found: Names = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def referred(nodes: list[ast.stmt], names: Names, *, own: str) -> set[str]:
    """Full names of what the statements refer to; the module's own definitions are named after it."""
    found: set[str] = set()
    for node in (inner for statement in nodes for inner in ast.walk(statement)):
        if isinstance(node, ast.Name):
            found.add(names.get(node.id, f"{own}.{node.id}"))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            found.add(f"{names[node.value.id]}.{node.attr}")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= set(bound(iter([node])).values())
    return found


def locate(name: str, source: Path) -> tuple[Path, str] | None:
    """A full name's file in the source folder, and the definition in it (empty: the module itself)."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        base = source.joinpath(*parts[:length])
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file() and len(parts) - length <= 1:
                return path, ".".join(parts[length:])
    return None


@cache
def references(path: Path, symbol: str, own: str) -> frozenset[str]:
    """What a definition, or with an empty symbol the module's top level, refers to."""
    found = module(path)
    statements: list[ast.stmt] = [found.definitions[symbol]] if symbol else list(found.top_level)
    names = bound(node for statement in found.top_level for node in ast.walk(statement))
    inner = bound(node for statement in statements for node in ast.walk(statement)) if symbol else {}
    return frozenset(referred(statements, {**names, **inner}, own=own))


@cache
def successors(name: str, source: Path) -> frozenset[str]:
    """What follows when `name` is touched: its module's top level, its own body, or what it is another name for."""
    place = locate(name, source)
    if place is None:
        return frozenset()
    path, symbol = place
    own = name.removesuffix(f".{symbol}") if symbol else name
    following = references(path, "", own)
    if symbol in module(path).definitions:
        return following | references(path, symbol, own)
    renamed = bound(node for statement in module(path).top_level for node in ast.walk(statement)).get(symbol)
    return following | {renamed} if renamed else following


def reached(start: str, source: Path) -> set[str]:
    """Full names of everything that loading the module `start`, and calling what it refers to, may touch."""
    touched: set[str] = set()
    waiting = {start, f"{start}.run", f"{start}.react"}
    while waiting:
        touched |= waiting
        waiting = {following for name in waiting for following in successors(name, source)} - touched
    return touched
