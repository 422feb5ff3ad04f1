"""The Job Readiness program: stages, modules, lessons and masterclasses, published, and assigned to organizations."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.client import Client
from local.seed.assessment import key_of
from local.seed.content import SeedContent
from local.seed.upsert import Row, Rows

BASE = "/v1/learning"
KINDS = {
    "assessments": "assessment",
    "courses": "course",
    "masterclasses": "masterclass",
    "projects": "project",
    "interview": "interview",
}


class ProgramSeed:
    """Writes the program as one organization's staff."""

    def __init__(self, staff: Client, content: SeedContent) -> None:
        self._staff, self._content = staff, content
        program = content.program
        body = {
            "key": program.key,
            "type": program.type,
            "title": program.title,
            "description": program.description,
        }
        self.program: Row = Rows(staff, f"{BASE}/programs").ensure(body)
        self.program_id = str(self.program["id"])

    def write_stages(self) -> None:
        """What earns each star, the tiers, and when promotion is offered."""
        program, path = self._content.program, f"{BASE}/programs/{self.program_id}/stages"
        wanted: dict[str, Any] = {
            "stages": [
                {
                    "star": stage.order,
                    "kind": KINDS[stage.kind],
                    "required_count": next((n for n in stage.criteria.values() if n is not True), None),
                    "title": stage.title,
                    "description": stage.description,
                    "earned_text": stage.earned_text,
                }
                for stage in program.stages
            ],
            "tier_ranges": [entry.model_dump() for entry in program.tier_ranges],
            "promotion": {
                "enabled": program.promotion_exam.enabled,
                "after_stars": list(program.promotion_exam.promotion_after_stars),
            },
        }
        stands = self._staff.get(path)
        if any(stands[name] != value for name, value in wanted.items()):
            self._staff.put(path, wanted)

    def write_modules(self) -> dict[str, str]:
        """The modules' ids by key."""
        modules = Rows(self._staff, f"{BASE}/modules", query={"program_id": self.program_id})
        ids = {}
        for stage in self._content.program.stages:
            for position, module in enumerate(stage.modules, start=1):
                body = {
                    "program_id": self.program_id,
                    "kind": KINDS[stage.kind],
                    "key": key_of(module.key),
                    "title": module.title,
                    "description": module.description,
                    "position": position,
                }
                if module.configuration:
                    body["configuration"] = module.configuration
                ids[key_of(module.key)] = str(modules.ensure(body)["id"])
        return ids

    def write_lessons(self, modules: Mapping[str, str], assets: Mapping[str, str]) -> dict[str, str]:
        """The lessons' ids by key; `assets` holds the videos by title."""
        ids: dict[str, str] = {}
        courses = {key_of(course.key): course for course in self._content.courses}
        for stage in self._content.program.stages:
            for module in stage.modules if stage.kind == "courses" else ():
                course = courses[key_of(module.key).removeprefix("course-")]
                module_id = modules[key_of(module.key)]
                rows = Rows(self._staff, f"{BASE}/lessons", query={"module_id": module_id})
                for position, lesson in enumerate(course.lessons, start=1):
                    body = {
                        "module_id": module_id,
                        "key": key_of(lesson.key),
                        "title": lesson.title,
                        "summary": lesson.summary,
                        "position": position,
                        "estimated_minutes": lesson.estimated_minutes,
                        "asset_id": assets[lesson.title],
                    }
                    ids[key_of(lesson.key)] = str(rows.ensure(body)["id"])
        return ids

    def write_masterclasses(self, assets: Mapping[str, str]) -> None:
        """The talks; `assets` holds the videos by title."""
        rows = Rows(self._staff, f"{BASE}/masterclasses", query={"program_id": self.program_id})
        for talk in self._content.masterclasses:
            rows.ensure(
                {
                    "program_id": self.program_id,
                    "key": key_of(talk.key),
                    "title": talk.title,
                    "speaker": talk.speaker,
                    "description": talk.description,
                    "position": talk.order,
                    "asset_id": assets[talk.title],
                }
            )

    def publish(self) -> None:
        """The first version."""
        if self._staff.get(f"{BASE}/programs/{self.program_id}")["published_version_id"] is None:
            self._staff.post(f"{BASE}/programs/{self.program_id}/versions")

    def assign(self, administrator: Client, organizations: Iterable[str]) -> None:
        """Offer the program to each organization, whose learners are enrolled by it."""
        for organization in organizations:
            client = administrator.within(organization)
            if not client.get(f"{BASE}/program-assignments", program_id=self.program_id)["data"]:
                client.post(f"{BASE}/program-assignments", {"program_id": self.program_id})
