"""The port: reading a public source repository at a pinned commit."""

from dataclasses import dataclass
from typing import Protocol


class CodeHostingError(Exception):
    """A repository could not be read; the message is fit for the person who named it."""


class NotARepositoryUrl(CodeHostingError):
    """The text is not `https://github.com/<owner>/<name>`; the message says what is wrong with it."""


class RepositoryNotFound(CodeHostingError):
    """No such public repository, or no such commit in it; private and absent look the same."""


class RepositoryEmpty(CodeHostingError):
    """The repository has no commit yet."""


class RepositoryTooLarge(CodeHostingError):
    """The repository exceeds the limits given."""


class RateLimited(CodeHostingError):
    """The host asks us to wait `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CodeHostingUnavailable(CodeHostingError):
    """The host timed out, was unreachable or failed; the same call may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryRef:
    """What a person named. GitHub compares owner and name without regard to case."""

    owner: str
    name: str

    @property
    def url(self) -> str:
        return f"https://github.com/{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A public repository as it stands now; `head_sha` is the default branch's tip, 40 hex digits."""

    owner: str
    name: str
    default_branch: str
    head_sha: str
    size_kb: int
    private: bool
    archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """Caps on what is read. Over `total` caps the fetch fails; a file over its own cap is only skipped.

    `archive_bytes` caps what is transferred (compressed), `total_bytes` the text kept, `file_count` the
    files in the archive, whether kept or not.
    """

    archive_bytes: int = 20 * 1024 * 1024
    unpacked_bytes: int = 100 * 1024 * 1024
    total_bytes: int = 4 * 1024 * 1024
    file_bytes: int = 256 * 1024
    file_count: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A UTF-8 text file; `path` is relative, with forward slashes, and never leaves the repository."""

    path: str
    text: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file that was not kept. `reason` is one of `binary`, `too_large`, `link`, `unsafe_path`."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The repository's text at one commit, files by path."""

    sha: str
    files: tuple[SourceFile, ...]
    skipped: tuple[SkippedFile, ...]


class CodeHost(Protocol):
    """A host of public repositories. Raises CodeHostingError's kinds."""

    def resolve(self, ref: RepositoryRef) -> Repository:
        """What the host says of the repository now. Raises RepositoryNotFound, RepositoryEmpty."""
        ...

    def fetch(self, ref: RepositoryRef, *, sha: str, limits: FetchLimits | None = None) -> Snapshot:
        """The text at commit `sha`. Raises RepositoryNotFound, RepositoryTooLarge."""
        ...
