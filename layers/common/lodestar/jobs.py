"""Handlers of what no person asks for directly: steps of a state machine, and timed jobs."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from lodestar.ids import new_id
from lodestar.log import begin_correlation, log

Input = TypeVar("Input", bound=BaseModel)
Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


def task(input_type: type[Input], run: Callable[[Input], Mapping[str, Any] | BaseModel]) -> Handler:
    """The Lambda handler of one state-machine step.

    `run` opens its own units of work (a step that calls a vendor must not hold one meanwhile) and may run twice.
    What it raises reaches the machine by its class name, for Retry and Catch.
    """
    name = run.__module__

    def handle(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        begin_correlation(event.get("correlation_id"))
        try:
            answer = run(input_type.model_validate(event))
        except Exception:
            log.exception("task_failed", task=name)
            raise
        log.info("task_done", task=name)
        return answer.model_dump(mode="json") if isinstance(answer, BaseModel) else dict(answer)

    return handle


def schedule(run: Callable[[], Mapping[str, Any]]) -> Handler:
    """The Lambda handler of a timed job. `run` answers counts, which are logged."""
    name = run.__module__

    def handle(_event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        begin_correlation(str(new_id()))
        counts = dict(run())
        log.info("schedule_done", schedule=name, **counts)
        return counts

    return handle
