"""Queries on transcripts, captions and the pieces of sound they are made from."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lodestar.ids import new_id
from media.models.transcripts import Captions, Rendition, Transcript


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


def forget_pieces(session: Session, asset_id: UUID) -> None:
    """Remove the rows of the pieces; their objects are overwritten or deleted with the asset."""
    session.execute(delete(Rendition).where(Rendition.asset_id == asset_id, Rendition.kind == "audio"))
