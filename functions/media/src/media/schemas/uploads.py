"""Uploads, as the API takes and answers them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from lodestar.api import ReadModel, WriteModel
from media.rules import filenames
from media.rules.purposes import PURPOSES

PURPOSE = Field(
    description="What the file is for: " + ", ".join(f"`{name}`" for name in PURPOSES),
    examples=["interview_video"],
    max_length=40,
)


def _plain(name: str) -> str:
    if not filenames.is_plain(name):
        raise ValueError("must be a file's plain name, without a path or invisible characters")
    return name


Filename = Annotated[str, Field(min_length=1, max_length=filenames.LONGEST), AfterValidator(_plain)]


class Subject(WriteModel):
    """What the file belongs to, in another domain's terms."""

    type: str = Field(min_length=1, max_length=40, examples=["attempt"])
    id: UUID


class UploadCreate(WriteModel):
    """The file to come. A recorder's type may carry codecs: `video/webm;codecs=vp9,opus`."""

    purpose: str = PURPOSE
    size_bytes: int = Field(gt=0, le=5 * 1024**4, examples=[4_200_000])
    content_type: str = Field(min_length=3, max_length=100, examples=["video/webm"])
    filename: Filename = Field(examples=["answers.webm"])
    title: str | None = Field(default=None, min_length=1, max_length=200)
    language: str | None = Field(default=None, pattern="^[a-z]{2}(-[A-Z]{2})?$", examples=["en"])
    subject: Subject | None = None


class UploadTarget(ReadModel):
    """Where to send a file that goes up in one piece: a multipart/form-data POST of `fields`, then `file`."""

    url: str
    fields: dict[str, str]


class ArrivedPart(ReadModel):
    """A part that storage has; name it so when the upload is completed."""

    number: int
    etag: str
    size_bytes: int


class UploadRead(ReadModel):
    """An upload and its asset. `target` stands while the file may be sent in one piece."""

    id: UUID
    asset_id: UUID
    purpose: str
    state: Literal["pending", "received", "expired"]
    method: Literal["post", "multipart"]
    content_type: str = Field(description="Send the file under exactly this type")
    max_bytes: int
    part_bytes: int | None
    part_count: int | None
    expires_at: datetime
    received_at: datetime | None
    asset_state: Literal["uploading", "processing", "ready", "rejected"]
    problem_code: str | None
    problem_detail: str | None
    target: UploadTarget | None = None


class UploadProgress(UploadRead):
    """With what of it has arrived: whoever comes back sends the other parts, and completes without naming any."""

    declared_bytes: int
    arrived_bytes: int = Field(description="What storage has of it", examples=[33_554_432])
    arrived_parts: list[ArrivedPart]
    missing_numbers: list[int] = Field(description="The parts that are still to be sent", examples=[[3, 4]])


class PartsRequest(WriteModel):
    """Which parts are to be sent now, from 1."""

    numbers: list[int] = Field(min_length=1, max_length=100, examples=[[1, 2, 3]])


class PartTarget(ReadModel):
    """PUT the part's bytes to `url` and keep the answer's ETag."""

    number: int
    url: str


class PartsRead(ReadModel):
    """Where to send parts; the URLs live for an hour."""

    part_bytes: int
    parts: list[PartTarget]


class CompletedPart(WriteModel):
    """A part as storage received it."""

    number: int = Field(ge=1, le=10_000)
    etag: str = Field(min_length=1, max_length=200)


class CompletionCreate(WriteModel):
    """The parts of a file that went up in parts; without them, those that storage has, which must be all. Nothing for
    a file that went up whole."""

    parts: list[CompletedPart] = Field(default_factory=list, max_length=10_000)
