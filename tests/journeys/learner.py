"""What a learner does at a screen: answers, watches, writes, films. Nothing here knows more than the API tells."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.client import Client, wait_for
from local.seed.content import SeedContent

CONTENT_SECONDS = 240
GRADING_SECONDS = 300
FASTEST = 2.0
"""Playing faster than this is not credited (X-07)."""
GAP = "_____"
INTERVIEW = Path(__file__).parent.parent / "data" / "interview.webm"


@dataclass
class Learner:
    """One person on one enrollment. `knowledge` is what they know by heart: stems and their right options."""

    api: Client
    enrollment_id: str
    knowledge: Mapping[str, str] = field(default_factory=dict)

    def progress(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/v1/learning/enrollments/{self.enrollment_id}/progress")
        return found

    def modules(self, kind: str) -> list[dict[str, Any]]:
        """The program's modules of one kind, in order."""
        return [module for module in self.progress()["modules"] if module["kind"] == kind]

    def await_stars(self, stars: int) -> dict[str, Any]:
        """The progress, once it shows so many stars."""

        def look() -> dict[str, Any] | None:
            progress = self.progress()
            return progress if progress["stars"] >= stars else None

        return wait_for(look, seconds=60, what=f"star {stars}")

    def open_attempt(
        self, *, kind: str, module_id: str | None = None, lesson_id: str | None = None
    ) -> dict[str, Any]:
        """An attempt with its content made, not yet started."""
        asked = self.ask_for_attempt(kind=kind, module_id=module_id, lesson_id=lesson_id)
        return self.await_state(asked["id"], "preparing", CONTENT_SECONDS)

    def ask_for_attempt(
        self, *, kind: str, module_id: str | None = None, lesson_id: str | None = None
    ) -> dict[str, Any]:
        """An attempt, whose content is being made."""
        query = {"module_id": module_id} if module_id else {}
        assessment = self.api.get("/v1/assessment/assessments", kind=kind, **query)["data"][0]
        body = {"enrollment_id": self.enrollment_id, "assessment_id": assessment["id"]}
        if lesson_id:
            body["lesson_id"] = lesson_id
        asked: dict[str, Any] = self.api.post("/v1/assessment/attempts", body)
        return asked

    def await_state(self, attempt_id: str, *leaving: Any) -> dict[str, Any]:
        """The attempt, once it has left the states named."""
        *states, seconds = leaving

        def look() -> dict[str, Any] | None:
            attempt: dict[str, Any] = self.api.get(f"/v1/assessment/attempts/{attempt_id}")
            return attempt if attempt["state"] not in states else None

        return wait_for(look, seconds=seconds, what=f"an attempt out of {states}")

    def start(self, attempt_id: str, **choice: Any) -> dict[str, Any]:
        started: dict[str, Any] = self.api.post(f"/v1/assessment/attempts/{attempt_id}/starts", choice)
        return started

    def answer(
        self, attempt: Mapping[str, Any], *, transcript: str = "", right: float = 1.0
    ) -> dict[str, Any]:
        """Answer and hand in; `right` is the share of questions answered as well as can be, the rest wrongly."""
        questions = self.start(attempt["id"])["content"]["questions"]
        careful = round(len(questions) * right)
        answers = {
            question["id"]: self._choice(question, transcript, well=number < careful)
            for number, question in enumerate(questions)
        }
        self.api.patch(f"/v1/assessment/attempts/{attempt['id']}", {"answers": answers})
        self.api.post(f"/v1/assessment/attempts/{attempt['id']}/submissions", {"kind": "answers"})
        result: dict[str, Any] = self.api.get(f"/v1/assessment/attempts/{attempt['id']}/result")
        return result

    def _choice(self, question: Mapping[str, Any], transcript: str, *, well: bool) -> int:
        options: list[str] = question["options"]
        best = self._best(question["stem"], options, transcript)
        return best if well else (best + 1) % len(options)

    def _best(self, stem: str, options: list[str], transcript: str) -> int:
        known = self.knowledge.get(stem)
        if known in options:
            return options.index(known)
        gap = re.search(r"“(.+)”", stem, re.DOTALL)
        said = [gap[1].replace(GAP, o) if gap and GAP in gap[1] else o for o in options]
        spoken = " ".join(transcript.split())
        return next((n for n, words in enumerate(said) if " ".join(words.split()) in spoken), 0)

    def watch(self, asset_id: str) -> dict[str, Any]:
        """Play to the end at the fastest speed that counts, reporting as a player does."""
        state: dict[str, Any] = self.api.get(f"/v1/media/playback/{asset_id}")
        at, began = state["covered_ms"], time.monotonic()
        while not state["completed"]:
            elapsed_ms = int((time.monotonic() - began) * 1000 * FASTEST)
            to = min(state["duration_ms"], at + elapsed_ms)
            report = {"position_ms": to, "segments": [{"from_ms": 0, "to_ms": to}], "rate": FASTEST}
            state = self.api.put(f"/v1/media/playback/{asset_id}", report)
        return state

    def submit(self, attempt_id: str, submission: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in a project or an interview, and wait until it is graded or left to a person."""
        self.api.telling(attempt_id).post(f"/v1/assessment/attempts/{attempt_id}/submissions", submission)
        return self.await_state(attempt_id, "submitted", "grading", GRADING_SECONDS)

    def film(self, attempt_id: str) -> str:
        """Upload the recorded answer, in the story that goes on with handing it in; returns the asset's id."""
        api = self.api.telling(attempt_id)
        video = INTERVIEW.read_bytes()
        body = {
            "purpose": "interview_video",
            "size_bytes": len(video),
            "content_type": "video/webm",
            "filename": "answers.webm",
            "subject": {"type": "attempt", "id": attempt_id},
        }
        upload = api.post("/v1/media/uploads", body)
        api.upload(upload["target"], video, content_type="video/webm")
        api.post(f"/v1/media/uploads/{upload['id']}/completions")
        return str(upload["asset_id"])


def known_by_heart(content: SeedContent) -> dict[str, str]:
    """The stems of the written items and their right options: what a well-prepared learner knows."""
    return {item.stem: item.options[item.answer] for item in content.items}
