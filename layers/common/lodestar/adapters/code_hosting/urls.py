"""What a person may hand in as a repository: `https://github.com/<owner>/<name>`, nothing cleverer."""

import re

from lodestar.adapters.code_hosting.port import NotARepositoryUrl, RepositoryRef

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")

LONGEST_URL = 300


def parse_repository_url(url: str) -> RepositoryRef:
    """Owner and name of `https://github.com/owner/name`, with or without `.git` or a final slash.

    Raises NotARepositoryUrl with a reason that the person who typed it can act on.
    """
    text = url.strip()
    if len(text) > LONGEST_URL or not text.isascii() or any(c.isspace() or c in "%\\?#@" for c in text):
        raise NotARepositoryUrl(
            "Give the repository's plain address, as https://github.com/owner/name, without anything after it."
        )
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() != "https":
        raise NotARepositoryUrl("The address must begin with https://github.com/.")
    host, _, path = rest.partition("/")
    if host.lower() not in ("github.com", "www.github.com"):
        raise NotARepositoryUrl("Only repositories on github.com are accepted.")
    segments = path.removesuffix("/").split("/")
    owner, name, *page = [*segments, ""] if len(segments) == 1 else segments
    name = name.removesuffix(".git")
    if not owner or not name:
        raise NotARepositoryUrl("The address names no repository; it needs an owner and a name.")
    if page:
        raise NotARepositoryUrl(
            f"Give the repository itself, https://github.com/{owner}/{name}, not a page in it."
        )
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name) or name in (".", ".."):
        raise NotARepositoryUrl("GitHub has no owner or repository of such a name.")
    return RepositoryRef(owner=owner, name=name)
