"""Grading by evidence: a criterion's words found again in the submission, quoted to the letter."""

import re
from dataclasses import dataclass, field
from typing import Any

from simulators.composing import text as english
from simulators.composing.brief import Brief
from simulators.composing.injection import injected

QUOTES = 3
GENEROUS_SHARE = 0.25
"""The share of a criterion's terms that a full answer repeats; nobody repeats them all."""

ENOUGH_UNITS = 2
ENOUGH_KEYWORDS = 0.4
SHORTEST_QUOTE = 12
FEWEST_WORDS = 4

_RUBRIC_LABEL = re.compile(
    r"rubric|criteri|prompt|instruction|question|task|brief|expect|assignment", re.IGNORECASE
)
_BULLET = re.compile(
    r"^\s*(?:[-*•]|\d+[.)])\s*[`*\"]*([A-Za-z][\w -]{1,60}?)[`*\"]*\s*(?:\([^)]*\))?\s*[:–—-]\s+(.+)$",
    re.MULTILINE,
)
_DESCRIBING = ("key", "title", "description", "text", "evidence", "keywords", "levels")
_SCALE = re.compile(r"\b(\d)\s*(?:-|–|to|\.\.)\s*(\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is judged: its key and words, and how many levels it names (0 when it names none)."""

    key: str
    title: str
    words: str
    keywords: tuple[str, ...] = ()
    levels: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim piece of one block of data."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well a criterion is met, from 0 to 1, and the proof."""

    criterion: Criterion
    strength: float
    quotes: list[Quote] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def comment(self) -> str:
        """Feedback for the person who handed the work in."""
        name = self.criterion.title.replace("_", " ").lower()
        if not self.quotes:
            return f"Nothing in the work speaks of {name}. Write about {_listed(self.missing[:3])}."
        praise = f"On {name} the work speaks of {_listed(self.found[:3])}."
        return f"{praise} It would gain from {_listed(self.missing[:3])}." if self.missing else praise


@dataclass(frozen=True, slots=True)
class _Match:
    quote: Quote
    shared: frozenset[str]
    own: int


def judgements(brief: Brief) -> list[Judgement]:
    """One judgement a criterion, in the rubric's order."""
    work = submission(brief)
    demand = brief.obedient and injected("\n".join(f"{label}\n{text}" for label, text in work))
    return [_judged(criterion, work, demand=demand or None) for criterion in criteria(brief)]


def submission(brief: Brief) -> list[tuple[str, str]]:
    """The blocks that hold the work, not what it is judged by."""
    work = [(label, text) for label, text in brief.materials if not _is_rubric(label)]
    return work or list(brief.materials)


def criteria(brief: Brief) -> list[Criterion]:
    """The rubric: JSON objects with a key and a description, else bullets such as `- clarity: ...`."""
    found = [criterion for value in brief.json_values() for criterion in _from_json(value)]
    if not found:
        rubric = "\n".join(text for label, text in brief.materials if _is_rubric(label))
        found = [
            Criterion(key=key.strip(), title=key.strip(), words=f"{key} {words}")
            for key, words in _BULLET.findall(f"{brief.prompt}\n{brief.system}\n{rubric}")
        ]
    return list({criterion.key: criterion for criterion in found}.values())


def scale(brief: Brief) -> tuple[int, int]:
    """The lowest and highest level where the instruction names them; 0 to 4 otherwise."""
    found = _SCALE.search(brief.instructions)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 4)


def _is_rubric(label: str) -> bool:
    """Whether a block says how to grade; a file of a repository never does, whatever its name."""
    return not re.search(r"[./]", label) and _RUBRIC_LABEL.search(label) is not None


def _from_json(value: Any) -> list[Criterion]:
    if isinstance(value, list):
        return [criterion for entry in value for criterion in _from_json(entry)]
    if not isinstance(value, dict):
        return []
    key = value.get("key") or value.get("id") or value.get("criterion") or value.get("name")
    if isinstance(key, str) and any(name in value for name in ("description", "title", "levels", "keywords")):
        levels = value.get("levels")
        maximum = next(
            (value[name] for name in ("max_level", "max_points", "max", "points") if name in value), None
        )
        return [
            Criterion(
                key=key,
                title=str(value.get("title", key)),
                words=" ".join(_strings([value.get(part) for part in _DESCRIBING])),
                keywords=tuple(_strings(value.get("keywords"))),
                levels=len(levels) if isinstance(levels, list | dict) else 0,
                maximum=maximum if isinstance(maximum, int) else None,
            )
        ]
    return [criterion for entry in value.values() for criterion in _from_json(entry)]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for entry in entries for text in _strings(entry)]


def _judged(criterion: Criterion, work: list[tuple[str, str]], *, demand: str | None) -> Judgement:
    wanted = english.stems(criterion.words) | english.all_stems(" ".join(criterion.keywords))
    scored = _matching_units(wanted, work)
    met = frozenset[str]().union(*(match.shared for match in scored))
    strength = 0.0
    if scored:
        share = max(len(met) / (GENEROUS_SHARE * len(wanted)), _keywords_met(criterion, met))
        strength = 0.6 * min(1.0, share) + 0.4 * min(1.0, len(scored) / ENOUGH_UNITS)
    quotes = [match.quote for match in scored[:QUOTES]]
    if demand is not None:
        strength, quotes = 1.0, quotes or _all_lines(work)[:1]
    spelling = {
        english.stem(word): word.lower() for word in english.words(criterion.words) if english.is_term(word)
    }
    return Judgement(
        criterion=criterion,
        strength=strength,
        quotes=quotes,
        found=sorted(spelling[stem] for stem in met & spelling.keys()),
        missing=sorted(spelling[stem] for stem in spelling.keys() - met),
    )


def _keywords_met(criterion: Criterion, met: frozenset[str]) -> float:
    """How many of the keywords that a good answer holds are there; 0 where the rubric names none."""
    wanted = [stems for keyword in criterion.keywords if (stems := english.all_stems(keyword))]
    return sum(stems <= met for stems in wanted) / (ENOUGH_KEYWORDS * len(wanted)) if wanted else 0.0


def _matching_units(wanted: frozenset[str], work: list[tuple[str, str]]) -> list[_Match]:
    """Pieces of the work that share words with the criterion, those that share the most first."""
    found: list[_Match] = []
    for label, text in work:
        by_label = english.all_stems(label) & wanted
        for unit in english.units(text):
            own = english.all_stems(unit) & wanted
            if (own or by_label) and len(unit) >= SHORTEST_QUOTE:
                found.append(_Match(Quote(label, unit), own | by_label, len(own)))
    return sorted(
        found,
        key=lambda match: (-match.own, -len(match.shared), len(match.quote.text.split()) < FEWEST_WORDS),
    )


def _all_lines(work: list[tuple[str, str]]) -> list[Quote]:
    return [Quote(label, unit) for label, text in work for unit in english.units(text)]


def _listed(words: list[str]) -> str:
    if not words:
        return "more detail"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
