"""Consents: given by people for themselves, and taken back at any time."""

from uuid import UUID

from sqlalchemy.orm import Session

from identity.models.consents import Consent
from identity.repository import consents as repository
from identity.schemas.consents import ConsentCreate, ConsentPurpose
from lodestar import audit, clock, events
from lodestar.contracts.identity import ConsentWithdrawn
from lodestar.pagination import Page, PageQuery
from lodestar.principal import Principal
from lodestar.problems import NotFound

SUBJECT = "consent"


def list_consents(
    session: Session, caller: Principal, page: PageQuery, *, user_id: UUID | None
) -> Page[Consent]:
    """The caller's own, or for staff another person's; withdrawn ones too."""
    of_whom = user_id or caller.user_id
    seen_by = None if caller.is_staff else caller.user_id
    return repository.consents(session, page, user_id=of_whom, seen_by=seen_by)


def give(session: Session, caller: Principal, body: ConsentCreate) -> Consent:
    """The standing consent to the purpose, new if there was none. Another version of the notice is another consent,
    which takes the place of the former."""
    before = repository.standing(session, user_id=caller.user_id, purpose=body.purpose)
    if before and before.notice_version == body.notice_version:
        return before
    if before:
        before.withdrawn_at = clock.now()
        session.flush()
    is_new = repository.give(
        session, user_id=caller.user_id, purpose=body.purpose, notice_version=body.notice_version
    )
    consent = repository.standing(session, user_id=caller.user_id, purpose=body.purpose)
    if consent is None:
        raise NotFound()
    if is_new:
        after = {"purpose": consent.purpose, "notice_version": consent.notice_version}
        audit.record(
            session,
            "consent.given",
            subject_type=SUBJECT,
            subject_id=consent.id,
            before={"notice_version": before.notice_version} if before else None,
            after=after,
        )
    return consent


def withdraw(session: Session, caller: Principal, purpose: ConsentPurpose) -> None:
    """The consent no longer stands; whoever relied on it is told."""
    consent = repository.standing(session, user_id=caller.user_id, purpose=purpose)
    if consent is None:
        raise NotFound("You have not consented to this.")
    consent.withdrawn_at = clock.now()
    audit.record(
        session,
        "consent.withdrawn",
        subject_type=SUBJECT,
        subject_id=consent.id,
        before={"purpose": consent.purpose},
    )
    events.emit(session, ConsentWithdrawn(user_id=caller.user_id, purpose=consent.purpose))
