"""R6: models that are late, refuse, or answer badly; each walk ends well or in a state with a name, told once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from lodestar.config import settings
from lodestar.db import work_for
from tests.proof import Proof, generator, size
from tests.resilience.stories import STORIES, Case, Story
from tests.resilience.trials import Reference
from tests.resilience.walking import Ledger, Walk, ledger
from tests.simulators.running import Simulators

pytestmark = [pytest.mark.proof, pytest.mark.slow]

TIMEOUT_SECONDS = 1.0
VENDORS = ("gemini", "openai")
WITH_MODELS = ("a quiz", "a project", "interview questions", "a text", "a borderline text", "a repository",
               "an interview", "a lesson")  # fmt: skip
OPINIONS = ("assessment.grades", "assessment.grade_evidence")
"""A doubtful answer is followed by a second opinion."""


@dataclass(frozen=True)
class Fault:
    """What a vendor does wrong, and by which words the log of calls may tell of it."""

    name: str
    orders: Mapping[str, Any]
    outcomes: frozenset[str]


UNAVAILABLE = frozenset({"unavailable"})
INVALID = frozenset({"invalid_answer"})
FAULTS = (
    Fault("times out", {"latency_ms": 2500}, UNAVAILABLE),
    Fault("429", {"scenario": "rate_limited"}, UNAVAILABLE),
    Fault("500", {"failure_rate": 1.0}, UNAVAILABLE),
    Fault("rubbish", {"scenario": "rubbish"}, INVALID),
    Fault("empty", {"scenario": "empty"}, INVALID | {"succeeded"}),
    Fault("truncated JSON", {"scenario": "truncated"}, INVALID),
    Fault("a broken response", {"scenario": "garbled"}, INVALID),
    Fault("wrong language", {"scenario": "other_language"}, INVALID | {"succeeded"}),
    Fault("refusal", {"scenario": "refusing"}, frozenset({"refused"})),
    Fault("retired", {"scenario": "retired"}, frozenset({"retired"})),
)


@dataclass(frozen=True)
class Trial:
    """A story with faulty vendors."""

    story: Story
    fault: Fault
    vendors: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.story}, {' and '.join(self.vendors)}: {self.fault.name}"

    def run(self, simulators: Simulators) -> Case:
        """Its world, after one execution."""
        case = self.story.begun(simulators)
        for vendor in self.vendors:
            simulators.order(vendor, **self.fault.orders)
        Walk(self.story, watched=True).run(case.event)
        return case

    def faults(self, case: Case, reference: Reference) -> Iterator[str]:
        """What is not as it must be."""
        found = ledger(case)
        if case.is_unfinished():
            yield f"unfinished: {found.standing}"
        yield from filter(None, [found.beyond(reference.ledger, twice=OPINIONS)])
        yield from filter(None, [self._misjudged(found, reference.ledger)])
        outcomes = outcomes_of(case)
        if not outcomes & self.fault.outcomes:
            yield f"the log says {sorted(outcomes)}"
        if unexpected := outcomes - self.fault.outcomes - {"succeeded"}:
            yield f"the log says {sorted(unexpected)} too"

    def _misjudged(self, found: Ledger, reference: Ledger) -> str:
        """Without any model nothing that a model alone may decide is decided; with one left, as if nothing was."""
        state, usual = found.standing["state"], reference.standing["state"]
        if self.vendors == VENDORS and self.story.machine == "grade_attempt":
            named = state == "needs_review" and found.standing["review_reason"]
            return "" if named else f"no model served, yet it is {state}"
        if self.story.machine == "grade_attempt" and state == "graded":
            same = found.standing["score"] == reference.standing["score"]
            return "" if same else f"score {found.standing['score']}, not {reference.standing['score']}"
        return "" if state in (usual, "needs_review") else f"{state}, not {usual}"


def outcomes_of(case: Case) -> set[str]:
    """What the log says of the organization's calls to models."""
    with work_for(case.org_id) as session:
        query = text("SELECT DISTINCT outcome FROM backbone.ai_runs WHERE org_id = :org")
        return set(session.scalars(query, {"org": case.org_id}))


def all_trials() -> list[Trial]:
    """Every fault of the first vendor alone, and of all; one alone transcribes."""
    stories = [story for story in STORIES if story.name in WITH_MODELS]
    ways = [(story, vendors) for story in stories for vendors in (VENDORS[:1], VENDORS)]
    return [
        Trial(story, fault, vendors)
        for story, vendors in ways
        for fault in FAULTS
        if story.machine != "process_media" or vendors == VENDORS
    ]


def test_a_walk_with_faulty_models_ends_by_name_and_once(
    proof: Proof, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = all_trials()
    chosen = generator("faults of models").sample(chosen, size(slice=6, whole=len(chosen)))
    references = {story: Reference.of(story, simulators) for story in {trial.story for trial in chosen}}
    wrong = []
    for trial in chosen:
        with monkeypatch.context() as patched:
            if "latency_ms" in trial.fault.orders:
                patched.setenv("AI_TIMEOUT_SECONDS", str(TIMEOUT_SECONDS))
            settings.cache_clear()
            case = trial.run(simulators)
        settings.cache_clear()
        wrong += [f"{trial}: {fault}" for fault in trial.faults(case, references[trial.story])]
    proof.found("R6", "faults of models", tried=len(chosen), wrong=wrong, note=f"{len(FAULTS)} kinds")
