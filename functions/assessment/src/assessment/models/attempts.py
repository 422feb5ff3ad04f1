"""A learner's attempt at an assessment, from its content to its outcome."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, query_expression

from lodestar.db import Base, TenantRow, VersionedRow, tenant_key

NullableJson = JSONB(none_as_null=True)


class Attempt(VersionedRow, Base):
    """One attempt. What its learner is asked stands in `content`, frozen with `answer_key` and `rubric` at start.

    `answer_key` (question id -> `{answer, explanation, quote}`) is loaded only where it is asked for, so that no
    answer of the API can hold it by accident. `draft` is what autosave keeps; `submission` is what was handed in:
    `{"kind": "answers", "answers": {question id: option index}}`, `{"kind": "repository", "url", "owner", "name"}`
    (grading adds `commit_sha`), `{"kind": "text", "text"}` or `{"kind": "video", "asset_id"}`. `score` is in percent.
    `claimed_by` names the execution of a state machine that works on the attempt. `hidden`: its program is switched off
    for learners (JR-14); what is read for a learner knows it.
    """

    __tablename__ = "attempts"
    __table_args__ = ({"schema": "assessment"},)

    learner_id: Mapped[UUID]
    enrollment_id: Mapped[UUID]
    program_id: Mapped[UUID]
    assessment_id: Mapped[UUID]
    kind: Mapped[str]
    module_id: Mapped[UUID | None]
    lesson_id: Mapped[UUID | None]
    background_id: Mapped[UUID | None]
    title: Mapped[str]
    star: Mapped[int | None]
    tier_used: Mapped[str | None]
    target_tier: Mapped[str | None]
    number: Mapped[int] = mapped_column(default=1)
    submission_kind: Mapped[str]
    state: Mapped[str]
    question_count: Mapped[int | None]
    passing_score: Mapped[Decimal]
    time_limit_seconds: Mapped[int | None]
    generation: Mapped[int] = mapped_column(default=0)
    source: Mapped[str | None]
    model: Mapped[str | None]
    provenance: Mapped[dict[str, Any]] = mapped_column(default=dict)
    content: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    answer_key: Mapped[dict[str, Any] | None] = mapped_column(
        NullableJson, deferred=True, deferred_raiseload=True
    )
    rubric: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    rubric_id: Mapped[UUID | None]
    rubric_version: Mapped[int | None]
    content_hash: Mapped[str | None]
    draft: Mapped[dict[str, Any]] = mapped_column(default=dict)
    submission: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    feedback: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    review_accepted: Mapped[bool] = mapped_column(default=False)
    review_reason: Mapped[str | None]
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    score: Mapped[Decimal | None]
    passed: Mapped[bool | None]
    hidden: Mapped[bool] = query_expression()


class Response(TenantRow, Base):
    """The answer given to one question. `chosen` is None when it was left open."""

    __tablename__ = "responses"
    __table_args__ = (tenant_key("attempt_id", "assessment.attempts"), {"schema": "assessment"})

    attempt_id: Mapped[UUID]
    question_id: Mapped[str]
    item_id: Mapped[UUID | None]
    chosen: Mapped[int | None]
    correct: Mapped[bool]
