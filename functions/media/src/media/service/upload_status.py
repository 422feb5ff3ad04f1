"""An upload as its owner sees it: with its asset, where to send the file, and what of it has arrived."""

from dataclasses import dataclass
from typing import Any

from lodestar.adapters.storage import Part, PresignedPost
from media.models.assets import MediaAsset, Upload


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """An upload with its asset, and where to send the file while it is open."""

    upload: Upload
    asset: MediaAsset
    target: PresignedPost | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.upload, name)

    @property
    def purpose(self) -> str:
        return self.asset.purpose

    @property
    def max_bytes(self) -> int:
        return self.upload.largest_bytes

    @property
    def asset_state(self) -> str:
        return self.asset.state

    @property
    def problem_code(self) -> str | None:
        return self.asset.problem_code

    @property
    def problem_detail(self) -> str | None:
        return self.asset.problem_detail


@dataclass(frozen=True, slots=True)
class Arrival:
    """An upload with what storage has of it."""

    status: UploadStatus
    parts: tuple[tuple[Part, int], ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.status, name)

    @property
    def arrived_bytes(self) -> int:
        if self.status.upload.size_bytes is not None:
            return self.status.upload.size_bytes
        return sum(size for _, size in self.parts)

    @property
    def arrived_parts(self) -> list[dict[str, Any]]:
        return [{"number": part.number, "etag": part.etag, "size_bytes": size} for part, size in self.parts]

    @property
    def missing_numbers(self) -> list[int]:
        upload = self.status.upload
        return missing(upload, [part for part, _ in self.parts]) if upload.state == "pending" else []


def missing(upload: Upload, arrived: list[Part]) -> list[int]:
    """The numbers of the parts that have not arrived, in order."""
    return sorted(set(range(1, (upload.part_count or 0) + 1)) - {part.number for part in arrived})
