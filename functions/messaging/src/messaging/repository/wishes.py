"""Queries of preferences, suppressions and WhatsApp windows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from messaging.models.preferences import Preference
from messaging.models.suppressions import Suppression, WhatsAppWindow


def preferences(session: Session, user_ids: Iterable[UUID]) -> dict[UUID, Preference]:
    """Of those who have changed any."""
    query = select(Preference).where(Preference.user_id.in_(set(user_ids)))
    return {row.user_id: row for row in session.scalars(query)}


def preference_of(session: Session, user_id: UUID) -> Preference | None:
    """One member's, locked for a change."""
    return session.scalar(select(Preference).where(Preference.user_id == user_id).with_for_update())


def reasons(session: Session, addresses: Iterable[tuple[str, str]]) -> dict[tuple[str, str], frozenset[str]]:
    """Why the `(channel, address)` pairs are suppressed; pairs that are not are left out."""
    wanted = set(addresses)
    if not wanted:
        return {}
    query = select(Suppression.channel, Suppression.address, Suppression.reason).where(
        tuple_(Suppression.channel, Suppression.address).in_(wanted)
    )
    found = dict[tuple[str, str], frozenset[str]]()
    for channel, address, reason in session.execute(query):
        found[channel, address] = found.get((channel, address), frozenset()) | {reason}
    return found


def suppress(session: Session, **row: Any) -> UUID | None:
    """Add a suppression; its id, or None when it is there already."""
    statement = insert(Suppression).values(**row)
    made = statement.on_conflict_do_nothing(index_elements=["org_id", "channel", "address", "reason"])
    return session.scalar(made.returning(Suppression.id))


def suppressions(*, channel: str | None, address: str | None, reason: str | None) -> Select[Any]:
    """Suppressions, filtered."""
    wanted = {"channel": channel, "address": address, "reason": reason}
    return select(Suppression).filter_by(**{name: v for name, v in wanted.items() if v is not None})


def suppression_of(session: Session, suppression_id: UUID) -> Suppression | None:
    """One suppression."""
    return session.get(Suppression, suppression_id)


def suppression_like(session: Session, *, channel: str, address: str, reason: str) -> Suppression:
    """The one of this channel, address and reason, which is there."""
    query = select(Suppression).filter_by(channel=channel, address=address, reason=reason)
    return session.scalars(query).one()


def windows(session: Session, addresses: Iterable[str]) -> dict[str, datetime]:
    """When each of these numbers last wrote to us."""
    wanted: Sequence[str] = list(set(addresses))
    query = select(WhatsAppWindow.address, WhatsAppWindow.last_inbound_at)
    found = session.execute(query.where(WhatsAppWindow.address.in_(wanted)))
    return {row.address: row.last_inbound_at for row in found}
