"""What the code says of the tables: the models' docstrings, the published language, and who uses which of it."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from local.openapi import ROOT
from lodestar import tables
from lodestar.db import Base
from lodestar.events import Event

CONTRACTS = "lodestar.contracts"
LAYER = ROOT / "layers" / "common"


@dataclass(frozen=True)
class Definition:
    """A function or class of ours by its dotted name, with the SQL that it and its module's constants hold."""

    name: str
    docstring: str
    sql: str


def load_models() -> list[type]:
    """Every mapped class, by its table's name."""
    for file in sorted(ROOT.glob("functions/*/src/*/models/*.py")):
        importlib.import_module(f"{file.parent.parent.name}.models.{file.stem}")
    return sorted(
        (mapper.class_ for mapper in Base.registry.mappers), key=lambda model: model.__table__.fullname
    )


def purposes() -> dict[str, str]:
    """What each table is for: its model's docstring, or what stands beside it in `lodestar.tables`."""
    found = {model.__table__.fullname: inspect.cleandoc(model.__doc__ or "") for model in load_models()}  # type: ignore[attr-defined]
    return found | {
        table.fullname: str(table.info.get("purpose") or "") for table in tables.metadata.tables.values()
    }


def first_paragraph(docstring: str) -> str:
    """Its beginning, on one line."""
    return " ".join(docstring.strip().partition("\n\n")[0].split())


@cache
def contract(domain: str) -> ModuleType | None:
    """The domain's part of the published language."""
    if not (LAYER / "lodestar" / "contracts" / f"{domain}.py").exists():
        return None
    return importlib.import_module(f"{CONTRACTS}.{domain}")


def events_of(domain: str) -> list[type[Event]]:
    """The events that bear the domain's name, in the order in which they are written."""
    found: list[type[Event]] = []
    for file in shipped():
        if f'name: ClassVar[str] = "{domain}.' in source(file):
            module = importlib.import_module(".".join(file.relative_to(LAYER).with_suffix("").parts))
            found += [
                c for c in vars(module).values() if _is_event(c, domain) and c.__module__ == module.__name__
            ]
    return found


def _is_event(thing: object, domain: str) -> bool:
    return (
        isinstance(thing, type)
        and issubclass(thing, Event)
        and getattr(thing, "name", "").startswith(f"{domain}.")
    )


def queries_of(domain: str) -> list[Definition]:
    """The contract's functions: what other domains may ask."""
    module = contract(domain)
    if module is None:
        return []
    file = Path(str(module.__file__))
    return [found for found in definitions(file) if not found.name.rpartition(".")[2].startswith("_")]


@cache
def shipped() -> tuple[Path, ...]:
    """Every file of ours that queries or tells."""
    found = [*(ROOT / "functions").rglob("*.py"), *(LAYER / "lodestar").rglob("*.py")]
    return tuple(sorted(found))


@cache
def source(file: Path) -> str:
    """A file's text."""
    return file.read_text()


@cache
def tree(file: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(source(file))


def dotted(file: Path) -> str:
    """`learning.repository.programs` for its file."""
    parts = file.with_suffix("").parts
    start = parts.index("src") + 1 if "src" in parts else parts.index("common") + 1
    return ".".join(parts[start:]).removesuffix(".__init__")


@cache
def definitions(file: Path) -> tuple[Definition, ...]:
    """A file's functions, each with its strings and those of the constants that it names."""
    constants: dict[str, str] = {}
    for node in tree(file).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            inner = " ".join(constants.get(name, "") for name in _names(node.value))
            constants[node.targets[0].id] = f"{_strings(node.value)} {inner}"
    found = []
    for node in tree(file).body:
        if isinstance(node, ast.FunctionDef):
            sql = _strings(node) + " ".join(constants.get(name, "") for name in _names(node))
            found.append(Definition(f"{dotted(file)}.{node.name}", ast.get_docstring(node) or "", sql))
    return tuple(found)


def _strings(node: ast.AST) -> str:
    strings = [
        inner.value
        for inner in ast.walk(node)
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
    ]
    attributes = [ast.unparse(inner) for inner in ast.walk(node) if isinstance(inner, ast.Attribute)]
    return " ".join(
        [*strings, *(name.removeprefix("func.") + "(" for name in attributes if name.startswith("func."))]
    )


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def readers(view: str) -> list[str]:
    """The domains whose code names the view."""
    return sorted(
        {dotted(file).partition(".")[0] for file in shipped() if view in source(file)} - {"lodestar"}
    )


def mentions(sql_name: str) -> Iterator[Definition]:
    """The functions whose SQL names a function of the database."""
    pattern, short = re.compile(rf"\b{re.escape(sql_name)}\b"), sql_name.partition(".")[2]
    for file in shipped():
        if short in source(file):
            yield from (found for found in definitions(file) if pattern.search(found.sql))


@cache
def users() -> dict[str, frozenset[str]]:
    """For each name of the published language, as `lodestar.contracts.learning.lesson`, the files that refer to it by
    value; whoever only annotates with it does not use it."""
    found: dict[str, set[str]] = {}
    for file in shipped():
        for name in _referred(file) if "lodestar" in source(file) else ():
            found.setdefault(name, set()).add(dotted(file))
    return {name: frozenset(files) for name, files in found.items()}


def domains_using(name: str) -> list[str]:
    """The domains among them."""
    return sorted({file.partition(".")[0] for file in users().get(name, ())} - {"lodestar"})


def emitters(event: type[Event]) -> list[str]:
    """The domains that build the event. Reactions name it too, to read it."""
    name = f"{event.__module__}.{event.__name__}"
    return sorted({file.partition(".")[0] for file in users().get(name, ()) if ".reactions." not in file})


def _referred(file: Path) -> Iterator[str]:
    meant = {
        node.name: f"{dotted(file)}.{node.name}" for node in tree(file).body if isinstance(node, ast.ClassDef)
    }
    modules: dict[str, str] = {}
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lodestar"):
            names = {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            meant |= names
            modules |= names
    for node in _values(tree(file)):
        if isinstance(node, ast.Name) and node.id in meant:
            yield meant[node.id]
        elif (
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
        ):
            yield f"{modules[node.value.id]}.{node.attr}"


def _values(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below that is no annotation."""
    for name, child in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for inner in child if isinstance(child, list) else [child]:
            if isinstance(inner, ast.AST):
                yield inner
                yield from _values(inner)
