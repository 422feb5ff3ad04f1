"""Bare git repositories on disk, as dulwich writes them; any git can read them."""

import gzip
import io
import json
import shutil
import stat
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dulwich.index import commit_tree
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo

AUTHOR = b"Sample Author <author@example.com>"
FILE_MODE = 0o100644


@dataclass(frozen=True, slots=True)
class About:
    """What GitHub knows of a repository besides its commits."""

    owner: str
    name: str
    private: bool = False
    archived: bool = False
    default_branch: str = "main"
    size_kb: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A path of a tree."""

    path: str
    mode: int
    sha: str
    size: int


class Repositories:
    """All repositories; owner and name are found without regard to case, as on GitHub."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def find(self, owner: str, name: str) -> About | None:
        """What is known of a repository; None without one."""
        path = self._path(owner, name) / "about.json"
        return About(**json.loads(path.read_text())) if path.exists() else None

    def put(
        self, about: About, *, files: Mapping[str, bytes], links: Mapping[str, str], message: str
    ) -> str | None:
        """Create the repository or add a commit whose tree is exactly `files` and `links`.

        Without any file the repository has no commit. Answers the newest commit's SHA.
        """
        directory = self._path(about.owner, about.name)
        if not directory.exists():
            directory.mkdir(parents=True)
            Repo.init_bare(str(directory), default_branch=about.default_branch.encode()).close()
        size_kb = -(-sum(map(len, files.values())) // 1024)
        (directory / "about.json").write_text(json.dumps(asdict(about) | {"size_kb": size_kb}))
        if files or links:
            self._commit(about, files=files, links=links, message=message)
        return self.resolve(about, about.default_branch)

    def delete(self, owner: str, name: str) -> None:
        shutil.rmtree(self._path(owner, name), ignore_errors=True)

    def resolve(self, about: About, ref: str) -> str | None:
        """The full SHA that a branch or commit id names; None when there is no such commit."""
        with self._repo(about) as repo:
            branch = Ref(b"refs/heads/" + ref.encode())
            if branch in repo.refs:
                return repo.refs[branch].decode()
            known = len(ref) == 40 and ObjectID(ref.encode()) in repo.object_store  # noqa: PLR2004 - a SHA-1
            return ref if known and isinstance(repo[ObjectID(ref.encode())], Commit) else None

    def history(self, about: About, sha: str, *, limit: int) -> list[Commit]:
        """Commits from `sha` back, newest first."""
        with self._repo(about) as repo:
            walker = repo.get_walker(include=[ObjectID(sha.encode())], max_entries=limit)
            return [entry.commit for entry in walker]

    def tree(self, about: About, sha: str) -> list[Entry]:
        """Every file and link of a commit."""
        with self._repo(about) as repo:
            commit = repo[ObjectID(sha.encode())]
            assert isinstance(commit, Commit)  # noqa: S101 - callers resolve first
            return [
                Entry(
                    entry.path.decode(), entry.mode, entry.sha.decode(), len(repo[entry.sha].as_raw_string())
                )
                for entry in repo.object_store.iter_tree_contents(commit.tree)
            ]

    def blob(self, about: About, sha: str) -> bytes | None:
        """A file's bytes; None without such a blob."""
        with self._repo(about) as repo:
            known = ObjectID(sha.encode()) in repo.object_store
            found = repo[ObjectID(sha.encode())] if known else None
            return found.as_raw_string() if isinstance(found, Blob) else None

    def archive(self, about: About, sha: str) -> Iterator[bytes]:
        """The commit as codeload sends it: a gzipped tar with one folder on top."""
        top = f"{about.owner}-{about.name}-{sha[:7]}"
        buffer = io.BytesIO()
        with (
            self._repo(about) as repo,
            gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|") as archive,
        ):
            commit = repo[ObjectID(sha.encode())]
            assert isinstance(commit, Commit)  # noqa: S101 - callers resolve first
            for entry in repo.object_store.iter_tree_contents(commit.tree):
                data = repo[entry.sha].as_raw_string()
                member = tarfile.TarInfo(f"{top}/{entry.path.decode()}")
                member.mtime = commit.commit_time
                if stat.S_ISLNK(entry.mode):
                    member.type, member.linkname = tarfile.SYMTYPE, data.decode()
                    archive.addfile(member)
                else:
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
                if buffer.tell():
                    yield _drained(buffer)
        yield _drained(buffer)

    def _commit(
        self, about: About, *, files: Mapping[str, bytes], links: Mapping[str, str], message: str
    ) -> None:
        with self._repo(about) as repo:
            blobs = [(path, FILE_MODE, data) for path, data in files.items()]
            blobs += [(path, stat.S_IFLNK, target.encode()) for path, target in links.items()]
            entries = []
            for path, mode, data in blobs:
                blob = Blob.from_string(data)
                repo.object_store.add_object(blob)
                entries.append((path.encode(), blob.id, mode))
            branch = Ref(b"refs/heads/" + about.default_branch.encode())
            commit = Commit()
            commit.tree = commit_tree(repo.object_store, entries)
            commit.parents = [repo.refs[branch]] if branch in repo.refs else []
            commit.author = commit.committer = AUTHOR
            commit.author_time = commit.commit_time = int(time.time())
            commit.author_timezone = commit.commit_timezone = 0
            commit.encoding = b"UTF-8"
            commit.message = message.encode()
            repo.object_store.add_object(commit)
            repo.refs[branch] = commit.id

    def _repo(self, about: About) -> Repo:
        return Repo(str(self._path(about.owner, about.name)))

    def _path(self, owner: str, name: str) -> Path:
        return self._directory / owner.lower() / f"{name.lower()}.git"


def _drained(buffer: io.BytesIO) -> bytes:
    data = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return data
