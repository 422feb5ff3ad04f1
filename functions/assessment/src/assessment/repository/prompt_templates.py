"""Prompt templates: the revisions of a purpose and strategy."""

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from assessment.models.prompts import PromptTemplate
from lodestar.db import principal_of


def next_revision(session: Session, *, purpose: str, strategy: str) -> int:
    """The number after the last; of two writers the second waits for the first."""
    org_id = principal_of(session).org_id
    lock = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"
    session.execute(text(lock), {"name": f"prompt:{org_id}:{purpose}:{strategy}"})
    last = select(func.max(PromptTemplate.revision)).where(
        PromptTemplate.org_id == org_id,
        PromptTemplate.purpose == purpose,
        PromptTemplate.strategy == strategy,
    )
    return (session.scalar(last) or 0) + 1


def active_revision(session: Session, *, purpose: str, strategy: str) -> PromptTemplate | None:
    """The revision of the caller's organization that is in use."""
    return session.scalar(
        select(PromptTemplate).where(
            PromptTemplate.org_id == principal_of(session).org_id,
            PromptTemplate.purpose == purpose,
            PromptTemplate.strategy == strategy,
            PromptTemplate.active,
        )
    )


def retire(session: Session, *, purpose: str, strategy: str) -> None:
    """Leave no revision of the caller's organization active for the purpose and strategy."""
    session.execute(
        update(PromptTemplate)
        .where(
            PromptTemplate.org_id == principal_of(session).org_id,
            PromptTemplate.purpose == purpose,
            PromptTemplate.strategy == strategy,
            PromptTemplate.active,
        )
        .values(active=False, version=PromptTemplate.version + 1, updated_at=func.now())
        .execution_options(synchronize_session=False)
    )
