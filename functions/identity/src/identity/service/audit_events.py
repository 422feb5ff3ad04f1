"""The audit log: chained as it is written, read by administrators, checked every night."""

import json
from datetime import UTC
from typing import Any

from sqlalchemy.orm import Session

from identity.errors import AuditChainBroken
from identity.models.audit_events import AuditEvent
from identity.repository import audit_events as repository
from identity.rules.audit_chain import GENESIS, chained_hash, first_broken
from lodestar.audit import AuditRecorded
from lodestar.db import principal_of
from lodestar.ids import new_id
from lodestar.log import correlation_id
from lodestar.pagination import Page, PageQuery

HASHED = (
    "id", "org_id", "sequence", "action", "actor_id", "api_key_id", "subject_type", "subject_id", "before",
    "after", "reason", "correlation_id", "occurred_at",
)  # fmt: skip


def chain(session: Session, entry: AuditRecorded) -> None:
    """Append the entry to its organization's chain."""
    repository.lock_chain(session)
    sequence, previous_hash = repository.last(session) or (0, GENESIS)
    before, after = repository.as_stored(
        session, before=json.dumps(entry.before), after=json.dumps(entry.after)
    )
    values = {
        **entry.model_dump(),
        "id": new_id(),
        "org_id": principal_of(session).org_id,
        "sequence": sequence + 1,
        "correlation_id": correlation_id(),
        "before": before,
        "after": after,
        "previous_hash": previous_hash,
    }
    repository.append(session, {**values, "hash": chained_hash(previous_hash, _content(values))})


def list_entries(session: Session, page: PageQuery, **filters: Any) -> Page[AuditEvent]:
    """The organization's entries with these values, newest first."""
    return repository.entries(session, page, filters=filters)


def check(session: Session) -> None:
    """Raises `AuditChainBroken`, which names the first entry of the organization that is not as it was written."""
    entries = (
        (
            row.sequence,
            row.previous_hash,
            row.hash,
            _content({name: getattr(row, name) for name in HASHED}),
        )
        for row in repository.chain(session)
    )
    broken = first_broken(entries)
    if broken is not None:
        raise AuditChainBroken(f"organization {principal_of(session).org_id}, entry {broken}")


def _content(values: dict[str, Any]) -> dict[str, Any]:
    content = {name: values[name] for name in HASHED}
    content["occurred_at"] = content["occurred_at"].astimezone(UTC).isoformat()
    for name in ("id", "org_id", "actor_id", "api_key_id", "subject_id"):
        content[name] = None if content[name] is None else str(content[name])
    return content
