"""API keys: shown once, kept as a hash, bounded by scopes, expiring, rotated with an overlap, revocable."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from identity.errors import KeyNameTaken, KeyNotUsable, PersonRequired
from identity.models.api_keys import ApiKey
from identity.repository import api_keys as repository
from identity.rules import secrets
from identity.schemas.api_keys import ApiKeyCreate, ApiKeyRotationCreate
from lodestar import audit, clock
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery
from lodestar.principal import Principal
from lodestar.problems import NotFound

SUBJECT = "api_key"
FIELDS = (
    "id", "user_id", "name", "prefix", "scopes", "expires_at", "revoked_at", "last_used_at", "rotated_to",
    "created_at",
)  # fmt: skip


def state_of(key: ApiKey, *, at: datetime) -> str:
    """`revoked`, `expired` or `active`."""
    if key.revoked_at is not None:
        return "revoked"
    return "active" if at < key.expires_at else "expired"


def shown(key: ApiKey) -> dict[str, Any]:
    """The key as a list shows it."""
    return {**{name: getattr(key, name) for name in FIELDS}, "state": state_of(key, at=clock.now())}


def list_keys(session: Session, page: PageQuery) -> Page[Mapping[str, Any]]:
    """The organization's, newest first."""
    found = repository.keys(session, page)
    return Page([shown(key) for key in found.data], found.page)


def create(session: Session, caller: Principal, body: ApiKeyCreate) -> dict[str, Any]:
    """A key that acts as the caller within these scopes. Raises `KeyNameTaken`."""
    _require_person(caller)
    if repository.live_key(session, body.name, at=clock.now()):
        raise KeyNameTaken()
    scopes = sorted(set(body.scopes))
    key, made = _make(caller.user_id, name=body.name, scopes=scopes, days=body.expires_in_days)
    session.add(made)
    session.flush()
    after = {"name": made.name, "scopes": scopes, "expires_at": made.expires_at.isoformat()}
    audit.record(session, "api_key.created", subject_type=SUBJECT, subject_id=made.id, after=after)
    return {**shown(made), "key": key}


def rotate(
    session: Session, caller: Principal, *, key_id: UUID, body: ApiKeyRotationCreate
) -> dict[str, Any]:
    """A successor with the same name, scopes and owner. The old key works on for the overlap, at most until its
    own end. Only its owner rotates a key: whoever holds the successor acts as that person."""
    _require_person(caller)
    old = _key(session, key_id)
    if old.user_id != caller.user_id:
        raise NotFound("Only the person that a key acts as can rotate it; revoke it instead.")
    if old.rotated_to is not None or state_of(old, at=clock.now()) != "active":
        raise KeyNotUsable()
    key, made = _make(old.user_id, name=old.name, scopes=list(old.scopes), days=body.expires_in_days)
    old.rotated_to = made.id
    old.expires_at = min(old.expires_at, clock.now() + timedelta(hours=body.overlap_hours))
    session.flush()  # the old one gives its name free first
    session.add(made)
    session.flush()
    after = {"successor_id": str(made.id), "expires_at": old.expires_at.isoformat()}
    audit.record(session, "api_key.rotated", subject_type=SUBJECT, subject_id=old.id, after=after)
    return {**shown(made), "key": key}


def revoke(session: Session, caller: Principal, key_id: UUID) -> None:
    """The key stops working, within the minute for which the authorizer's answer is kept."""
    _require_person(caller)
    key = _key(session, key_id)
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        audit.record(session, "api_key.revoked", subject_type=SUBJECT, subject_id=key.id)


def _make(user_id: UUID, *, name: str, scopes: list[str], days: int) -> tuple[str, ApiKey]:
    key = secrets.new_api_key()
    return key, ApiKey(
        id=new_id(),
        user_id=user_id,
        name=name,
        prefix=secrets.shown_prefix(key),
        key_hash=secrets.hash_of(key),
        scopes=scopes,
        expires_at=clock.now() + timedelta(days=days),
    )


def _key(session: Session, key_id: UUID) -> ApiKey:
    key = repository.key_of(session, key_id)
    if key is None:
        raise NotFound()
    return key


def _require_person(caller: Principal) -> None:
    if caller.api_key_id is not None:
        raise PersonRequired()
