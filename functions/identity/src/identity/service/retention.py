"""What ends by itself: archives of exports, and everything of people who left long ago."""

from datetime import timedelta
from uuid import UUID

from identity.repository import privacy_requests as repository
from identity.schemas.privacy_requests import PrivacyKind
from identity.service import privacy_requests as requests
from lodestar import audit, clock
from lodestar.adapters.storage import object_store
from lodestar.db import work_for

PEOPLE_A_NIGHT = 50
REASON = "The retention period for the records of former members is over."


def delete_archive(org_id: UUID, request_id: UUID) -> None:
    """The archive of an export whose time is over."""
    object_store().delete_all(f"{org_id}/privacy/{request_id}/")
    with work_for(org_id) as session:
        request = repository.request_of(session, request_id, lock=True)
        if request is not None:
            request.export_key = None


def erase_former_members(org_id: UUID, *, days: int) -> int:
    """Start the erasure of people who left more than `days` ago, some each night; answers how many."""
    left_before = clock.now() - timedelta(days=days)
    with work_for(org_id) as session:
        people = repository.erasable_people(session, left_before=left_before, most=PEOPLE_A_NIGHT)
    for user_id in people:
        with work_for(org_id) as session:
            request = requests.open_request(
                session, user_id=user_id, kind=PrivacyKind.ERASE, requested_by=None
            )
            requests.approve(session, request)
            request.decision_reason, request.decided_at = REASON, clock.now()
            audit.record(
                session, "privacy_request.created", subject_type=requests.SUBJECT, subject_id=request.id,
                after={"kind": "erase", "user_id": str(user_id)}, reason=REASON,
            )  # fmt: skip
    return len(people)
