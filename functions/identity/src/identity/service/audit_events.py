"""The audit log: chained as it is written, searched by administrators, verified when they ask and every night."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row
from sqlalchemy.orm import Session

from identity.errors import AuditChainBroken
from identity.models.audit_events import AuditEvent
from identity.models.operations import Operation
from identity.repository import audit_events as repository
from identity.repository import operations as begun
from identity.repository.audit_events import Search
from identity.rules.audit_chain import BEGINNING, HASHED, Broken, Entry, Head, Verdict, chained_hash, verify
from identity.schemas.audit_events import AuditVerificationCreate
from lodestar import audit, events, limits, operations
from lodestar.audit import AuditRecorded
from lodestar.contracts.identity import AuditVerificationRequested
from lodestar.db import principal_of, work_for
from lodestar.ids import new_id
from lodestar.log import correlation_id
from lodestar.pagination import Page, PageQuery
from lodestar.principal import Principal
from lodestar.problems import NotFound

SUBJECT = "audit_log"
"""Of which an organization has one: its id is the organization's, or made of it and of a head that was noted."""
VERIFICATION = "audit_verification"
PART = 2000
"""So many entries are read in one transaction."""
VERIFICATIONS_A_DAY = 50


def chain(session: Session, entry: AuditRecorded) -> None:
    """Append the entry to its organization's chain."""
    repository.lock_chain(session)
    sequence, previous_hash = repository.last(session) or BEGINNING
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
    repository.append(session, {**values, "hash": chained_hash(previous_hash, content_of(values))})


def list_entries(session: Session, page: PageQuery, search: Search) -> Page[AuditEvent]:
    """The organization's entries that are looked for, newest first."""
    return repository.entries(session, page, search)


def head(session: Session) -> Head:
    """The chain's last entry, which stands for all of it: to be noted where nobody of here can change it."""
    return repository.last(session) or BEGINNING


def begin_verification(session: Session, caller: Principal, body: AuditVerificationCreate) -> Operation:
    """An operation that ends with the verdict: the caller's one that is under way with this head, or a new one. Raises
    `RateLimited`."""
    subject_id = caller.org_id
    if body.head:
        subject_id = uuid5(caller.org_id, f"{body.head.sequence}:{body.head.hash}")
    repository.lock_verifications(session, caller.user_id)
    under_way = operations.open_one(session, VERIFICATION, subject_id=subject_id)
    if under_way:
        return _begun(session, caller, under_way)
    limits.spend(
        session, "audit_verifications", caller.user_id, capacity=VERIFICATIONS_A_DAY, per_seconds=86_400
    )
    operation_id = operations.begin(session, VERIFICATION, subject_type=SUBJECT, subject_id=subject_id)
    noted = body.head.model_dump() if body.head else None
    audit.record(
        session,
        "audit_log.verification_requested",
        subject_type=SUBJECT,
        subject_id=caller.org_id,
        after=noted,
    )
    events.emit(session, AuditVerificationRequested(operation_id=operation_id, head=noted))
    return _begun(session, caller, operation_id)


def _begun(session: Session, caller: Principal, operation_id: UUID) -> Operation:
    found = begun.operation_of(session, user_id=caller.user_id, operation_id=operation_id)
    if found is None:
        raise NotFound()
    return found


def verify_for(org_id: UUID, requested: AuditVerificationRequested) -> None:
    """Verify the chain, in parts, and say so in the operation. May run twice: it says the same."""
    noted = requested.head
    known = (int(noted["sequence"]), str(noted["hash"])) if noted else None
    verdict = verify(map(entry_of, walk(org_id, operation_id=requested.operation_id)), noted=known)
    with work_for(org_id) as session:
        operations.succeed(session, requested.operation_id, result=told(verdict))


def told(verdict: Verdict) -> dict[str, Any]:
    """The verdict in the words of the API."""
    sequence, last_hash = verdict.head
    broken = verdict.broken
    return {
        "holds": broken is None,
        "verified_entries": sequence,
        "head": {"sequence": sequence, "hash": last_hash},
        "first_broken": {"sequence": broken.sequence, "what": broken.what} if broken else None,
    }


def check(org_id: UUID) -> None:
    """Raises `AuditChainBroken`, which names the first entry of the organization that is not as it was written."""
    broken: Broken | None = verify(map(entry_of, walk(org_id))).broken
    if broken:
        raise AuditChainBroken(f"organization {org_id}, entry {broken.sequence}")


def walk(org_id: UUID, *, up_to: int | None = None, operation_id: UUID | None = None) -> Iterator[Row[Any]]:
    """The organization's chain in order, a part at a time, each in a transaction of its own."""
    after = 0
    while True:
        with work_for(org_id) as session:
            rows = repository.part(session, after=after, most=PART, up_to=up_to)
            after = rows[-1].sequence if rows else after
            if operation_id:
                end = max(up_to or head(session)[0], after, 1)
                message = f"{after:,} of {end:,} entries."
                operations.advance(
                    session, operation_id, percent=min(99, 100 * after // end), message=message
                )
        yield from rows
        if len(rows) < PART:
            return


def entry_of(row: Row[Any]) -> Entry:
    """The row as the chain's rule takes it."""
    return row.sequence, row.previous_hash, row.hash, content_of(row._asdict())


def content_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What of an entry is hashed, ids and times as text."""
    content = {name: values[name] for name in HASHED}
    content["occurred_at"] = content["occurred_at"].astimezone(UTC).isoformat()
    for name in ("id", "org_id", "actor_id", "api_key_id", "subject_id"):
        content[name] = None if content[name] is None else str(content[name])
    return content
