"""Queries of templates."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from messaging.models.templates import MessageTemplate


def matching(*, key: str | None, channel: str | None, locale: str | None, state: str | None) -> Select[Any]:
    """Revisions, filtered."""
    wanted = {"key": key, "channel": channel, "locale": locale, "state": state}
    return select(MessageTemplate).filter_by(**{name: v for name, v in wanted.items() if v is not None})


def template_of(session: Session, template_id: UUID, *, lock: bool = False) -> MessageTemplate | None:
    """One revision; with `lock`, for a change."""
    query = select(MessageTemplate).where(MessageTemplate.id == template_id)
    return session.scalar(query.with_for_update() if lock else query)


def active(session: Session, keys: Iterable[str]) -> Sequence[MessageTemplate]:
    """The organization's active revisions of these keys, of every channel and locale."""
    query = select(MessageTemplate).where(
        MessageTemplate.key.in_(set(keys)), MessageTemplate.state == "active"
    )
    return session.scalars(query).all()


def active_one(session: Session, like: MessageTemplate) -> MessageTemplate | None:
    """The active revision of the same key, channel and locale, locked."""
    query = select(MessageTemplate).filter_by(
        key=like.key, channel=like.channel, locale=like.locale, state="active"
    )
    return session.scalar(query.with_for_update())


def newest(session: Session, *, key: str, channel: str, locale: str) -> MessageTemplate | None:
    """The newest revision. Writers of one key, channel and locale wait for each other until they commit."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(backbone.current_org()::text || :name, 0))")
    session.execute(lock, {"name": f"template:{key}:{channel}:{locale}"})
    query = select(MessageTemplate).filter_by(key=key, channel=channel, locale=locale)
    return session.scalar(query.order_by(MessageTemplate.revision.desc()).limit(1))
