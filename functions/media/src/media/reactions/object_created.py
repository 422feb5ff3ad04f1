"""On S3's Object Created in the media bucket: the bytes of an upload have arrived."""

from sqlalchemy.orm import Session

from lodestar.events import StoredObject, storage_reaction
from media.service import uploads


def react(session: Session, stored: StoredObject) -> None:
    """Receive the upload once, however often and in whatever order storage tells of it."""
    uploads.receive(session, key=stored.key, size=stored.size, etag=stored.etag.strip('"'))


handler = storage_reaction(react)
