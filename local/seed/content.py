"""The seed content: what `local/seed/content/*.yaml` holds, checked before anything is sent to the product.

`load()` refuses the whole content with pydantic's `ValidationError`, whose message names the field, when one file
breaks a promise: exactly one right answer among distinct options, unique keys, quotes that stand verbatim in their
transcript, weights of 100 percent, and the numbers of things that issue 2 asks for.
"""

from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, model_validator

from local.seed.models import (
    TIERS,
    Assessment,
    Background,
    Course,
    Entry,
    ExamBank,
    InterviewProfiles,
    Item,
    Masterclass,
    Organization,
    Program,
    ProjectProfiles,
    Prompt,
    unique,
)

CONTENT = Path(__file__).with_name("content")


class SeedContent(Entry):
    """Everything the seed sends, with the counts of issue 2 and every reference between files resolved."""

    organizations: tuple[Organization, ...]
    program: Program
    assessments: Annotated[tuple[Assessment, ...], Field(min_length=5, max_length=5)]
    courses: Annotated[tuple[Course, ...], Field(min_length=2, max_length=2)]
    masterclasses: Annotated[tuple[Masterclass, ...], Field(min_length=6, max_length=6)]
    exam_banks: Annotated[tuple[ExamBank, ...], Field(min_length=2, max_length=2)]
    backgrounds: Annotated[tuple[Background, ...], Field(min_length=5, max_length=5)]
    projects: tuple[ProjectProfiles, ...]
    interviews: tuple[InterviewProfiles, ...]
    prompts: Annotated[tuple[Prompt, ...], Field(min_length=14, max_length=14)]

    @property
    def items(self) -> tuple[Item, ...]:
        """Every single-choice item of every file."""
        pools: list[tuple[Item, ...]] = [assessment.items for assessment in self.assessments]
        pools += [bank.items for bank in self.exam_banks]
        pools += [course.generic_quiz for course in self.courses]
        pools += [lesson.items for course in self.courses for lesson in course.lessons]
        return tuple(item for pool in pools for item in pool)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        unique("item key", (item.key for item in self.items))
        unique("item stem", (item.stem for item in self.items))
        unique("e-mail", (m.email for organization in self.organizations for m in organization.members))
        unique("prompt", (f"{prompt.purpose}/{prompt.strategy}" for prompt in self.prompts))
        unique(
            "interview question",
            (q.text for i in self.interviews for p in i.tiers.values() for q in p.questions),
        )
        return self

    @model_validator(mode="after")
    def _backgrounds_served(self) -> Self:
        known = {background.key for background in self.backgrounds}
        members = (member for organization in self.organizations for member in organization.members)
        used = {member.background for member in members if member.background}
        if not used <= known:
            raise ValueError(f"unknown backgrounds: {sorted(used - known)}")
        wanted = {(b.key, kind) for b in self.backgrounds for kind in b.project_types}
        if {(p.background, p.project_type) for p in self.projects} != wanted:
            raise ValueError("every project type of every background has its profiles, and no other")
        if {interview.background for interview in self.interviews} != known:
            raise ValueError("every background has its interview profiles, and no other")
        covered = [set(p.tiers) for p in self.projects] + [set(i.tiers) for i in self.interviews]
        if any(tiers != set(TIERS) for tiers in covered):
            raise ValueError("every profile covers bronze, silver and gold")
        return self


def load(folder: Path = CONTENT) -> SeedContent:
    """The content below `folder`, checked. Raises `ValidationError` (content) or `OSError` (a file is missing)."""
    program = _read(folder / "program.yaml")
    content = SeedContent.model_validate(
        {
            "organizations": _read(folder / "institution.yaml")["organizations"],
            "program": program,
            "assessments": _folder(folder / "assessments"),
            "courses": _folder(folder / "courses"),
            "masterclasses": sorted(_folder(folder / "masterclasses"), key=lambda talk: int(talk["order"])),
            "exam_banks": _folder(folder / "exam_bank"),
            "backgrounds": _read(folder / "backgrounds.yaml")["backgrounds"],
            "projects": _folder(folder / "projects"),
            "interviews": _folder(folder / "interviews"),
            "prompts": _read(folder / "prompts.yaml")["prompts"],
        }
    )
    for stage in content.program.stages:
        for module in stage.modules:
            (folder / module.content).stat()
    return content


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _folder(path: Path) -> list[Any]:
    return [_read(file) for file in sorted(path.glob("*.yaml"))]
