"""A sample, made by what makes learners' content: its prompts, its models, its checks, its banks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from assessment.rules import previews as rules
from assessment.rules.injection import screened
from assessment.rules.prompts import Prompt
from assessment.rules.wording import DIFFICULTIES, SOURCES
from assessment.schemas.generation import Made
from assessment.schemas.previews import PreviewResultRead, RenderedPromptRead
from assessment.service import asking, item_plans, making, openings, opinions, task_plans
from assessment.service.samples import Order, Sample, applied, never_saved
from assessment.service.settling import SETTLING
from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.ai import AllModelsFailed, GenerationRequest, OnRun, RunRecord, chain, run_chain
from lodestar.contracts.assessment import AssessmentKind
from lodestar.db import work_for
from lodestar.log import log
from lodestar.problems import Conflict


@dataclass(slots=True)
class Calls:
    """The calls that one sample took."""

    on_run: OnRun
    made: list[RunRecord] = field(default_factory=list)

    def keep(self, run: RunRecord) -> None:
        """Hear of a call."""
        self.made.append(run)
        self.on_run(run)

    @property
    def answered(self) -> list[RunRecord]:
        return [run for run in self.made if run.outcome == "succeeded"]

    @property
    def cost_usd_micros(self) -> int | None:
        """What they cost in all, in millionths of a US dollar; None where a price is not known."""
        costs = [run.cost_usd_micros for run in self.answered]
        return None if None in costs else sum(cost for cost in costs if cost)


def sample_of(order: Order, *, on_run: OnRun) -> dict[str, Any]:
    """The result of the preview. No transaction may be open: this asks models. Raises the problems of saving the draft."""
    calls = Calls(on_run)
    with work_for(order.org_id) as session, never_saved(session):
        sample = applied(session, order)
        plans = [] if sample.grading else _plans(session, sample)
    if sample.grading:
        return _graded(sample, sample.grading, calls)
    made = making.make(plans, on_run=calls.keep)
    with work_for(order.org_id) as session, never_saved(session):
        sample = applied(session, order)
        is_enough = _settled(session, sample, made)
    asked = [request for plan in plans for request in plan.requests]
    return _result(sample, asked, calls, is_enough=is_enough)


def _plans(session: Session, sample: Sample) -> list[making.Plan]:
    attempt = sample.attempt
    if attempt.kind == AssessmentKind.INITIAL:
        return []
    if attempt.kind == AssessmentKind.PROJECT:
        plans = task_plans.project(session, attempt)
    elif attempt.kind == AssessmentKind.INTERVIEW:
        plans = task_plans.interview(session, attempt)
    else:
        plans = item_plans.plan_about(session, attempt, sample.lesson_ids, course_words=sample.course_words)
    return [replace(plan, requests=_with_the_draft(plan.requests, sample)) for plan in plans]


def _with_the_draft(requests: Sequence[GenerationRequest], sample: Sample) -> list[GenerationRequest]:
    """Only what the previewed prompt asks, under a name that no saved revision has."""
    if sample.prompt is None or sample.prompt_version is None:
        return list(requests)
    return [
        replace(request, prompt_version=sample.prompt_version)
        for request in requests
        if request.prompt_version == sample.prompt.name
    ]


def _settled(session: Session, sample: Sample, made: Made) -> bool:
    """Give the attempt its content; False when there is too little to ask."""
    attempt = sample.attempt
    if attempt.kind != AssessmentKind.INITIAL or sample.assessment is None:
        return SETTLING[attempt.kind](session, attempt, made)
    try:
        fields = openings.initial_content(
            session, sample.assessment, count=attempt.question_count, seed=str(attempt.id)
        )
    except Conflict:
        return False
    attempt.source, attempt.provenance = fields["source"], fields["provenance"]
    attempt.content, attempt.answer_key = fields["content"], fields["answer_key"]
    return True


def _result(
    sample: Sample, asked: Sequence[GenerationRequest], calls: Calls, *, is_enough: bool
) -> dict[str, Any]:
    attempt = sample.attempt
    questions = len((attempt.content or {}).get("questions", []))
    warned = rules.unknown_variables([r.prompt for r in asked], [r.system for r in asked])
    if attempt.kind != AssessmentKind.INITIAL:
        warned += rules.made_by(was_asked=bool(asked), calls=len(calls.made), source=attempt.source)
    if not is_enough:
        warned.append(rules.NOTHING_TO_ASK)
    elif attempt.question_count:
        warned += rules.too_few(got=questions, wanted=attempt.question_count)
    if attempt.submission_kind == "answers":
        warned += rules.hurried(time_limit_seconds=attempt.time_limit_seconds, questions=questions)
    return _told(sample, asked, calls, warned)


def _told(
    sample: Sample,
    asked: Sequence[GenerationRequest],
    calls: Calls,
    warned: Sequence[rules.Warned],
    *,
    grade: dict[str, Any] | None = None,
) -> dict[str, Any]:
    attempt = sample.attempt
    answered = calls.answered
    told = PreviewResultRead.model_validate(
        {
            "prompts": [_rendered(request) for request in asked],
            "content": None if sample.grading else attempt.content,
            "answer_key": attempt.answer_key,
            "criteria": (attempt.rubric or {}).get("criteria", []),
            "grade": grade,
            "source": "model" if grade else attempt.source,
            "source_label": SOURCES.get("model" if grade else attempt.source or ""),
            "model": answered[-1].model if answered and (grade or attempt.source == "model") else None,
            "prompt_version": answered[-1].prompt_version if answered else None,
            "calls": len(calls.made),
            "cost_usd_micros": calls.cost_usd_micros,
            "provenance": attempt.provenance,
            "difficulty": DIFFICULTIES.get(attempt.target_tier or attempt.tier_used or ""),
            "question_count": attempt.question_count,
            "passing_score": float(attempt.passing_score),
            "time_limit_seconds": attempt.time_limit_seconds,
            "warnings": [asdict(entry) for entry in warned],
        }
    )
    return told.model_dump(mode="json")


def _rendered(request: GenerationRequest) -> RenderedPromptRead:
    return RenderedPromptRead(
        prompt_version=request.prompt_version,
        system_prompt=request.system,
        prompt=request.prompt,
        materials=[material.label for material in request.materials],
    )


def _graded(sample: Sample, words: Prompt, calls: Calls) -> dict[str, Any]:
    """What a model says of the work, verified and scored by our code as a learner's is (JR-39)."""
    attempt = sample.attempt
    seen = screened(sample.parts)
    decoy = asking.decoy_of(attempt, seen.parts)
    request = asking.request_for(attempt, seen.parts, words, decoy=decoy)
    grade: dict[str, Any] | None = None
    try:
        generation = run_chain(chain(request.purpose), request, on_run=calls.keep)
    except (AllModelsFailed, CapabilityNotConfigured) as error:
        log.warning("no_model_serves", error=type(error).__name__)
    else:
        grading, reported = opinions.verified(attempt, seen.parts, generation.value, decoy=decoy.key)
        grade = {
            "score": float(grading.score),
            "passed": grading.passed,
            "doubts": [doubt.value for doubt in grading.doubts],
            "signs": sorted({sign.family for sign in (*seen.signs, *reported)}),
            "criteria": [opinions.told(judged) for judged in grading.judged],
        }
    warned = rules.unknown_variables([request.prompt], [])
    warned += rules.made_by(was_asked=True, calls=len(calls.made), source="model" if grade else None)
    return _told(sample, [request], calls, warned, grade=grade)
