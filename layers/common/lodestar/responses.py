"""How problems are documented in the OpenAPI, and how a database guard's refusal becomes one."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from lodestar.problems import (
    Conflict,
    InvalidContent,
    Problem,
)

PROBLEM_JSON = "application/problem+json"
GUARD_STATE = "LS"
"""SQLSTATEs of our own triggers begin with these letters: they refuse with ERRCODE `LS409` or the like."""

CONSTRAINT_STATES = {"23505", "23503", "23514", "23P01"}
AWAY_STATES = {"53300", "57P01", "57P02", "57P03"}
"""No connection is left, or the server ends or begins."""
UNSTORABLE_STATES = {"22001", "22003", "22008", "22021", "22P02", "22P05"}
"""Text with a NUL, a number or a time out of range: what was sent has the right shape, but PostgreSQL cannot hold it."""


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    code: str
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457. `code` is stable; `detail` is for a person; `correlation_id` is for whoever helps them."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    correlation_id: str
    errors: list[FieldError] | None = None


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an operation that may raise these problems, with an example of each by its code."""
    answers: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        answer = answers.setdefault(kind.status, {"model": ProblemDocument, "description": "", "content": {}})
        described = {line for line in (answer["description"], f"`{kind.code}`: {kind.title}") if line}
        answer["description"] = " · ".join(sorted(described))
        examples = answer["content"].setdefault(PROBLEM_JSON, {"examples": {}})["examples"]
        examples[kind.code] = {
            "summary": kind.title,
            "value": Problem.document(_example(kind), "0199f3c2-0000-7000-8000-000000000000"),
        }
    return answers


def answered_again() -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a creation that, asked for once more, answers 200 with what is there."""
    return {200: {"description": "It was there already, and is answered again"}}


def _example(kind: type[Problem]) -> Problem:
    example = kind.__new__(kind)
    Problem.__init__(example, kind.title)
    return example


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code of the error; empty when the connection failed."""
    return str(_fields(error).get("C", ""))


def _fields(error: DBAPIError) -> dict[str, str]:
    """What the server said, by the letters of its protocol (postgresql.org, protocol-error-fields)."""
    first = error.orig.args[0] if error.orig and error.orig.args else None
    return first if isinstance(first, dict) else {}


def is_away(error: DBAPIError) -> bool:
    """Whether the database did not answer, or would not take us, rather than refuse what it was told."""
    state = sqlstate(error)
    lost = isinstance(error, InterfaceError | OperationalError) and not state
    return lost or state in AWAY_STATES


def guard_problem(error: DBAPIError) -> Problem | None:
    """The problem of a constraint's or trigger's refusal; None when the error is of another kind."""
    fields, state = _fields(error), sqlstate(error)
    if state.startswith(GUARD_STATE):
        return Conflict(str(fields.get("M", "")), guard=fields.get("n") or state)
    if state in CONSTRAINT_STATES:
        return Conflict("Another change came first, or this one breaks a rule.", guard=fields.get("n"))
    if state in UNSTORABLE_STATES:
        return InvalidContent(
            "A text holds a NUL character, or a number or time is out of range.", guard=state
        )
    return None
