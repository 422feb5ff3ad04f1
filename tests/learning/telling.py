"""Events handed to learning's reactions, as their queues would."""

import importlib
from typing import Any
from uuid import UUID

from lodestar.clock import now
from lodestar.contracts.assessment import AssessmentKind, AttemptGraded
from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.contracts.media import PlaybackCompleted
from lodestar.events import Event
from lodestar.ids import new_id
from tests.bus import emitted, queue_event
from tests.factories.assessment import an_attempt
from tests.factories.learning import ProgramRows
from tests.factories.media import played

KINDS = {
    ModuleKind.ASSESSMENT: AssessmentKind.INITIAL,
    ModuleKind.PROJECT: AssessmentKind.PROJECT,
    ModuleKind.INTERVIEW: AssessmentKind.INTERVIEW,
}


def tell(org_id: UUID, event: Event, *, times: int = 2) -> None:
    """Hand the event to its reaction, by default twice, as an at-least-once bus may."""
    handler = importlib.import_module(f"learning.reactions.{event.name.partition('.')[2]}").handler
    envelope: dict[str, Any] = {
        "name": event.name,
        "event_id": str(new_id()),
        "org_id": str(org_id),
        "version": event.version,
        "occurred_at": now().isoformat(),
        "correlation_id": "test",
        "data": event.model_dump(mode="json"),
    }
    for _ in range(times):
        assert handler(queue_event(envelope), None) == {"batchItemFailures": []}


def told(org_id: UUID, name: str) -> list[dict[str, Any]]:
    """What learning told of itself."""
    return [event["data"] for event in emitted(org_id, f"learning.{name}")]


class Learner:
    """One learner on a program, and what they do."""

    def __init__(self, org_id: UUID, learner_id: UUID, enrollment_id: UUID, program: ProgramRows) -> None:
        self.org_id, self.learner_id = org_id, learner_id
        self.enrollment_id, self.program = enrollment_id, program

    def attempt(
        self, module_id: UUID, kind: AssessmentKind, *, score: float = 100, passed: bool = True, **fields: Any
    ) -> AttemptGraded:
        """A graded attempt in the database; returns the event that tells of it."""
        attempt_id = an_attempt(
            org_id=self.org_id, learner_id=self.learner_id, enrollment_id=self.enrollment_id, module_id=module_id,
            kind=kind, state="graded", score=score, passed=passed, **fields,
        )  # fmt: skip
        return AttemptGraded(
            attempt_id=attempt_id, enrollment_id=self.enrollment_id, learner_id=self.learner_id, kind=kind,
            module_id=module_id, lesson_id=fields.get("lesson_id"), tier_used=Tier.BRONZE, target_tier=None,
            star=None, score=score, passed=passed,
        )  # fmt: skip

    def take_assessments(self, *scores: float) -> None:
        """Take the initial assessments in order, and tell of each."""
        modules = self.program.modules[ModuleKind.ASSESSMENT]
        for module_id, score in zip(modules, scores, strict=False):
            tell(self.org_id, self.attempt(module_id, AssessmentKind.INITIAL, score=score))

    def hand_in(self, kind: ModuleKind, *, passed: bool = True) -> None:
        """A graded project or interview, told."""
        score = 80 if passed else 40
        tell(self.org_id, self.attempt(self.program.module(kind), KINDS[kind], score=score, passed=passed))

    def pass_quiz(self, lesson_id: UUID) -> None:
        """A passed quiz, told."""
        module_id = self.program.module(ModuleKind.COURSE)
        tell(self.org_id, self.attempt(module_id, AssessmentKind.QUIZ, lesson_id=lesson_id))

    def watch(self, asset_id: UUID, *, percent: float = 100) -> None:
        """Play a video; told when it is covered."""
        played(self.org_id, self.learner_id, asset_id, percent=percent)
        if percent >= 95:
            tell(self.org_id, PlaybackCompleted(asset_id=asset_id, learner_id=self.learner_id))
