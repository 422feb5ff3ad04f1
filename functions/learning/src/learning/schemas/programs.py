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
    stages: list[StageRead]
    tier_ranges: list[TierRange]
    promotion: PromotionSettings
