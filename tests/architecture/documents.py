"""The guides as data: what of the product they name, and whether there is such a thing.

A number that the product decides is followed by where it stands: `60<!-- media.service.uploads.UPLOADS_AN_HOUR -->`,
which no reader sees. `/ 60` after the name says that the guide gives another unit.
"""

import importlib
import json
import math
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from local.openapi import DOCUMENT, ROOT
from local.schema.code import events_of
from local.settings import VENDOR_SETTINGS, Settings
from lodestar.config import Settings as ProductSettings
from tests.architecture.tree import STACKS

METHODS = ("get", "post", "put", "patch", "delete")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"(?:\b(GET|POST|PUT|PATCH|DELETE)\s+)?(?<![\w.])(/v1/[\w/{}.-]*[\w}])(\?[\w=&-]+)?")
PROBLEM = re.compile(r"\b([45]\d\d)[ :|]+`([a-z_]+)`")
SETTING = re.compile(r"`(?!UPDATE_)([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")
OPERATION = re.compile(r"`((?:[a-z]+_)+(?:list|read|create|replace|update|delete))(?:\?[\w=]*)?`")
EVENT = re.compile(rf"`((?:{'|'.join(STACKS)})\.[a-z_]+)`")
NUMBER = re.compile(r"(\d[\d,.]*\d|\d)(?:\s*%|\s+[\w-]+)?<!-- ([\w.]+)(?: / ([\d_.]+))? -->")
COMMENT = re.compile(r"<!-- ")
REQUEST = re.compile(r"^(POST|PUT|PATCH)\s+(/v1/\S+)[ ]*\n?(?:[\w-]+: .*\n)*[ ]*(\{.*\})$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def guides() -> list[Path]:
    """What people read about using and running the product."""
    named = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/README.md", "docs/aws.md")]
    found = [*named, *ROOT.glob("docs/guides/*.md"), *ROOT.glob("docs/runbooks/*.md")]
    return sorted(page for page in found if page.exists())


def pages() -> list[Path]:
    """Every page that links."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("simulators/*.md")])


@cache
def api() -> dict[str, Any]:
    """The committed document, which a test of its own keeps fresh."""
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return loaded


@cache
def routes() -> dict[str, dict[str, dict[str, set[str]]]]:
    """By path, with `{}` for every parameter: its methods, each with its query parameters and what they may be, if
    that is listed."""
    found: dict[str, dict[str, dict[str, set[str]]]] = {}
    for path, methods in api()["paths"].items():
        operations = {name: _query(methods[name]) for name in METHODS if name in methods}
        found[without_names(path)] = operations
    return found


def _query(operation: dict[str, Any]) -> dict[str, set[str]]:
    queried = [part for part in operation.get("parameters", ()) if part.get("in") == "query"]
    return {str(part["name"]): _choices(part["schema"]) for part in queried}


def _choices(schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        schema = api()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return set(schema.get("enum", ()))


def without_names(path: str) -> str:
    """`/v1/learning/modules/{}`."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@cache
def codes() -> dict[str, set[str]]:
    """Every problem's code by its status."""
    found: dict[str, set[str]] = {}
    for methods in api()["paths"].values():
        for operation in (methods[name] for name in METHODS if name in methods):
            for status, answer in operation["responses"].items():
                found.setdefault(status, set()).update(_codes_of(answer))
    return found


def _codes_of(answer: dict[str, Any]) -> set[str]:
    if "$ref" in answer:
        answer = api()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    schema = answer.get("content", {}).get("application/problem+json", {}).get("schema", {})
    return set(schema.get("properties", {}).get("code", {}).get("enum", ()))


@cache
def settings() -> set[str]:
    """The environment variables that something of ours reads."""
    product = {name.upper() for name in ProductSettings.model_fields}
    live = {
        name
        for file in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"LIVE_[A-Z_]+", file.read_text())
    }
    return product | set(VENDOR_SETTINGS) | set(Settings().environment()) | live


