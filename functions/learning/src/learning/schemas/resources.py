"""Resources on the wire."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from learning.schemas.common import (
    Position,
    Text,
    Title,
)
from lodestar.api import (
    PatchModel,
    ReadModel,
    RowRead,
    WriteModel,
)
from lodestar.outbound import LONGEST_URL, address


def _public(url: str) -> str:
    """Learners are sent there: only to a public host."""
    return address(url).url


Link = Annotated[
    str, Field(pattern=r"^[Hh][Tt][Tt][Pp][Ss]://\S+$", max_length=LONGEST_URL), AfterValidator(_public)
]


class ResourceCreate(WriteModel):
    """A link (`url`) or a file (`asset_id`, an upload for the purpose `resource`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lesson_id": "0199f3c2-0000-7000-8000-000000000001",
                    "title": "Checklist",
                    "url": "https://example.org/checklist",
                },
                {
                    "lesson_id": "0199f3c2-0000-7000-8000-000000000001",
                    "title": "Worksheet",
                    "asset_id": "0199f3c2-0000-7000-8000-000000000002",
                },
            ]
        }
    )

    lesson_id: UUID
    title: Title = Field(examples=["Checklist"])
    description: Text = ""
    url: Link | None = None
    asset_id: UUID | None = None
    position: Position = 1

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.url is None) == (self.asset_id is None):
            raise ValueError("give either a url or an asset_id")
        return self


class ResourcePatch(PatchModel):
    """Changes to a resource. `url` replaces a link, `asset_id` a file."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Checklist"}]})

    title: Title | None = None
    description: Text | None = None
    position: Position | None = None
    url: Link | None = None
    asset_id: UUID | None = None


class ResourceRead(RowRead):
    """A resource; its link or file comes from a download."""

    program_id: UUID
    lesson_id: UUID
    title: str
    description: str
    position: int
    kind: str = Field(examples=["link"])


class DownloadRead(ReadModel):
    """Where to fetch it: a link's `url`, or the `asset_id` whose short-lived address media mints."""

    resource_id: UUID
    kind: str = Field(examples=["file"])
    url: str | None
    asset_id: UUID | None
