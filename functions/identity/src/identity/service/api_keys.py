"""API keys: shown once, kept as a hash, bounded by scopes, expiring, rotated with an overlap, revocable."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from identity.errors import KeyNameTaken, KeyNotUsable, PersonRequired
from identity.models.api_keys import ApiKey
from identity.repository import api_keys as repository
from identity.rules import scopes as scope_rules
from identity.rules import secrets
from identity.schemas.api_keys import ApiKeyCreate, ApiKeyRotationCreate
from lodestar import audit, clock, events
from lodestar.contracts.messaging import Category, Channel, MessageRequested, Recipient
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery
from lodestar.principal import Principal
from lodestar.problems import NotFound

SUBJECT = "api_key"
FIELDS = (
    "id", "user_id", "name", "prefix", "scopes", "calls_per_minute", "expires_at", "revoked_at", "last_used_at", "rotated_to",
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
    made.calls_per_minute = body.calls_per_minute
    session.add(made)
    session.flush()
    after = {
        "name": made.name,
        "scopes": scopes,
        "calls_per_minute": made.calls_per_minute,
        "expires_at": made.expires_at.isoformat(),
    }
    audit.record(session, "api_key.created", subject_type=SUBJECT, subject_id=made.id, after=after)
    return {**shown(made), "key": key}


def rotate(
    session: Session, caller: Principal, *, key_id: UUID, body: ApiKeyRotationCreate
) -> dict[str, Any]:
    """A successor with the same name, scopes, limit and owner. The old key works on for the overlap, at most until its
    own end. Only its owner rotates a key: whoever holds the successor acts as that person."""
    _require_person(caller)
    old = _key(session, key_id)
    if old.user_id != caller.user_id:
        raise NotFound("Only the person that a key acts as can rotate it; revoke it instead.")
    if old.rotated_to is not None or state_of(old, at=clock.now()) != "active":
        raise KeyNotUsable()
    key, made = _make(old.user_id, name=old.name, scopes=list(old.scopes), days=body.expires_in_days)
    made.calls_per_minute, old.rotated_to = old.calls_per_minute, made.id
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


def scopes() -> dict[str, Any]:
    """The catalogue of scopes."""
    return {"scopes": scope_rules.catalogue(), "persons_only": list(scope_rules.PERSONS_ONLY)}


def warn_of_end(session: Session, key_id: UUID) -> bool:
    """Tell the key's owner, once, that it ends; whether they were told now. A key that has a successor or was revoked
    in the meantime needs nothing."""
    key = repository.key_of(session, key_id)
    if key is None or key.warned_at is not None or key.rotated_to is not None:
        return False
    if state_of(key, at=clock.now()) != "active":
        return False
    key.warned_at = clock.now()
    session.flush()
    letter = MessageRequested(
        template_key="api-key-ending",
        category=Category.TRANSACTIONAL,
        channels=(Channel.EMAIL, Channel.IN_APP),
        recipients=(Recipient(user_id=key.user_id),),
        variables={"key_name": key.name, "key_prefix": key.prefix, "expires_at": key.expires_at.isoformat()},
        target_type=SUBJECT,
        target_id=key.id,
        dedupe_key=f"api_key_ending:{key.id}",
    )
    events.emit(session, letter)
    return True


def account_for_hour(session: Session, *, key_id: UUID, hour: datetime) -> None:
    """The key's calls of an hour that is over become one entry of the audit log, by operation."""
    calls = repository.take_calls(session, key_id=key_id, hour=hour)
    if calls:
        counted = {one.operation: {"calls": one.calls, "refused": one.refused} for one in calls}
        after = {"hour": hour.astimezone(UTC).isoformat(), "operations": counted}
        audit.record(session, "api_key.used", subject_type=SUBJECT, subject_id=key_id, after=after)


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
