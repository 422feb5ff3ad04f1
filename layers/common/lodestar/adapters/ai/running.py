"""Walking a chain of models: one record for every call, the next model when one fails for good."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from lodestar.adapters.ai.errors import AiError, AllModelsFailed, ModelUnavailable
from lodestar.adapters.ai.port import Generation, GenerationRequest, Model, Purpose
from lodestar.adapters.retrying import backoff_seconds, jitter_seconds

TRIES = 3
"""Calls to one model before the next one's turn (D-06)."""

LONGEST_WAIT_SECONDS = 4.0
"""A vendor that asks for a longer wait than this loses its turn to the next model of the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One call to one model, as it goes into `ai_runs`.

    `outcome` is `succeeded` or the error's outcome; `source` is `model`, or `offline` for a simulator.
    """

    purpose: Purpose
    model: str
    prompt_version: str
    input_tokens: int
    output_tokens: int
    latency_ms: int
    cost_usd_micros: int | None
    outcome: str
    reason: str | None
    source: str


OnRun = Callable[[RunRecord], None]


class Usage(Protocol):
    """What a successful call tells of its cost."""

    @property
    def input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def cost_usd_micros(self) -> int | None: ...


class Named(Protocol):
    """Whatever stands in a chain."""

    @property
    def name(self) -> str: ...


M = TypeVar("M", bound=Named)
R = TypeVar("R", bound=Usage)


def run_chain(
    models: Sequence[Model], request: GenerationRequest, *, on_run: OnRun, tries: int = TRIES
) -> Generation:
    """Ask the models in order, each at most `tries` times; raises AllModelsFailed.

    `on_run` hears of every call made, before the next one starts, so that it can keep the row even if the
    process dies in the middle.
    """
    return in_order(
        models,
        lambda model: model.generate(request),
        purpose=request.purpose,
        prompt_version=request.prompt_version,
        on_run=on_run,
        tries=tries,
    )


def in_order(
    models: Sequence[M],
    call: Callable[[M], R],
    *,
    purpose: Purpose,
    prompt_version: str,
    on_run: OnRun,
    tries: int = TRIES,
) -> R:
    """Call each model until one succeeds, repeating what is retryable after a jittered wait."""
    reasons: list[AiError] = []
    for model in models:
        for nth in range(tries):
            started = time.monotonic()
            try:
                result = call(model)
            except AiError as error:
                on_run(_record(model, purpose, prompt_version, started, error=error))
                reasons.append(error)
                wait = _wait_seconds(error, nth=nth)
                if nth + 1 == tries or wait is None:
                    break
                time.sleep(wait)
            else:
                on_run(_record(model, purpose, prompt_version, started, result=result))
                return result
    raise AllModelsFailed(reasons)


def _wait_seconds(error: AiError, *, nth: int) -> float | None:
    """How long to wait before asking this model again; None when it is the next model's turn."""
    if not error.retryable:
        return None
    asked_for = error.retry_after if isinstance(error, ModelUnavailable) else None
    if asked_for is None:
        return backoff_seconds(nth, longest=LONGEST_WAIT_SECONDS)
    return asked_for + jitter_seconds() if asked_for <= LONGEST_WAIT_SECONDS else None


def _record(
    model: Named,
    purpose: Purpose,
    prompt_version: str,
    started: float,
    *,
    result: Usage | None = None,
    error: AiError | None = None,
) -> RunRecord:
    return RunRecord(
        purpose=purpose,
        model=model.name,
        prompt_version=prompt_version,
        input_tokens=result.input_tokens if result else 0,
        output_tokens=result.output_tokens if result else 0,
        latency_ms=round((time.monotonic() - started) * 1000),
        cost_usd_micros=result.cost_usd_micros if result else None,
        outcome=error.outcome if error else "succeeded",
        reason=error.reason if error else None,
        source="offline" if model.name.startswith("offline-") else "model",
    )
