"""Asking models for a grade: the request of one strategy, and the chain that answers it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import grading as repository
from assessment.rules.decoys import Decoy, among, decoy_for
from assessment.rules.evidence import Part
from assessment.rules.grading import criteria_of
from assessment.rules.grading_prompts import built_in, task_text
from assessment.rules.prompts import Prompt
from assessment.rules.strategies import in_order, models_for
from assessment.schemas.grading import RepositoryGrades, TextGrades
from assessment.schemas.grading_steps import OpinionStep
from assessment.service.ai_runs import recorder
from lodestar.adapters.ai import (
    AllModelsFailed,
    Generation,
    GenerationRequest,
    Material,
    MediaInput,
    Purpose,
    chain,
    run_chain,
)
from lodestar.adapters.storage import ObjectNotFound, object_store
from lodestar.contracts import identity, media

PURPOSES = {
    "text": Purpose.GRADE_TEXT,
    "repository": Purpose.GRADE_REPOSITORY,
    "video": Purpose.GRADE_INTERVIEW,
}
LABELS = {"text": "submission", "video": "transcript"}
VIDEO_CONSENT = "ai_video_analysis"
TEMPERATURE = 0.1


@dataclass(frozen=True, slots=True)
class Recording:
    """A video that a model may watch."""

    storage_key: str
    content_type: str


def strategy_of(session: Session, attempt: Attempt, *, turn: int) -> tuple[str, Prompt] | None:
    """The strategy of this turn and its words; None when all were tried. The assessment's writer's, or ours.

    They are those that the attempt pinned with its rubric (X-11); one from before that was done takes those in use.
    """
    purpose = PURPOSES[attempt.submission_kind].value
    pinned = (attempt.rubric or {}).get("prompts")
    if pinned is None:
        rows = repository.prompts_for(session, attempt.assessment_id, purpose)
    else:
        rows = repository.prompts_of(session, pinned)
    prompts = {key: Prompt(row.name, row.system_prompt, row.input_prompt) for key, row in rows.items()}
    prompts = prompts or built_in(purpose)
    names = in_order(prompts)
    return (names[turn - 1], prompts[names[turn - 1]]) if turn <= len(names) else None


def decoy_of(attempt: Attempt, parts: Sequence[Part]) -> Decoy:
    """The criterion that neither the task nor the work speaks of."""
    said = [task_text(attempt.content or {}), *(criterion.words for criterion in criteria_of(attempt.rubric))]
    return decoy_for(attempt.id, [*said, *(f"{part.location or ''} {part.text}" for part in parts)])


def request_for(
    attempt: Attempt, parts: Sequence[Part], prompt: Prompt, *, decoy: Decoy
) -> GenerationRequest:
    """What the model is shown: the task, the criteria without their weights and with the decoy among them, and the
    work, each in its own block.

    A file's label begins with `./`, so that none can pass for the task or the criteria.
    """
    purpose = PURPOSES[attempt.submission_kind]
    schema: type[BaseModel] = RepositoryGrades if purpose is Purpose.GRADE_REPOSITORY else TextGrades
    criteria = [
        {key: value for key, value in criterion.items() if key != "weight"}
        for criterion in (attempt.rubric or {}).get("criteria", [])
    ]
    asked = "questions" if purpose is Purpose.GRADE_INTERVIEW else "task"
    label = LABELS.get(attempt.submission_kind)
    return GenerationRequest(
        purpose=purpose,
        system=prompt.system,
        prompt=prompt.text({}),
        schema=schema,
        prompt_version=prompt.version,
        materials=[
            Material(label=asked, text=task_text(attempt.content or {})),
            Material(
                label="criteria", text=json.dumps(among(criteria, decoy, attempt.id), ensure_ascii=False)
            ),
            *(Material(label=label or f"./{part.location}", text=part.text) for part in parts),
        ],
        temperature=TEMPERATURE,
    )


def recording_of(session: Session, attempt: Attempt) -> Recording | None:
    """The recording, where its person agreed that a model may watch it."""
    if attempt.submission_kind != "video":
        return None
    if not identity.has_consented(session, attempt.learner_id, VIDEO_CONSENT):
        return None
    asset = media.asset(session, UUID((attempt.submission or {})["asset_id"]))
    return Recording(asset.storage_key, asset.content_type) if asset else None


def ask(step: OpinionStep, request: GenerationRequest, *, recording: Recording | None) -> Generation:
    """Models that watch are asked with the recording, the others, or all if it is gone, with the transcript alone.

    Raises `AllModelsFailed`, `CapabilityNotConfigured`, `StorageUnavailable`. No transaction may be open.
    """
    on_run = recorder(step.org_id, attempt_id=step.attempt_id, execution=step.execution)
    models = models_for(step.turn, chain(request.purpose))
    watching = [model for model in models if model.takes_video]
    if recording is None or not watching:
        return run_chain(models, request, on_run=on_run)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        try:
            object_store().download(recording.storage_key, path)
        except ObjectNotFound:
            return run_chain(models, request, on_run=on_run)
        shown = MediaInput(path=path, content_type=recording.content_type)
        try:
            return run_chain(watching, replace(request, media=shown), on_run=on_run)
        except AllModelsFailed as error:
            failed = error.reasons
    reading = [model for model in models if not model.takes_video]
    try:
        return run_chain(reading, request, on_run=on_run)
    except AllModelsFailed as error:
        raise AllModelsFailed([*failed, *error.reasons]) from error
