"""pg8000 with one round trip a statement, where it takes three, and one for BEGIN besides (docs/adr/0011).

What a statement needs is sent at once - BEGIN where it is the transaction's first, Parse, Bind, Describe, Execute, Sync
- as PostgreSQL's protocol allows (postgresql.org, protocol-flow, pipelining) and the JDBC driver does. No statement gets
a name, so nothing pins a session in RDS Proxy.
"""

import socket
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from struct import Struct
from typing import Any

from pg8000 import IntegrityError, ProgrammingError, converters, core, legacy
from pg8000.exceptions import DatabaseError, InterfaceError

REMEMBERED = 500
LONGEST_REMEMBERED = 10_000
"""How many statements' texts, of at most so many characters, a process keeps with their parameters numbered."""
TIMESTAMPTZ = 1184
ANSWER_SECONDS = 25.0
"""How long a statement may be silent: longer than the role's statement_timeout (20 s), which ends it by name, and
shorter than a request lives. The first statement of a transaction, which finds out whether a warm connection is still
one, is given the time that a connect is given."""
INTEGRITY_STATE = "23505"
AUTHORIZATION_STATE = "28000"
_COUNT, _LENGTH, _HEAD = Struct("!H"), Struct("!i"), Struct("!ci")
_NULL = _LENGTH.pack(-1)


def _message(code: bytes, content: bytes | bytearray) -> bytes:
    return code + _LENGTH.pack(len(content) + 4) + content


BIND_EXECUTE = _message(b"B", bytes(8)) + _message(b"E", bytes(5))
BEGIN = _message(b"P", b"\0begin\0\0\0") + BIND_EXECUTE
COMMIT = _message(b"P", b"\0commit\0\0\0") + BIND_EXECUTE
DESCRIBE_EXECUTE = _message(b"D", b"P\0") + _message(b"E", bytes(5))
SYNC = _message(b"S", b"")


def _number(operation: str) -> str:
    """The statement with `$1`, `$2` ... for its `%s`: pg8000 looks for them character by character, each time."""
    numbered: str = legacy.convert_paramstyle("format", operation, ())[0]
    return numbered


_number_once = lru_cache(maxsize=REMEMBERED)(_number)


def moment(data: str) -> Any:
    """A timestamptz. What Python's calendar has not, infinity among it, comes as pg8000 hands it over."""
    try:
        return datetime.fromisoformat(data)
    except ValueError:
        return converters.timestamptz_in(data)


class Cursor(legacy.Cursor):  # type: ignore[misc]
    """Sends a statement that has parameters at once; one without is a simple query, which is one message anyway."""

    _input_oids: Sequence[int]

    def execute(self, operation: str, args: Sequence[Any] = (), stream: Any = None) -> "Cursor":
        """As the DB-API says. Raises the same errors as pg8000's cursor."""
        if not args or stream is not None or self._c is None:
            super().execute(operation, args, stream)
            return self
        try:
            number = _number if len(operation) > LONGEST_REMEMBERED else _number_once
            self._context = self._c.send(number(operation), args, self._input_oids)
        except DatabaseError as error:
            raise _kind_of(error)(error.args[0]) from None
        self._row_iter = iter(self._context.rows or ())
        self._input_oids = ()
        return self


def _kind_of(error: DatabaseError) -> type[Exception]:
    """What pg8000's cursor makes of the server's answer."""
    state = error.args[0]["C"] if isinstance(error.args[0], dict) else ""
    kinds = {AUTHORIZATION_STATE: InterfaceError, INTEGRITY_STATE: IntegrityError}
    kind: type[Exception] = kinds.get(state, ProgrammingError)
    return kind


class Connection(legacy.Connection):  # type: ignore[misc]
    """A connection whose statements, commits and rollbacks take one round trip each."""

    def __init__(self, *args: Any, timeout: float | None = None, **options: Any) -> None:
        """`timeout` is for the connect, and for the first statement of each transaction, in seconds."""
        super().__init__(*args, timeout=timeout, **options)
        self._ahead = b""
        self.answered_ahead: Sequence[Any] = ()
        self._first_seconds = timeout
        self.register_in_adapter(TIMESTAMPTZ, moment)
        if self._usock.family != socket.AF_UNIX:
            self._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def cursor(self) -> Cursor:
        """As the DB-API says."""
        return Cursor(self)

    def commit(self) -> None:
        """As the DB-API says."""
        self.execute_simple("commit")

    def rollback(self) -> None:
        """As the DB-API says."""
        if self._in_transaction:
            self.execute_simple("rollback")

    def send_ahead(self, statement: str, values: Sequence[Any]) -> None:
        """With the statement that begins the next transaction, and ahead of it, goes this one (`$1`, `$2` ...) in a
        transaction of its own, whatever becomes of the next. It answers one row: `answered_ahead`. Within a
        transaction it is sent at once, as a part of that."""
        if self._in_transaction:
            self.answered_ahead = self.send(statement, values, ()).rows[0]
            return
        batch = BEGIN + _message(b"P", self._parse(statement, ())) + _message(b"B", self._bind(values))
        self._ahead = batch + DESCRIBE_EXECUTE + COMMIT

    def send(self, statement: str, values: Sequence[Any], oids: Sequence[int]) -> Any:
        """Run one statement, in a transaction that is begun with it if none is open. Returns pg8000's context.

        A value that cannot be sent is refused before anything is, so the connection stays good.
        """
        begins = not self._in_transaction and not self.autocommit
        ahead, self._ahead = (self._ahead if begins else b""), b""
        batch = bytearray(ahead + BEGIN if begins else b"")
        batch += _message(b"P", self._parse(statement, oids))
        batch += _message(b"B", self._bind(values))
        batch += DESCRIBE_EXECUTE + SYNC
        if self._sock is None:
            raise InterfaceError("connection is closed")
        self._usock.settimeout(self._first_seconds if begins else ANSWER_SECONDS)
        context = core.Context(statement)
        try:
            self._sock.write(batch)
            self._sock.flush()
        except OSError as error:
            raise InterfaceError("network error") from error
        self.handle_messages(context)
        if ahead:
            self.answered_ahead = context.rows.pop(0)
        return context

    def _parse(self, statement: str, oids: Sequence[int]) -> bytes:
        types = b"".join(_LENGTH.pack(max(oid, 0)) for oid in oids)
        return b"\0" + statement.encode(self._client_encoding) + b"\0" + _COUNT.pack(len(oids)) + types

    def _bind(self, values: Sequence[Any]) -> bytearray:
        """Of the unnamed statement to the unnamed portal, all values and all results as text."""
        bound = bytearray(b"\0\0\0\0") + _COUNT.pack(len(values))
        for value in converters.make_params(self.py_types, values):
            if value is None:
                bound += _NULL
            else:
                text = value.encode(self._client_encoding)
                bound += _LENGTH.pack(len(text)) + text
        return bound + b"\0\0"

    def handle_messages(self, context: Any) -> None:
        """Read what the server answers, to its end. Raises the server's error, `InterfaceError` when it went away."""
        code = None
        while code != core.READY_FOR_QUERY:
            code, length = _HEAD.unpack(self._read(_HEAD.size))
            self.message_types[code](self._read(length - 4), context)
        if context.error is not None:
            raise context.error

    def _read(self, size: int) -> bytes:
        try:
            data: bytes = self._sock.read(size)
        except OSError as error:
            raise InterfaceError("network error") from error
        if len(data) < size:
            raise InterfaceError("network error")
        return data
