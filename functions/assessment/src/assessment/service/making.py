"""Asking models, strategy by strategy, until there is enough that may be shown."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.orm import Session

from assessment.repository import generation as repository
from assessment.rules.prompts import BUILT_IN, Prompt
from assessment.schemas.generation import Made
from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.ai import (
    AllModelsFailed,
    GenerationRequest,
    Material,
    OnRun,
    Purpose,
    chain,
    run_chain,
)
from lodestar.log import log

Accept = Callable[[dict[str, Any], list[dict[str, Any]]], tuple[list[dict[str, Any]], Counter[str]]]
"""From a model's answer and what is kept so far: what more to keep, and what was dropped and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One thing to ask models for. The requests are alternatives, tried in order until `wanted` values are kept."""

    requests: Sequence[GenerationRequest]
    accept: Accept
    wanted: int


@dataclass(slots=True)
class _Result:
    model: str | None = None
    values: list[dict[str, Any]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


def make(plans: Sequence[Plan], *, on_run: OnRun) -> Made:
    """Carry out the plans, as far as models serve. No transaction may be open: this calls vendors."""
    result = _Result()
    try:
        for plan in plans:
            _carry_out(plan, result, on_run=on_run)
    except (AllModelsFailed, CapabilityNotConfigured) as error:
        log.warning("no_model_serves", error=type(error).__name__)
    log.info("content_made", kept=len(result.values), dropped=dict(result.dropped), model=result.model)
    return Made(model=result.model, values=result.values, dropped=dict(result.dropped))


def _carry_out(plan: Plan, result: _Result, *, on_run: OnRun) -> None:
    kept: list[dict[str, Any]] = []
    for request in plan.requests:
        generation = run_chain(chain(request.purpose), request, on_run=on_run)
        more, dropped = plan.accept(generation.value, kept)
        kept += more
        result.values += more
        result.dropped += dropped
        result.model = generation.model if more else result.model
        if len(kept) >= plan.wanted:
            return


def requests(
    prompts: Sequence[Prompt],
    *,
    purpose: Purpose,
    values: dict[str, object],
    schema: type[BaseModel],
    materials: Sequence[Material] = (),
    persona: str = "",
) -> list[GenerationRequest]:
    """One request a strategy. `persona` is what a background's profile adds to the system instruction."""
    return [
        GenerationRequest(
            purpose=purpose,
            system=f"{persona}\n\n{prompt.system}".strip(),
            prompt=prompt.text(values),
            schema=schema,
            prompt_version=prompt.version,
            materials=materials,
        )
        for prompt in prompts
    ]


def prompts_for(
    session: Session, *, owner_id: UUID, purpose: Purpose, first: UUID | None = None
) -> list[Prompt]:
    """The owner's prompts in use, `first` before the others; ours where there is none."""
    rows = list(repository.prompts(session, owner_id, purpose.value))
    chosen = repository.prompt(session, first) if first else None
    if chosen is not None:
        rows = [chosen, *(row for row in rows if row.id != chosen.id)]
    found = [Prompt(row.name, row.system_prompt, row.input_prompt) for row in rows]
    return found or [BUILT_IN[purpose.value]]
