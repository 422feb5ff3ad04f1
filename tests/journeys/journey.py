"""From an invitation to Star 5, each step printed with its time and its source."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from local.client import Client, Refused, wait_for
from local.seed.content import SeedContent, load
from local.seed.people import PASSWORD
from tests.journeys.learner import Learner, known_by_heart

MODELS = ("gemini", "openai")
BACKGROUND = "computer-science"
REPOSITORY = ("sample-learner", "habit-tracker")


@dataclass
class Journey:
    """One run. With `outage`, every model is switched off from Star 2 on."""

    url: str
    simulator_url: str
    outage: bool = False
    say: Callable[[str], None] = print
    content: SeedContent = field(default_factory=load)
    sources: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """The learner's progress at the end."""
        self._begin()
        try:
            self._assessments()
            if self.outage:
                self._switch_models(off=True)
            self._courses()
            self._promotion(pass_it=False)
            self._masterclasses()
            self._skip_promotion()
            self._project()
            self._interview()
        finally:
            self._switch_models(off=False)
        progress = self.learner.progress()
        self._tell(f"{progress['stars_text']}: {progress['next_step']['text']}")
        return progress

    def arrive(self, *, stars: int) -> Learner:
        """A learner whom staff have put where the story begins, by an override."""
        self._begin()
        override = {
            "enrollment_id": self.learner.enrollment_id,
            "star": stars,
            "tier": "bronze",
            "reason": "A story.",
        }
        self.staff.post("/v1/learning/overrides", override)
        self.learner.await_stars(stars)
        return self.learner

    def _begin(self) -> None:
        self._started = self._last = time.monotonic()
        staff = next(m for m in self.content.organizations[0].members if m.role == "org_staff")
        self.staff = Client(self.url).sign_in(staff.email, PASSWORD)
        self.learner = self._join()

    def _join(self) -> Learner:
        email = f"journey.{uuid4().hex[:12]}@example.org"
        invitation = self.staff.post("/v1/identity/invitations", {"email": email, "role": "learner"})
        guest = Client(self.url)
        offer = guest.get(f"/v1/identity/public/invitations/{invitation['token']}")
        acceptance = {"password": PASSWORD, "display_name": "Sam Journey", "time_zone": "Europe/Dublin"}
        guest.post(f"/v1/identity/public/invitations/{invitation['token']}", acceptance)
        api = guest.sign_in(email, PASSWORD)
        self._tell(f"invited to {offer['organization_name']}, accepted, signed in")

        def enrolled() -> dict[str, Any] | None:
            rows: list[dict[str, Any]] = api.get("/v1/learning/enrollments")["data"]
            return rows[0] if rows else None

        enrollment = wait_for(enrolled, seconds=60, what="the automatic enrolment")
        background = api.get("/v1/assessment/backgrounds", key=BACKGROUND)["data"][0]
        api.patch(f"/v1/learning/enrollments/{enrollment['id']}", {"background_id": background["id"]})
        self._tell(f"enrolled by itself; background {background['title']}")
        return Learner(api, enrollment["id"], known_by_heart(self.content))

    def _assessments(self) -> None:
        for module in self.learner.modules("assessment"):
            attempt = self.learner.open_attempt(kind="initial", module_id=module["module_id"])
            result = self.learner.answer(attempt, right=0.5)
            self._tell(f"{module['title']}: {result['score']:.0f} %", attempt)
        progress = self.learner.await_stars(1)
        self._tell(f"STAR 1, tier {progress['tier']['label']} {progress['tier']['colour']}")

    def _courses(self) -> None:
        self._refuse_locked()
        for module in self.learner.modules("course"):
            for lesson in module["details"]["lessons"]:
                self._lesson(module["module_id"], lesson["lesson_id"], lesson["title"])
        self.learner.await_stars(2)
        self._tell("STAR 2")

    def _lesson(self, module_id: str, lesson_id: str, title: str) -> None:
        api = self.learner.api
        api.put(f"/v1/learning/enrollments/{self.learner.enrollment_id}/lesson-progress/{lesson_id}", {})
        lesson = api.get(f"/v1/learning/lessons/{lesson_id}")
        self.learner.watch(lesson["asset_id"])
        transcript = api.get(f"/v1/media/assets/{lesson['asset_id']}/transcript")["text"]
        attempt = self.learner.open_attempt(kind="quiz", module_id=module_id, lesson_id=lesson_id)
        self.heard.append(transcript)
        result = self.learner.answer(attempt, transcript=transcript)
        self._tell(f"{title}: watched, quiz {result['score']:.0f} %", attempt)

    def _refuse_locked(self) -> None:
        module = self.learner.modules("project")[0]
        try:
            self.learner.open_attempt(kind="project", module_id=module["module_id"])
        except Refused as refused:
            self._tell(f"the project is still {refused.code}: {refused.problem['detail']}")

    def _promotion(self, *, pass_it: bool) -> None:
        offer = self._offer()
        attempt = self.learner.open_attempt(kind="promotion_exam")
        result = self.learner.answer(attempt, transcript=" ".join(self.heard), right=1.0 if pass_it else 0.3)
        outcome = "passed" if result["passed"] else "not passed"
        self._tell(f"promotion to {offer['target_label']}: {result['score']:.0f} %, {outcome}", attempt)

    def _offer(self) -> dict[str, Any]:
        path = f"/v1/learning/promotions/{self.learner.enrollment_id}"

        def offered() -> dict[str, Any] | None:
            offer: dict[str, Any] | None = self.learner.api.get(path)["offer"]
            return offer

        return wait_for(offered, seconds=30, what="the offer of a promotion")

    def _skip_promotion(self) -> None:
        offer = self._offer()
        self.learner.api.post(f"/v1/learning/promotions/{self.learner.enrollment_id}/declines")
        self._tell(f"promotion to {offer['target_label']} skipped")

    def _masterclasses(self) -> None:
        talks = self.learner.api.get("/v1/learning/masterclasses", limit=100)["data"]
        for number, talk in enumerate(sorted(talks, key=lambda t: t["position"])[:5], start=1):
            self.learner.watch(talk["asset_id"])
            self._tell(f"{talk['title']}: watched, {number} of 5")
        self.learner.await_stars(3)
        self._tell("STAR 3")

    def _project(self) -> None:
        module = self.learner.modules("project")[0]
        attempt = self.learner.open_attempt(kind="project", module_id=module["module_id"])
        self._tell(f"project “{attempt['content']['title']}”", attempt)
        self.learner.start(attempt["id"])
        url = "https://github.com/" + "/".join(REPOSITORY)
        self._settle(self.learner.submit(attempt["id"], {"kind": "repository", "url": url}))
        self.learner.await_stars(4)
        self._tell("STAR 4")

    def _interview(self) -> None:
        api, module = self.learner.api, self.learner.modules("interview")[0]
        attempt = self.learner.open_attempt(kind="interview", module_id=module["module_id"])
        self._tell(f"{len(attempt['content']['questions'])} interview questions", attempt)
        self._promotion(pass_it=True)
        for purpose in ("recording", "ai_video_analysis"):
            api.post("/v1/identity/consents", {"purpose": purpose, "notice_version": "2026-01"})
        try:
            self.learner.start(attempt["id"])
        except Refused as refused:
            self._tell(f"the start says {refused.code}: {refused.problem['detail']}")
            self.learner.start(attempt["id"], accept_review=True)
        asset_id = self.learner.film(attempt["id"])
        self._settle(self.learner.submit(attempt["id"], {"kind": "video", "asset_id": asset_id}))
        self.learner.await_stars(5)
        self._tell("STAR 5")

    def _settle(self, attempt: dict[str, Any]) -> None:
        """A grade, or what a person decides where grading left it to one."""
        if attempt["state"] == "needs_review":
            self._tell(f"left to a person: {attempt['review_reason']}")
            ruling = {
                "outcome": "approved",
                "feedback": "The work shows what the criteria ask for.",
                "score": 80,
            }
            self.staff.post(f"/v1/assessment/attempts/{attempt['id']}/decisions", ruling)
        result = self.learner.api.get(f"/v1/assessment/attempts/{attempt['id']}/result")
        self.sources.append(result["graded_by"])
        by = result["model"] or result["graded_by"]
        self._tell(f"graded {result['score']:.0f} % by {by}, {len(result['criteria'])} criteria")
        self._tell(f"the story of it: make trace ID={attempt['id']}")

    def _switch_models(self, *, off: bool) -> None:
        for model in MODELS:
            httpx.put(
                f"{self.simulator_url}/_control/{model}", json={"down": off}, timeout=10
            ).raise_for_status()
        if off:
            self._tell("every AI model is switched off")

    def _tell(self, what: str, attempt: dict[str, Any] | None = None) -> None:
        now = time.monotonic()
        source = ""
        if attempt:
            self.sources.append(attempt["source"])
            source = f"  [{attempt['model'] or attempt['source']}]"
        self.say(f"[{now - self._started:6.1f} s, +{now - self._last:5.1f}] {what}{source}")
        self._last = now
