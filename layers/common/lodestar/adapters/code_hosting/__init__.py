"""Source repositories on GitHub: `parse_repository_url(text)`, then `code_host().resolve(ref)`, `.fetch`."""

from functools import cache

from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.code_hosting.port import (
    CodeHost,
    CodeHostingError,
    CodeHostingUnavailable,
    FetchLimits,
    NotARepositoryUrl,
    RateLimited,
    Repository,
    RepositoryEmpty,
    RepositoryNotFound,
    RepositoryRef,
    RepositoryTooLarge,
    SkippedFile,
    Snapshot,
    SourceFile,
)
from lodestar.adapters.code_hosting.urls import parse_repository_url
from lodestar.adapters.vendors import may_be_real, simulators_url
from lodestar.config import settings

__all__ = [
    "CodeHost",
    "CodeHostingError",
    "CodeHostingUnavailable",
    "FetchLimits",
    "NotARepositoryUrl",
    "RateLimited",
    "Repository",
    "RepositoryEmpty",
    "RepositoryNotFound",
    "RepositoryRef",
    "RepositoryTooLarge",
    "SkippedFile",
    "Snapshot",
    "SourceFile",
    "code_host",
    "parse_repository_url",
]


def code_host() -> CodeHost:
    """GitHub; its simulator where SIMULATOR_URL is set and GITHUB_TOKEN is not.

    GitHub serves public repositories without a key (60 requests an hour), so only USE_REAL_EXTERNAL_APIS=false
    without simulators leaves it unconfigured.
    """
    token = settings().github_token if may_be_real() else None
    simulators = simulators_url()
    if token is None and simulators is not None:
        return _code_host(f"{simulators}/github", None)
    if not may_be_real():
        raise CapabilityNotConfigured("code hosting", settings=("SIMULATOR_URL",))
    return _code_host("https://api.github.com", token)


@cache
def _code_host(base_url: str, token: str | None) -> CodeHost:
    from lodestar.adapters.code_hosting.github import GitHub

    return GitHub(base_url, token=token)
