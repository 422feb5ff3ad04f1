"""What a call of a function was and what it cost: one line at its end, which is its log entry and its metrics."""

import time
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy import event as sql_event

from lodestar.metrics import Metrics, tell

Kind = Literal["read", "write", "reaction", "task", "schedule", "authorizer"]
"""The class of an operation: requests that read or write, and what no person asks for directly."""

LATENCY = Metrics((("domain", "kind"),), (("duration_ms", "Milliseconds"),))
"""Its sample count is the number of calls."""
COST = Metrics((("domain",),), (("sql_ms", "Milliseconds"), ("statements", "Count")))
COLD_STARTS = Metrics((("domain",),), (("cold_start", "Count"),))
SERVER_ERRORS = Metrics((("domain",),), (("server_errors", "Count"),))
RATE_LIMITED = Metrics((("domain",), ()), (("rate_limited", "Count"),))
FAILURES = Metrics((("domain",),), (("failures", "Count"),))
AUTHORIZER_ERRORS = Metrics(((),), (("authorizer_errors", "Count"),))
NORMAL = (LATENCY, COST)
WRITING = ("INSERT", "UPDATE", "DELETE")
KEYS = "backbone.idempotency_keys"
UNCOUNTED = frozenset({"done", 200, 201, 202, 204})


class Invocation:
    """One request, message, step or timed job, as a context: its line is written at the end, however it ends.

    `status` is HTTP's, or `done` or `failed`; `fields` go into its line, `headers` into a request's answer.
    """

    __slots__ = (
        "_before", "_event", "_function", "_kind", "_started", "fields", "headers", "org_id", "sql_began",
        "sql_seconds", "statements", "status", "wrote",
    )  # fmt: skip

    def __init__(self, kind: Kind, function: str, *, event: str, **fields: Any) -> None:
        self._kind, self._function, self._event = kind, function, event
        self.fields = fields
        self.headers: dict[str, str] = {}
        self.status: int | str = "done"
        self.org_id = ""
        self.statements = 0
        self.wrote = False
        self.sql_seconds = self.sql_began = 0.0

    def __enter__(self) -> "Invocation":
        self._before = _current.set(self)
        self._started = time.perf_counter()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is not None and self.status == "done":
            self.status = "failed"
        _current.reset(self._before)
        self._write()

    def _write(self) -> None:
        metrics: tuple[Metrics, ...] = NORMAL
        fields: dict[str, Any] = {
            "kind": self._kind,
            "function": self._function,
            "org_id": self.org_id,
            "status": self.status,
            "duration_ms": round((time.perf_counter() - self._started) * 1000, 3),
            "sql_ms": round(self.sql_seconds * 1000, 3),
            "statements": self.statements,
            **self.fields,
        }
        if _Process.is_cold:
            _Process.is_cold = False
            fields["cold_start"] = 1
            metrics = (*metrics, COLD_STARTS)
        if self.status not in UNCOUNTED and (counted := self._counted()) is not None:
            [(name, _)] = counted.units
            fields[name] = 1
            metrics = (*metrics, counted)
        tell(self._event, metrics, **fields)

    def _counted(self) -> Metrics | None:
        """What kind of an end is counted by itself; only those that happen are sent, and paid for."""
        if self.status == "failed":
            return AUTHORIZER_ERRORS if self._kind == "authorizer" else FAILURES
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            return RATE_LIMITED
        return SERVER_ERRORS if int(self.status) >= HTTPStatus.INTERNAL_SERVER_ERROR else None


class _Process:
    is_cold = True


_current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)


def serve(org_id: UUID) -> None:
    """The call works for this organization."""
    call = _current.get()
    if call:
        call.org_id = str(org_id)


def by_key(api_key_id: str) -> None:
    """The call is made with this API key, which its line names, whatever becomes of it."""
    call = _current.get()
    if call:
        call.fields["api_key_id"] = api_key_id


def to_meter() -> str | None:
    """The operation of the request, while nobody has said what is left of its key's limit."""
    call = _current.get()
    if call is None or call.headers or "route" not in call.fields:
        return None
    return f"{call.fields['method']} {call.fields['route']}"


def metered(headers: dict[str, str]) -> None:
    """The request took its token, by a statement that no cursor counted; its answer says so."""
    call = _current.get()
    if call:
        call.headers = headers
        call.statements += 1


def has_written() -> bool:
    """Whether the call has changed rows, as far as its statements say so: a function may write that is selected."""
    call = _current.get()
    return call is not None and call.wrote


def count_statements(engine: Engine) -> None:
    """Count the engine's statements, and the time they and the commits take, for the call that makes them."""
    sql_event.listen(engine, "before_cursor_execute", _begin_statement)
    sql_event.listen(engine, "after_cursor_execute", _end_statement)
    sql_event.listen(engine, "commit", _begin_commit)


def _begin_statement(*_: Any) -> None:
    call = _current.get()
    if call:
        call.sql_began = time.perf_counter()


def _end_statement(
    _connection: object, cursor: Any, statement: str, _parameters: object, context: Any, _many: object
) -> None:
    call = _current.get()
    if call:
        call.statements += 1
        call.sql_seconds += time.perf_counter() - call.sql_began
        call.wrote = call.wrote or _writes(cursor, statement, context)


def _writes(cursor: Any, statement: str, context: Any) -> bool:
    """Whether rows were written, but for those that only hold a request's key."""
    is_writing = context.isinsert or context.isupdate or context.isdelete
    if not is_writing and not statement.lstrip().startswith(WRITING):
        return False
    return bool(cursor.rowcount > 0) and KEYS not in statement


def _begin_commit(_connection: object) -> None:
    _begin_statement()


def committed() -> None:
    """A transaction was committed just now; SQLAlchemy tells of the beginning of a commit only."""
    call = _current.get()
    if call:
        call.sql_seconds += time.perf_counter() - call.sql_began
