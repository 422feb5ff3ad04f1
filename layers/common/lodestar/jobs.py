"""Handlers of what no person asks for directly: steps of a state machine, and timed jobs."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, OperationalError

from lodestar.invocations import Invocation
from lodestar.log import begin_correlation, log
from lodestar.responses import is_away

Input = TypeVar("Input", bound=BaseModel)
Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


def _function() -> str:
    """The module that makes a handler of itself, which need not be the one whose function it runs."""
    return str(sys._getframe(2).f_globals["__name__"])  # noqa: SLF001 - documented, and in every CPython


def task(input_type: type[Input], run: Callable[[Input], Mapping[str, Any] | BaseModel]) -> Handler:
    """The Lambda handler of one state-machine step.

    `run` opens its own units of work (a step that calls a vendor must not hold one meanwhile) and may run twice.
    What it raises reaches the machine by its class name, for Retry and Catch: an absent database is an OperationalError.
    """
    name = _function()

    def handle(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        begin_correlation(event.get("correlation_id"))
        with Invocation("task", name, event="task", execution=event.get("execution")):
            try:
                answer = run(input_type.model_validate(event))
            except Exception as error:  # noqa: BLE001 - raised again
                log.exception("task_failed", task=name, execution=event.get("execution"))
                raise _named(error).with_traceback(
                    None
                ) from None  # Lambda logs what is left of it a second time
        return answer.model_dump(mode="json") if isinstance(answer, BaseModel) else dict(answer)

    return handle


def _named(error: Exception) -> Exception:
    """The error as machines know it: with pg8000, 'the database system is starting up' is a ProgrammingError."""
    if isinstance(error, DBAPIError) and is_away(error):
        return OperationalError(error.statement, None, error.orig or error, hide_parameters=True)
    return error


def schedule(run: Callable[[], Mapping[str, Any]]) -> Handler:
    """The Lambda handler of a timed job. `run` answers counts, which are logged."""
    name = _function()

    def handle(_event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        begin_correlation(None)
        with Invocation("schedule", name, event="schedule") as call:
            try:
                counts = dict(run())
            except Exception as error:  # noqa: BLE001 - raised again
                log.exception("schedule_failed", schedule=name)
                raise error.with_traceback(None) from None
            call.fields |= counts
        return counts

    return handle
