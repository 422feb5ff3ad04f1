"""The end of an erasure: the account, then the certificate of what every domain confirmed."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from identity import user_pool
from identity.models.privacy_requests import PrivacyRequest
from identity.repository import privacy_requests as repository
from identity.schemas.privacy_requests import PrivacyStep
from identity.service.fulfilment import SUBJECT, require_all, running
from lodestar import audit, clock, operations
from lodestar.contracts.privacy import RequestNotRunning, person_to_erase
from lodestar.db import work_for
from lodestar.privacy import answers

ACCOUNT = text("SELECT email, elsewhere FROM identity.account_to_erase(:id)")
ERASE_ACCOUNT = text("SELECT identity.erase_account(:id)")
SHARED = "GDPR Art. 6(1)(b): the account serves other organizations that the person belongs or belonged to"


def certify(step: PrivacyStep) -> None:
    """Raises DomainsMissing, LegalHoldStands, RequestNotRunning. May run again after a crash at any point."""
    with work_for(step.org_id) as session:
        if is_done(session, step):
            return
        person_to_erase(session, step.request_id)
        require_all(set(answers.given(session, step.request_id)))
        account = session.execute(ACCOUNT, {"id": step.request_id}).one()
    if not account.elsewhere:
        user_pool.erase(email=account.email)
    with work_for(step.org_id) as session:
        person_to_erase(session, step.request_id)
        request = running(repository.request_of(session, step.request_id, lock=True), step.request_id)
        erased = session.scalar(ERASE_ACCOUNT, {"id": request.id})
        request.certificate = _certificate(session, request, account_erased=bool(erased))
        request.state, request.completed_at, request.claimed_by = "completed", clock.now(), None
        repository.forget_archives(session, request.user_id)
        answers.forget(session, request.id)
        operations.succeed(session, request.operation_id, result={"request_id": str(request.id)})
        audit.record(session, "privacy_request.completed", subject_type=SUBJECT, subject_id=request.id)


def is_done(session: Session, step: PrivacyStep) -> bool:
    """Whether a run before this one finished. Raises RequestNotRunning when it went another way."""
    request = repository.request_of(session, step.request_id)
    if request is None or request.state not in ("running", "completed"):
        raise RequestNotRunning(str(step.request_id))
    return request.state == "completed"


def _certificate(session: Session, request: PrivacyRequest, *, account_erased: bool) -> dict[str, Any]:
    account = {"outcome": "erased"} if account_erased else {"outcome": "kept", "ground": SHARED}
    reports = answers.given(session, request.id)
    return {
        "request_id": str(request.id),
        "organization_id": str(request.org_id),
        "person_id": str(request.user_id),
        "requested_at": request.created_at.isoformat(),
        "issued_at": clock.now().isoformat(),
        "account": account,
        "domains": [{"domain": domain, **report} for domain, report in reports.items()],
    }