@cache
def event_names() -> set[str]:
    """Every event's name."""
    return {event.name for domain in STACKS for event in events_of(domain)}


def faults(text: str) -> list[str]:
    """What the text names and the product has not."""
    prose = FENCE.sub("", text)
    shown = "\n".join(FENCE.findall(text))
    return [
        *_bodies(shown),
        *_routes(text),
        *_problems(prose),
        *_settings(prose),
        *_operations(prose),
        *_events(prose),
        *_numbers(prose),
    ]


def _routes(text: str) -> Iterator[str]:
    for method, path, query in PATH.findall(text):
        known = routes().get(without_names(path))
        if known is None and not any(route.startswith(f"{path}/") for route in routes()):
            yield f"no such path: {path}"
        elif known and method and method.lower() not in known:
            yield f"no such operation: {method} {path}"
        elif known and query:
            yield from _parameters(path, query, known.get("get", {}))


def _parameters(path: str, query: str, known: dict[str, set[str]]) -> Iterator[str]:
    for part in query[1:].split("&"):
        name, _, value = part.partition("=")
        if name not in known:
            yield f"no such parameter: {path}?{name}"
        elif value and known[name] and value not in known[name]:
            yield f"no such value: {path}?{part}"


def _bodies(text: str) -> Iterator[str]:
    for method, path, body in REQUEST.findall(text):
        named = {without_names(route): methods for route, methods in api()["paths"].items()}
        operation = named.get(without_names(path), {}).get(method.lower(), {})
        schema = (
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        )
        checked = Draft202012Validator({"components": api()["components"], **schema})
        yield from (f"{method} {path}: {fault.message}" for fault in checked.iter_errors(json.loads(body)))


def _problems(text: str) -> Iterator[str]:
    for status, code in PROBLEM.findall(text):
        if code not in codes().get(status, ()):
            yield f"no such problem: {status} {code}"


def _settings(text: str) -> Iterator[str]:
    yield from (f"no such setting: {name}" for name in SETTING.findall(text) if name not in settings())


def _operations(text: str) -> Iterator[str]:
    known = {
        methods[name]["operationId"]
        for methods in api()["paths"].values()
        for name in METHODS
        if name in methods
    }
    yield from (f"no such operation: {name}" for name in OPERATION.findall(text) if name not in known)


def _events(text: str) -> Iterator[str]:
    for name in EVENT.findall(text):
        if name not in event_names() and not _is_of_the_schema(name) and not _is_module(name):
            yield f"no such event, table or module: {name}"


@cache
def _schema_page(domain: str) -> str:
    return (ROOT / "docs" / "schema" / f"{domain}.md").read_text()


def _is_of_the_schema(name: str) -> bool:
    domain, _, thing = name.partition(".")
    return f"### {thing}\n" in _schema_page(domain) or f"`{thing}" in _schema_page(domain)


def _is_module(name: str) -> bool:
    domain, _, module = name.partition(".")
    return bool(list(ROOT.glob(f"functions/{domain}/src/{domain}/{module}*")))


def _numbers(text: str) -> Iterator[str]:
    found = NUMBER.findall(text)
    if len(found) != len(COMMENT.findall(text)):
        yield "a comment that follows no number"
    for written, name, unit in found:
        try:
            value = value_of(name) / float(unit or 1)
        except (AttributeError, LookupError):
            yield f"no such constant: {name}"
            continue
        if not math.isclose(float(written.replace(",", "")), value):
            yield f"{name} is {value:g}, the guide says {written}"


def value_of(name: str) -> float:
    """A constant by its dotted name, into objects and mappings; periods are in seconds."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        return value.total_seconds() if isinstance(value, timedelta) else float(value)
    raise LookupError(name)


def anchors(page: Path) -> set[str]:
    """The fragments that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """The relative links that lead nowhere."""
    found = []
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        file, _, fragment = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (page.parent / file).resolve() if file else page
        if not there.exists() or (fragment and there.suffix == ".md" and fragment not in anchors(there)):
            found.append(target)
    return found
