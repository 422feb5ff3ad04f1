"""Banks, items, assessments, prompts, backgrounds, profiles and fallbacks, over HTTP by natural key."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from local.client import Client
from local.seed.content import SeedContent
from local.seed.models import (
    Background,
    Criterion,
    InterviewProfile,
    Item,
    Project,
    ProjectProfile,
    ProjectProfiles,
    Tier,
)
from local.seed.upsert import Row, Rows, by_key, each

BASE = "/v1/assessment"


class AssessmentSeed:
    """Writes one organization's assessment content."""

    def __init__(self, staff: Client, content: SeedContent) -> None:
        self._staff, self._content = staff, content
        self._rubrics = Rows(staff, f"{BASE}/rubrics")
        self._fallbacks = Rows(staff, f"{BASE}/fallback-contents")
        self._banks = Rows(staff, f"{BASE}/item-banks")
        self._items = Rows(staff, f"{BASE}/items", scope="bank_id")
        self._assessments = Rows(staff, f"{BASE}/assessments", key="title")

    def write_backgrounds(self) -> dict[str, str]:
        """What does not hang on a module: prompts, backgrounds, profiles, fallbacks. Returns backgrounds' ids by key."""
        self._write_prompts()
        backgrounds = Rows(self._staff, f"{BASE}/backgrounds")
        ids = {b.key: str(backgrounds.ensure(_background(b))["id"]) for b in self._content.backgrounds}
        for profiles in self._content.projects:
            for tier, profile in profiles.tiers.items():
                self._write_project(ids[profiles.background], profiles, tier, profile)
        for interviews in self._content.interviews:
            for tier, interview in interviews.tiers.items():
                self._write_interview(ids[interviews.background], interviews.background, tier, interview)
        return ids

    def write_assessments(self, program_id: str, modules: Mapping[str, str]) -> None:
        """The assessment of each module (`modules` maps a module's key to its id), and the promotion exam."""
        for assessment in self._content.assessments:
            body = {
                "kind": "initial",
                "title": assessment.title,
                "description": assessment.description,
                "module_id": modules[f"assessment-{key_of(assessment.key)}"],
                "bank_id": self._bank(assessment.key, assessment.title, assessment.items),
            }
            self._assessments.ensure(body)
        for course in self._content.courses:
            title = f"{course.title}: generic quiz"
            body = {
                "kind": "quiz",
                "title": f"{course.title}: lesson quiz",
                "module_id": modules[_module_of(self._content, course.key)],
                "bank_id": self._bank(f"generic-{course.key}", title, course.generic_quiz),
            }
            self._assessments.ensure(body)
        for kind in ("project", "interview"):
            stage = next(s for s in self._content.program.stages if s.kind.startswith(kind))
            for module in stage.modules:
                title, module_id = module.title, modules[key_of(module.key)]
                self._assessments.ensure({"kind": kind, "title": title, "module_id": module_id})
        self._write_exam(program_id)

    def write_lesson_items(self, lessons: Mapping[str, str]) -> None:
        """Each lesson's bank, and which of its items are required or fallback (`lessons` maps keys to ids)."""
        for course in self._content.courses:
            for lesson in course.lessons:
                bank = self._banks.ensure({"key": f"lesson-{key_of(lesson.key)}", "title": lesson.title})
                made = each(partial(self._write_item, bank["id"]), lesson.items)
                links = [
                    {"item_id": row["id"], "role": "required" if item.required else "fallback"}
                    for item, row in zip(lesson.items, made, strict=True)
                ]
                self._staff.put(f"{BASE}/lesson-items/{lessons[key_of(lesson.key)]}", {"items": links})

    def _write_prompts(self) -> None:
        active = self._staff.every(f"{BASE}/prompt-templates", active=True)
        known = by_key(active, lambda row: (row["purpose"], row["strategy"]))
        for prompt in self._content.prompts:
            body = {
                "purpose": prompt.purpose,
                "strategy": prompt.strategy,
                "system_prompt": prompt.system.strip(),
                "input_prompt": prompt.template.strip(),
            }
            row = known.get((prompt.purpose, prompt.strategy))
            if row is None or any(row[name] != value for name, value in body.items()):
                self._staff.post(f"{BASE}/prompt-templates", body)

    def _write_project(
        self, background_id: str, profiles: ProjectProfiles, tier: Tier, profile: ProjectProfile
    ) -> None:
        kind = profiles.project_type.lower()
        name = f"project-{key_of(profiles.background)}-{key_of(kind)}-{tier}"
        body = {
            "system_prompt": profile.system_prompt,
            "input_prompt": profile.input_prompt,
            "description_template": profile.description_template,
            "rubric_id": self._rubrics.ensure(_rubric(name, "Project", profile.rubric))["id"],
        }
        self._staff.put(f"{BASE}/backgrounds/{background_id}/profiles/project/{kind}/{tier}", body)
        fallback = {
            "kind": "project",
            "key": name,
            "background_id": background_id,
            "tier": tier,
            "type": kind,
        }
        self._fallbacks.ensure({**fallback, "body": _project(profile.project)})

    def _write_interview(
        self, background_id: str, background: str, tier: Tier, profile: InterviewProfile
    ) -> None:
        name = f"interview-{key_of(background)}-{tier}"
        rubric = self._rubrics.ensure(_rubric(name, "Interview", profile.criteria))
        for kind, prompts in profile.prompts.items():
            body = {
                "system_prompt": prompts.system_prompt,
                "input_prompt": prompts.input_prompt,
                "focus_area": profile.focus_area,
                "rubric_id": rubric["id"],
            }
            self._staff.put(f"{BASE}/backgrounds/{background_id}/profiles/interview/{kind}/{tier}", body)
            questions = [{"text": q.text, "type": q.type} for q in profile.questions if q.type == kind]
            fallback = {
                "kind": "interview_questions",
                "key": f"{name}-{kind}",
                "background_id": background_id,
                "tier": tier,
                "type": kind,
                "body": {"questions": questions},
            }
            self._fallbacks.ensure(fallback)

    def _write_exam(self, program_id: str) -> None:
        exam = self._content.program.promotion_exam
        body = {
            "kind": "promotion_exam",
            "title": exam.title,
            "description": exam.description,
            "program_id": program_id,
            "question_count": exam.question_count,
            "passing_score": exam.passing_score,
            "time_limit_seconds": exam.time_limit_minutes * 60,
        }
        exam_id = self._assessments.ensure(body)["id"]
        for bank in self._content.exam_banks:
            bank_id = self._bank(
                f"exam-{bank.target_tier}", f"Promotion exam to {bank.target_tier}", bank.items
            )
            path = f"{BASE}/assessments/{exam_id}/tier-templates/{bank.target_tier}"
            self._staff.put(path, {"bank_id": bank_id})

    def _bank(self, key: str, title: str, items: Iterable[Item]) -> str:
        bank = self._banks.ensure({"key": key_of(key), "title": title})
        each(partial(self._write_item, bank["id"]), items)
        return str(bank["id"])

    def _write_item(self, bank_id: str, item: Item) -> Row:
        body = item.model_dump(exclude={"required", "key"})
        return self._items.ensure(
            {**body, "options": list(item.options), "key": key_of(item.key), "bank_id": bank_id}
        )


