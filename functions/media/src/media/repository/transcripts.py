"""Queries on transcripts, captions and the pieces of sound they are made from."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lodestar.ids import new_id
from media.models.transcripts import Captions, Rendition, Transcript

BEGIN_ANEW = text(
    """
    WITH forgotten AS (DELETE FROM media.renditions WHERE asset_id = :asset_id AND kind = 'audio')
    INSERT INTO media.transcripts AS held (id, asset_id) VALUES (:id, :asset_id)
    ON CONFLICT (org_id, asset_id) DO UPDATE SET
      state = 'pending', text = '', source = 'none', model = NULL, problem_detail = NULL,
      version = held.version + 1, updated_at = now()
    WHERE held.source <> 'person'
    RETURNING id
    """
)


def transcript_of(session: Session, asset_id: UUID, *, for_update: bool = False) -> Transcript | None:
    """The asset's transcript, in whatever state."""
    query = select(Transcript).where(Transcript.asset_id == asset_id)
    return session.scalar(query.with_for_update() if for_update else query)


def captions_of(session: Session, asset_id: UUID, *, language: str | None) -> Captions | None:
    """The asset's captions in a language, or the oldest ones it has."""
    query = select(Captions).where(Captions.asset_id == asset_id)
    if language is not None:
        query = query.where(Captions.language == language)
    return session.scalar(query.order_by(Captions.id).limit(1))


def set_captions(session: Session, asset_id: UUID, *, language: str, cues: list[dict[str, Any]]) -> None:
    """Put these captions in place of the language's earlier ones."""
    values = {"id": new_id(), "asset_id": asset_id, "language": language, "cues": cues}
    statement = insert(Captions).values(**values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "asset_id", "language"], set_={"cues": statement.excluded.cues}
        )
    )


def pieces_of(session: Session, asset_id: UUID) -> list[Rendition]:
    """The pieces of the asset's sound, in order."""
    query = select(Rendition).where(Rendition.asset_id == asset_id, Rendition.kind == "audio")
    return list(session.scalars(query.order_by(Rendition.position)))


def begin_anew(session: Session, asset_id: UUID) -> bool:
    """An empty transcript that waits to be made, and no pieces: their objects are overwritten, or deleted with the
    asset. False when a person wrote the transcript that is there."""
    begun = session.execute(BEGIN_ANEW, {"id": new_id(), "asset_id": asset_id})
    return begun.one_or_none() is not None
