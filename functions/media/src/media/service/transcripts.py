"""Transcripts and captions: reading them, and a person's own words."""

from uuid import UUID

from sqlalchemy.orm import Session

from lodestar.contracts.media import TranscriptReady
from lodestar.db import expect_version
from lodestar.events import emit
from lodestar.principal import Principal
from lodestar.problems import NotFound
from media.models.transcripts import Transcript
from media.repository import assets as asset_repository
from media.repository import transcripts as repository
from media.rules import captions
from media.schemas.transcripts import TranscriptPatch
from media.service import access


def read(session: Session, *, caller: Principal, asset_id: UUID) -> Transcript:
    """The asset's transcript, for whoever may play it. Raises NotFound when it has none."""
    access.visible(session, caller=caller, asset_id=asset_id)
    transcript = repository.transcript_of(session, asset_id)
    if transcript is None:
        raise NotFound("This file has no transcript.")
    return transcript


def write(
    session: Session, *, caller: Principal, asset_id: UUID, body: TranscriptPatch, if_match: int | None
) -> Transcript:
    """Put a person's words in place of whatever stood there. Raises NotFound and StaleVersion."""
    if asset_repository.own_asset(session, asset_id, org_id=caller.org_id) is None:
        raise NotFound()
    transcript = repository.transcript_of(session, asset_id, for_update=True)
    expect_version(transcript, if_match)
    if transcript is None:
        transcript = Transcript(asset_id=asset_id)
        session.add(transcript)
    transcript.state, transcript.source, transcript.model = "ready", "person", None
    transcript.text, transcript.language, transcript.problem_detail = body.text, body.language, None
    if body.cues is not None:
        cues = sorted((cue.model_dump() for cue in body.cues), key=lambda cue: int(cue["start_ms"]))
        repository.set_captions(session, asset_id, language=body.language, cues=cues)
    session.flush()
    emit(session, TranscriptReady(asset_id=asset_id))
    return transcript


def web_vtt(session: Session, *, caller: Principal, asset_id: UUID, language: str | None) -> str:
    """The captions as a WebVTT file. Raises NotFound when there are none."""
    access.visible(session, caller=caller, asset_id=asset_id)
    found = repository.captions_of(session, asset_id, language=language)
    if found is None:
        raise NotFound("This file has no captions in that language.")
    return captions.web_vtt(found.cues)
