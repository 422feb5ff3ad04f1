"""What people want to get, and addresses that get nothing any more."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import audit
from lodestar.contracts.messaging import Channel, RecipientSuppressed
from lodestar.db import act_for, expect_version
from lodestar.events import emit
from lodestar.pagination import Page, PageQuery, paginate
from lodestar.principal import NOBODY, Principal
from lodestar.problems import NotFound
from messaging.models.preferences import Preference
from messaging.models.suppressions import Suppression
from messaging.repository import deliveries
from messaging.repository import wishes as repository
from messaging.schemas.wishes import PreferencesPut, PreferencesRead, SuppressionCreate
from messaging.service import reaching, unsubscribing

SUBJECT = "suppression"


def read(session: Session, caller: Principal) -> PreferencesRead:
    """The caller's own; what holds for everybody while nothing was changed."""
    row = repository.preferences(session, [caller.user_id]).get(caller.user_id)
    return PreferencesRead.model_validate(row) if row else PreferencesRead()


def put(
    session: Session, caller: Principal, body: PreferencesPut, *, if_match: int | None
) -> PreferencesRead:
    """Replace the caller's own. Raises StaleVersion."""
    row = repository.preference_of(session, caller.user_id)
    expect_version(row, if_match)
    values = body.model_dump()
    if row is None:
        row = Preference(user_id=caller.user_id, **values)
        session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
    session.flush()
    return PreferencesRead.model_validate(row)


def list_suppressions(session: Session, page: PageQuery, **wanted: str | None) -> Page[Suppression]:
    """Newest first."""
    return paginate(session, repository.suppressions(**wanted), page, keys=(Suppression.id,))


def suppress(session: Session, caller: Principal, body: SuppressionCreate) -> Suppression:
    """By staff. Doing it twice makes one."""
    like = {"channel": body.channel, "address": body.address, "reason": "manual"}
    made = repository.suppress(session, **like, evidence={"note": body.note}, created_by=caller.user_id)
    if made is not None:
        audit.record(session, "suppression.created", subject_type=SUBJECT, subject_id=made)
        _tell(session, body.channel, body.address, "manual", None)
    return repository.suppression_like(session, **like)


def lift(session: Session, suppression_id: UUID) -> None:
    """Send there again. Raises NotFound."""
    row = repository.suppression_of(session, suppression_id)
    if row is None:
        raise NotFound()
    session.delete(row)
    audit.record(
        session,
        "suppression.lifted",
        subject_type=SUBJECT,
        subject_id=row.id,
        before={"channel": row.channel, "reason": row.reason},
    )


def unsubscribe(session: Session, token: str) -> None:
    """RFC 8058: whoever has the message unsubscribes its address, without signing in; again changes nothing.

    Raises NotFound for a token that is none.
    """
    named = unsubscribing.unsubscribed(token)
    if named is None:
        raise NotFound("This link is not complete. Copy all of it from the message.")
    org_id, delivery_id = named
    act_for(session, Principal(user_id=NOBODY, org_id=org_id))
    delivery = deliveries.delivery_of(session, delivery_id)
    if delivery is None:
        raise NotFound("The message of this link is not kept any more.")
    address = reaching.address_of(session, delivery)
    if address is None:
        return
    evidence = {"delivery_id": str(delivery_id), "by": "one_click"}
    row: dict[str, Any] = {"channel": delivery.channel, "address": address, "reason": "unsubscribe"}
    made = repository.suppress(session, **row, user_id=delivery.recipient_id, evidence=evidence)
    if made is not None:
        _tell(session, delivery.channel, address, "unsubscribe", delivery.recipient_id)


def _tell(session: Session, channel: str, address: str, reason: str, recipient_id: UUID | None) -> None:
    emit(
        session,
        RecipientSuppressed(
            channel=Channel(channel), address=address, recipient_id=recipient_id, reason=reason
        ),
    )
