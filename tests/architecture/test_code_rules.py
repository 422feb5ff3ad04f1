"""Rules of style that a linter does not know: where the environment and the clock are read, and how long things get."""

import ast
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, own_files, relative, shipped_files, syntax

MOST_LINES_IN_A_FILE = 400
MOST_LINES_IN_A_FUNCTION = 40
ENVIRONMENT = {("os", "environ"), ("os", "getenv"), ("os", "putenv")}
CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "monotonic"), ("clock", "now"),
}  # fmt: skip


def attributes(tree: ast.AST) -> set[tuple[str, str]]:
    """Every `a.b` that is read: the last name before the dot, and the name after it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = (
                node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            )
            found.add((owner, node.attr))
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", alias.name) for alias in node.names}
    return found


def lengths(tree: ast.Module) -> dict[str, int]:
    """Lines of every function's own body: without its docstring, and without the functions defined inside it."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            lines = set(range(body[0].lineno, (node.end_lineno or 0) + 1))
            for inner in ast.walk(node):
                if inner is not node and isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines -= set(range(inner.lineno, (inner.end_lineno or 0) + 1))
            found[node.name] = len(lines)
    return found


def is_rules(path: Path) -> bool:
    """Whether the file decides and does nothing else."""
    return path.name == "rules.py" or "rules" in path.relative_to(ROOT).parts


@pytest.mark.parametrize("path", shipped_files(), ids=relative)
def test_only_config_reads_the_environment(path: Path) -> None:
    if relative(path) != "layers/common/lodestar/config.py":
        assert not attributes(syntax(path)) & ENVIRONMENT


@pytest.mark.parametrize("path", [p for p in shipped_files() if is_rules(p)], ids=relative)
def test_a_rule_is_told_the_time(path: Path) -> None:
    assert not attributes(syntax(path)) & CLOCKS


def test_no_file_is_too_long() -> None:
    counts = {relative(path): len(path.read_text().splitlines()) for path in own_files()}
    assert {path: count for path, count in counts.items() if count > MOST_LINES_IN_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    found = {f"{relative(p)}:{name}": n for p in own_files() for name, n in lengths(syntax(p)).items()}
    assert {name: count for name, count in found.items() if count > MOST_LINES_IN_A_FUNCTION} == {}


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("import os\nos.environ['A']", ENVIRONMENT),
        ("import os\nos.getenv('A')", ENVIRONMENT),
        ("from os import environ", ENVIRONMENT),
        ("import datetime\ndatetime.datetime.now()", CLOCKS),
        ("from datetime import datetime\ndatetime.now()", CLOCKS),
        ("import time\ntime.time()", CLOCKS),
        ("from lodestar import clock\nclock.now()", CLOCKS),
    ],
)
def test_the_checks_see_what_they_look_for(code: str, seen: set[tuple[str, str]]) -> None:
    assert attributes(ast.parse(code)) & seen
