"""Templates without logic, a part of Mustache: `{{name}}`, and `{{#name}}...{{/name}}` or `{{^name}}...{{/name}}` for
what stands there only with, or only without, a value.

Staff's templates are not trusted: they can name their variables and nothing else, call nothing, and repeat nothing.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

TAG = re.compile(r"(?<!\{)\{\{\s*([#^/]?)\s*([^{}]*?)\s*\}\}(?!\})")
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
REMEMBERED = 64
"""Texts of which what was made of them is kept: one goes to many recipients."""


class BadTemplate(ValueError):
    """The text is no template; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A value's place."""

    name: str


@dataclass(frozen=True, slots=True)
class Section:
    """Parts that stand there only when the variable has a value, or, inverted, only when it has none."""

    name: str
    inverted: bool
    parts: tuple["Part", ...]


Part = Literal | Variable | Section


@lru_cache(maxsize=REMEMBERED)
def parse(text: str) -> tuple[Part, ...]:
    """The template's parts. Raises BadTemplate."""
    open_sections: list[tuple[str, bool, list[Part]]] = [("", False, [])]
    at = 0
    for tag in TAG.finditer(text):
        sign, name = tag[1], tag[2]
        parts = open_sections[-1][2]
        _literal(parts, text[at : tag.start()])
        at = tag.end()
        if not NAME.fullmatch(name):
            raise BadTemplate(f"{tag[0]!r} names no variable: small letters, digits and underscores.")
        if sign == "/":
            opened, inverted, inner = open_sections.pop()
            if opened != name or not open_sections:
                raise BadTemplate(f"{{{{/{name}}}}} closes a section that is not open.")
            open_sections[-1][2].append(Section(name, inverted, tuple(inner)))
        elif sign:
            open_sections.append((name, sign == "^", []))
        else:
            parts.append(Variable(name))
    _literal(open_sections[-1][2], text[at:])
    if len(open_sections) > 1:
        raise BadTemplate(f"The section {{{{#{open_sections[-1][0]}}}}} is never closed.")
    return tuple(open_sections[0][2])


def _literal(parts: list[Part], text: str) -> None:
    if "{{" in text or "}}" in text:
        raise BadTemplate("Two braces stand alone. A variable is written {{name}}.")
    if text:
        parts.append(Literal(text))


def names(parts: tuple[Part, ...]) -> set[str]:
    """Every variable that is named."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Variable | Section):
            found.add(part.name)
        if isinstance(part, Section):
            found |= names(part.parts)
    return found


def render(parts: tuple[Part, ...], values: Mapping[str, str], *, put: Callable[[str, str], str]) -> str:
    """Fill in. `put` makes of a variable's name and value what stands in the text."""
    out: list[str] = []
    for part in parts:
        match part:
            case Literal(text):
                out.append(text)
            case Variable(name):
                out.append(put(name, values.get(name, "")))
            case Section(name, inverted, inner):
                if bool(values.get(name)) != inverted:
                    out.append(render(inner, values, put=put))
    return "".join(out)


def as_html(_name: str, value: str) -> str:
    """For HTML: a value is text, never markup."""
    return html.escape(value)


def as_text(_name: str, value: str) -> str:
    """For plain text."""
    return value


def as_line(_name: str, value: str) -> str:
    """For a subject: one line, whatever the value holds."""
    return " ".join(value.split())
