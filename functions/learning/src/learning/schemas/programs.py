"""Programs, versions and stages on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from learning.schemas.common import (
    Key,
    Percent,
    Text,
    Title,
)
from lodestar.api import (
    PatchModel,
    ReadModel,
    RowRead,
    WriteModel,
)
from lodestar.contracts.learning import ModuleKind, Tier

ProgramType = Literal["job_readiness", "study"]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


class ProgramCreate(WriteModel):
    """A new program, with a draft of the usual stages."""

    key: Key
    type: ProgramType = "job_readiness"
    title: Title = Field(examples=["Job Readiness"])
    description: Text = ""


class ProgramPatch(PatchModel):
    """Changes to a program."""

    title: Title | None = None
    description: Text | None = None


class ProgramRead(RowRead):
    """A program. Learners are enrolled on `published_version_id`; staff edit the draft."""

    key: str
    type: ProgramType
    title: str
    description: str
    draft_version_id: UUID | None = None
    published_version_id: UUID | None = None
    published_number: int | None = None


class VersionRead(ReadModel):
    """A published version."""

    id: UUID
    program_id: UUID
    number: int
    published_at: datetime | None


class StageWrite(WriteModel):
    """What earns one star. `required_count` is null for courses: every required lesson of each."""

    star: int = Field(ge=1, le=5)
    kind: ModuleKind
    required_count: int | None = Field(default=None, ge=1, le=50)
    title: Title
    description: Text = ""
    earned_text: Text = ""


class TierRange(WriteModel):
    """A tier reaches from its lower bound (percent, inclusive) up to the next tier's."""

    tier: Tier
    lower_bound: Percent
    colour: Colour | None = None
    text: Text | None = None


class PromotionSettings(WriteModel):
    """After which stars a promotion exam is offered (X-02)."""

    enabled: bool = True
    after_stars: list[Annotated[int, Field(ge=1, le=4)]] = Field(default=[2, 3, 4], max_length=4)


class StagesWrite(WriteModel):
    """The draft's criteria, tier ranges and promotion; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"promotion": {"enabled": True, "after_stars": [2, 3, 4]}}]}
    )

    stages: list[StageWrite] | None = Field(default=None, min_length=1, max_length=5)
    tier_ranges: list[TierRange] | None = Field(default=None, min_length=3, max_length=3)
    promotion: PromotionSettings | None = None


class TierText(ReadModel):
    """A tier as a learner reads of it."""

    tier: Tier
    label: str = Field(examples=["Silver"])
    colour: str = Field(examples=["#8A939B"])
    text: str
    range_text: str = Field(examples=["from 60 to below 80 percent"])


class PreviewLesson(ReadModel):
    """A lesson of a course."""

    lesson_id: UUID
    title: str
    required: bool


class PreviewModule(ReadModel):
    """A module as the stage shows it."""

    module_id: UUID
    kind: ModuleKind
    title: str
    description: str
    lessons: list[PreviewLesson]


class PreviewStage(ReadModel):
    """A star as a learner reads of it: `criteria` says what earns it, `unlocked_by` what opens it."""

    star: int
    kind: ModuleKind
    title: str
    description: str
    criteria: str = Field(examples=["Watch 5 masterclasses to the end."])
    unlocked_by: str | None = Field(examples=["Earn star 2 first: Learn what work asks for."])
    earned_text: str
    modules: list[PreviewModule]


class ProgramPreview(ReadModel):
    """The draft as learners would have it. `missing` keeps it from being published, `warnings` do not."""

    program_id: UUID
    version_id: UUID
    number: int
    title: str
    description: str
    stages: list[PreviewStage]
    tiers: list[TierText]
    promotion_text: str = Field(examples=["A promotion exam is offered after the stars 2, 3 and 4."])
    masterclasses: int = Field(description="Active talks whose video is ready", examples=[6])
    missing: list[str] = Field(examples=[["Star 2 has no module of kind course."]])
    warnings: list[str] = Field(examples=[["Star 3 asks for 5 masterclasses; 3 can be watched."]])
    learners_unchanged: int = Field(
        description="Learners of the organization on a published version, who stay on it", examples=[120]
    )
    holds_for: str


class StageRead(ReadModel):
    """What earns one star."""

    star: int
    kind: ModuleKind
    required_count: int | None
    title: str
    description: str
    earned_text: str


class StagesRead(ReadModel):
    """A version's stages. `version` is the ETag."""

    program_id: UUID
    version_id: UUID
    number: int
    published_at: datetime | None
    version: int
    holds_for: str = Field(
        description="Whom a change reaches",
        examples=[
            "This draft reaches nobody before it is published; who is enrolled stays on their version."
        ],
    )
    stages: list[StageRead]
    tier_ranges: list[TierRange]
    promotion: PromotionSettings
