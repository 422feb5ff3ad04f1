"""Requests at the same time, each in a thread and on a database connection of its own; and what they changed."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

import boto3
import pytest
from sqlalchemy import TextClause, create_engine, text
from sqlalchemy.orm import Session

from lodestar import aws, db, idempotency, limits
from lodestar.config import settings
from lodestar.db import work_for
from lodestar.principal import NOBODY
from tests.gateway import Answer, Person, call, get
from tests.security.catalogue import Row, Rows, relations

T = TypeVar("T")
CONNECTIONS = 70
BESIDES = frozenset({"backbone.idempotency_keys", "backbone.rate_buckets"})
"""The keys themselves, and tokens that come back with time: `Vendors` counts what is spent."""
SPENT = "test.spent"
PATIENCE_SECONDS = 60
WRITES = ("SignUp", "AdminCreateUser", "AdminDeleteUser", "AdminSetUserPassword", "ConfirmSignUp")


@contextmanager
def many_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every thread have a connection, as each process of a Lambda has, and a slow machine be patient."""
    pool = create_engine(settings().need("database_url"), pool_size=CONNECTIONS)
    with monkeypatch.context() as patched:
        patched.setattr(db, "engine", lambda: pool)
        patched.setattr(idempotency, "PATIENCE_SECONDS", PATIENCE_SECONDS)
        yield
    pool.dispose()


def together(work: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of it at once: nobody begins before everybody is there."""
    start = Barrier(len(work))

    def run(one: Callable[[], T]) -> T:
        asyncio.set_event_loop(asyncio.new_event_loop())
        try:
            start.wait()
            return one()
        finally:
            asyncio.get_event_loop().close()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(run, work))


@dataclass(frozen=True)
class Request:
    """One call, ready to be repeated. `body` may be text, which is sent as it is."""

    method: str
    url: str
    person: Person | None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(self.method, self.url, as_=self.person, body=self.body, headers={**self.headers, **named})

    def twins(self, count: int, **headers: str) -> list[Answer]:
        """The answers to as many identical requests at the same time."""
        return together([lambda: self.send(**headers)] * count)


class Vendors:
    """What rows do not tell: changes of accounts by their kind, uploads begun in storage, and tokens spent.

    A bucket's tokens come back with time, so it is the spending that is counted, once it is committed.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._done: list[str] = []  # appended to by many threads
        self._note_changes_of_accounts(monkeypatch)
        self._note_spending(monkeypatch)

    def _note_changes_of_accounts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ask = aws.call

        def noted(service: str, target: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
            action = target.rpartition(".")[2]
            answer = ask(service, target, body, **options)
            if action in WRITES:
                self._done.append(action)
            return answer

        monkeypatch.setattr(aws, "call", noted)

    def _note_spending(self, monkeypatch: pytest.MonkeyPatch) -> None:
        spend, commit = limits.spend, Session.commit

        def noted(session: Session, name: str, caller: UUID, **bucket: int) -> None:
            spend(session, name, caller, **bucket)
            session.info.setdefault(SPENT, []).append(f"spent {name}")

        def committed(session: Session) -> None:
            commit(session)
            self._done.extend(session.info.pop(SPENT, []))

        monkeypatch.setattr(limits, "spend", noted)
        monkeypatch.setattr(Session, "commit", committed)

    def count(self) -> Counter[str]:
        uploads = boto3.client("s3").list_multipart_uploads(Bucket=settings().need("media_bucket"))
        return Counter(self._done) + Counter(multipart=len(uploads.get("Uploads", [])))


@cache
def _everything() -> TextClause:
    """One query for the rows of all tables."""
    with work_for(NOBODY) as session:
        tables = [r.name for r in relations(session) if r.readable and not r.is_view]
    return text(
        " UNION ALL ".join(
            f"SELECT '{table}' AS name, to_jsonb(r) AS row FROM {table} AS r"
            for table in tables
            if table not in BESIDES
        )
    )


@dataclass(frozen=True)
class State:
    """Everything that a request may change: rows of an organization and of nobody's, what vendors keep, and the
    organizations that the caller belongs to."""

    rows: Rows
    others: Counter[str]

    @classmethod
    def now(cls, org_id: UUID, person: Person | None, vendors: Vendors) -> "State":
        rows: Rows = defaultdict(list)
        for tenant in (org_id, NOBODY):
            with work_for(tenant) as session:
                for name, row in session.execute(_everything()):
                    rows[name].append(row)
        others = vendors.count()
        if person:
            others["organizations"] = len(
                (get("/v1/identity/me", as_=person).json or {}).get("organizations", ())
            )
        return cls(rows, others)

    def since(self, before: "State") -> Counter[str]:
        """The change, without what differs between two runs: how many rows came, went and changed, and by how much
        their whole numbers did."""
        change = self.others - before.others
        for table in self.rows.keys() | before.rows.keys():
            change += _change(table, before.rows.get(table, []), self.rows.get(table, []))
        return change


def _change(table: str, before: list[Row], after: list[Row]) -> Counter[str]:
    old, new = ({_identity(row): row for row in rows} for rows in (before, after))
    found: Counter[str] = Counter()
    found[f"{table} new"] = len(new.keys() - old.keys())
    found[f"{table} gone"] = len(old.keys() - new.keys())
    for key in old.keys() & new.keys():
        if old[key] == new[key]:
            continue
        numbers = {
            n: v for n, v in new[key].items() if isinstance(v, int | float) and not isinstance(v, bool)
        }
        steps = {name: round(value - (old[key][name] or 0)) for name, value in numbers.items()}
        found.update({f"{table}.{name}": abs(step) for name, step in steps.items() if step})
        found[f"{table} changed"] += not steps or any(steps.values())
    return +found


def _identity(row: Row) -> str:
    names = (
        "id",
        "version_id",
        "bucket",
        "event_id",
        "reaction",
        "user_id",
        "learner_id",
        "asset_id",
        "key",
        "purpose",
        "role",
    )
    sums = () if "id" in row else ("metric", "day", "program_id", "cohort", "tier")
    return "|".join(str(row[name]) for name in (*names, *sums) if name in row)
