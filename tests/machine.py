"""A state machine's definition walked in process: its own choices, retries and catches, the real handlers as tasks.

The embedded AWS walks the same file elsewhere (marker `stack`); here a test may kill, repeat and look between steps.
"""

import importlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lodestar.ids import new_id

ROOT = Path(__file__).resolve().parents[1]
MOST_STEPS = 60
Around = Callable[[str, Callable[[], Any]], Any]


class Killed(BaseException):
    """The worker is gone; nothing after this line runs."""


class TaskFailed(Exception):
    """A task's error by the name that the machine sees."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def definition(machine: str) -> dict[str, Any]:
    """What `statemachines/<machine>.asl.json` says."""
    found: dict[str, Any] = json.loads((ROOT / "statemachines" / f"{machine}.asl.json").read_text())
    return found


def handler_of(function: str) -> Callable[[Any, Any], Any]:
    """The task's handler, by the function's name in its template: `GiveOpinion`."""
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower()
    (file,) = ROOT.glob(f"functions/*/src/*/tasks/{module}.py")
    found: Callable[[Any, Any], Any] = importlib.import_module(
        f"{file.parents[1].name}.tasks.{module}"
    ).handler
    return found


class Execution:
    """One execution of the machine of this name: `grade_attempt`. `around` may watch, break or repeat each task; `waited` counts Wait states."""

    def __init__(self, machine: str, event: Mapping[str, Any], *, around: Around | None = None) -> None:
        self._definition = definition(machine)
        self._around = around or (lambda _name, call: call())
        self.data: dict[str, Any] = json.loads(json.dumps(event))
        self.context = {"Execution": {"Name": str(new_id()), "StartTime": datetime.now(UTC).isoformat()}}
        self.path: list[str] = []
        self.waited = 0

    def run(self) -> str:
        """Walk to the end; answers the last state's name."""
        name = self._definition["StartAt"]
        while len(self.path) < MOST_STEPS:
            self.path.append(name)
            state = self._definition["States"][name]
            if state["Type"] in ("Succeed", "Fail"):
                return str(name)
            name = self._next(name, state)
        raise AssertionError(f"no end in sight: {self.path}")

    def _next(self, name: str, state: dict[str, Any]) -> str:
        match state["Type"]:
            case "Choice":
                return self._choose(state)
            case "Wait":
                self.waited += 1
                return str(state["Next"])
            case "Pass":
                self._put(state["ResultPath"], state["Result"])
                return str(state["Next"])
        try:
            answer = self._retried(name, state)
        except TaskFailed as failed:
            for catch in state["Catch"]:
                if failed.name in catch["ErrorEquals"] or "States.ALL" in catch["ErrorEquals"]:
                    self._put(catch["ResultPath"], {"Error": failed.name})
                    return str(catch["Next"])
            raise
        selected = self._filled(state.get("ResultSelector"), {"Payload": answer}) or answer
        self._put(state["ResultPath"], selected)
        return str(state["Next"])

    def _retried(self, name: str, state: dict[str, Any]) -> Any:
        spent: dict[int, int] = {}
        while True:
            try:
                return self._invoke(name, state)
            except TaskFailed as failed:
                nth = next((n for n, r in enumerate(state["Retry"]) if failed.name in r["ErrorEquals"]), None)
                if nth is None or spent.get(nth, 0) >= state["Retry"][nth]["MaxAttempts"]:
                    raise
                spent[nth] = spent.get(nth, 0) + 1

    def _invoke(self, name: str, state: dict[str, Any]) -> Any:
        handler = handler_of(state["Parameters"]["FunctionName"].removeprefix("${").removesuffix("Arn}"))
        payload = self._filled(state["Parameters"]["Payload"], self.data)
        try:
            return json.loads(json.dumps(self._around(name, lambda: handler(payload, None))))
        except TaskFailed:
            raise
        except Exception as error:
            raise TaskFailed(type(error).__name__) from error

    def _choose(self, state: dict[str, Any]) -> str:
        for choice in state["Choices"]:
            value = self._get(choice["Variable"], self.data)
            if any(
                choice.get(test, value is None) == value
                for test in ("StringEquals", "BooleanEquals")
                if test in choice
            ):
                return str(choice["Next"])
        return str(state["Default"])

    def _filled(self, template: dict[str, Any] | None, source: Any) -> dict[str, Any]:
        return {
            key.removesuffix(".$"): self._get(value, source) if key.endswith(".$") else value
            for key, value in (template or {}).items()
        }

    def _get(self, path: str, source: Any) -> Any:
        value: Any = self.context if path.startswith("$$.") else source
        for part in path.removeprefix("$$.").removeprefix("$.").split("."):
            value = value[part]
        return value

    def _put(self, path: str | None, value: Any) -> None:
        if path is not None:
            self.data[path.removeprefix("$.")] = value
