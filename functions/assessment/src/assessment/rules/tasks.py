"""Projects and interview questions: which of those a model made a learner may see."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assessment.rules.items import TOO_SIMILAR
from assessment.rules.texts import similarity

LONGEST_TITLE, SHORTEST_SCENARIO, LONGEST_SCENARIO = 200, 60, 8_000
FEWEST_REQUIREMENTS = 2
SHORTEST_QUESTION, LONGEST_QUESTION = 15, 400
_PRIVATE = re.compile(
    r"\b(religio\w*|church|pregnan\w*|marri(?:ed|age)|your (?:wife|husband|children|age|health|origin|nationality)"
    r"|ethnic\w*|disabilit\w*|sexual\w*|how old)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One interview question. `looks_for`, what a good answer holds, is not for the learner."""

    text: str
    type: str
    source: str
    looks_for: str | None = None


def project_fault(value: dict[str, Any], *, titles_before: Sequence[str]) -> str | None:
    """Why the project may not be handed out: `schema` or `duplicate`; None when it may."""
    title, scenario = value["title"].strip(), value["scenario"].strip()
    requirements = {entry.strip() for entry in value["requirements"] if entry.strip()}
    if not 0 < len(title) <= LONGEST_TITLE or not SHORTEST_SCENARIO <= len(scenario) <= LONGEST_SCENARIO:
        return "schema"
    if len(requirements) < FEWEST_REQUIREMENTS or not any(entry.strip() for entry in value["deliverables"]):
        return "schema"
    return "duplicate" if any(similarity(title, before) >= TOO_SIMILAR for before in titles_before) else None


def project_body(value: dict[str, Any]) -> dict[str, Any]:
    """A model's project in the form of those that people write: the steps stand below the scenario."""
    steps = [entry.strip() for entry in value["steps"] if entry.strip()]
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    return {
        "title": value["title"].strip(),
        "brief": f"{value['scenario'].strip()}\n\n{listed}".strip(),
        "requirements": list(
            dict.fromkeys(entry.strip() for entry in value["requirements"] if entry.strip())
        ),
        "deliverables": list(
            dict.fromkeys(entry.strip() for entry in value["deliverables"] if entry.strip())
        ),
    }


def checked_questions(
    made: Iterable[Question], *, asked_before: Sequence[str]
) -> tuple[list[Question], Counter[str]]:
    """The questions worth asking, and how many were dropped for which reason."""
    kept: list[Question] = []
    dropped: Counter[str] = Counter()
    for question in made:
        if not SHORTEST_QUESTION <= len(question.text) <= LONGEST_QUESTION:
            dropped["schema"] += 1
        elif _PRIVATE.search(question.text):
            dropped["private"] += 1
        elif _repeats(question, [*asked_before, *(k.text for k in kept)]):
            dropped["duplicate"] += 1
        else:
            kept.append(question)
    return kept, dropped


def shares(types: Sequence[str], count: int) -> dict[str, int]:
    """How many questions of each type, as even as can be; the first types get the odd ones."""
    return {kind: count // len(types) + (nth < count % len(types)) for nth, kind in enumerate(types)}


def choose_questions(
    made: Sequence[Question], bank: Sequence[Question], *, wanted: dict[str, int], asked_before: Sequence[str]
) -> list[Question]:
    """Of each type as many as wanted, the model's first; what a type lacks, the others' questions of the bank fill.

    Questions that were asked before come last.
    """
    fresh_first = sorted(bank, key=lambda question: _repeats(question, asked_before))
    chosen: list[Question] = []
    for kind, count in wanted.items():
        pool = [q for q in (*made, *fresh_first) if q.type == kind]
        _take(chosen, pool, upto=len(chosen) + count)
    _take(chosen, fresh_first, upto=sum(wanted.values()))
    return chosen


def questions_content(chosen: Sequence[Question]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the learner sees, and apart from it what good answers hold."""
    numbered = [(f"q{nth}", question) for nth, question in enumerate(chosen, start=1)]
    shown = [{"id": id_, "text": q.text, "type": q.type, "source": q.source} for id_, q in numbered]
    return {"questions": shown}, {id_: {"looks_for": q.looks_for} for id_, q in numbered}


def _take(chosen: list[Question], pool: Sequence[Question], *, upto: int) -> None:
    for question in pool:
        if len(chosen) >= upto:
            return
        if not _repeats(question, [other.text for other in chosen]):
            chosen.append(question)


def _repeats(question: Question, texts: Sequence[str]) -> bool:
    return any(similarity(question.text, text) >= TOO_SIMILAR for text in texts)
