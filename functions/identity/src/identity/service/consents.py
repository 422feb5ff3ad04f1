"""Consents: given by people for themselves, and taken back at any time."""

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


def list_consents(session: Session, caller: Principal, page: PageQuery) -> Page[Consent]:
    """The caller's own, withdrawn ones too."""
    return repository.consents(session, page, user_id=caller.user_id)


def give(session: Session, caller: Principal, body: ConsentCreate) -> Consent:
    """The standing consent to the purpose, new if there was none."""
    is_new = repository.give(
        session, user_id=caller.user_id, purpose=body.purpose, notice_version=body.notice_version
    )
    consent = repository.standing(session, user_id=caller.user_id, purpose=body.purpose)
    if consent is None:
        raise NotFound()
    if is_new:
        after = {"purpose": consent.purpose, "notice_version": consent.notice_version}
        audit.record(session, "consent.given", subject_type=SUBJECT, subject_id=consent.id, after=after)
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
