"""The log of calls to models on the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from lodestar.adapters.ai import Purpose
from lodestar.api import ReadModel


class AiRunRead(ReadModel):
    """One call to one model (JR-58). `cost_usd_micros` is in millionths of a US dollar, null where no price is known."""

    id: UUID
    purpose: str
    subject_type: str | None
    subject_id: UUID | None
    model: str
    source: str = Field(description="`model`, or `offline` for a simulator")
    prompt_version: str | None
    input_tokens: int | None
    output_tokens: int | None
    latency_ms: int
    cost_usd_micros: int | None
    outcome: str
    error: str | None
    created_at: datetime


class AiHealthRead(ReadModel):
    """Whether a purpose can be served now, and by which model."""

    purpose: Purpose
    available: bool
    model: str | None