def _background(background: Background) -> dict[str, Any]:
    return {
        "key": key_of(background.key),
        "title": background.title,
        "description": background.description,
        "submission_kind": background.submission_kind,
        "project_types": [kind.lower() for kind in background.project_types],
    }


def _rubric(key: str, title: str, criteria: Iterable[Criterion]) -> dict[str, Any]:
    entries = [
        {
            "key": key_of(c.key),
            "title": c.title,
            "description": f"{c.description} {c.evidence}",
            "weight": c.weight,
            "keywords": list(c.keywords),
        }
        for c in criteria
    ]
    return {"key": key, "title": title, "criteria": entries}


def _project(project: Project) -> dict[str, Any]:
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(project.steps, start=1))
    return {
        "title": project.title,
        "brief": f"{project.scenario.strip()}\n\n{steps}",
        "requirements": list(project.requirements),
        "deliverables": list(project.deliverables),
    }


def _module_of(content: SeedContent, course_key: str) -> str:
    for stage in content.program.stages:
        for module in stage.modules:
            if stage.kind == "courses" and key_of(course_key) in key_of(module.content):
                return key_of(module.key)
    raise LookupError(f"no module has the course {course_key}")


def key_of(name: str) -> str:
    """The API's keys are lower-case words joined by hyphens."""
    return name.lower().replace("_", "-")
