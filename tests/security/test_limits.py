"""R15: whoever asks ten times as often as they may is let through as often as they may."""

from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import text

from assessment.rules.previews import PREVIEWS_AN_HOUR
from assessment.service.openings import AI_CALLS_AN_HOUR
from identity.rules.audit_files import EXPORTS_A_DAY as AUDIT_EXPORTS_A_DAY
from identity.service.audit_events import VERIFICATIONS_A_DAY
from identity.service.privacy_requests import REQUESTS_A_DAY
from identity.service.registrations import PER_ADDRESS, PERIOD_SECONDS
from insights.rules.exports import EXPORTS_A_DAY
from insights.rules.reports import RUNS_A_DAY
from lodestar import limits
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.problems import RateLimited
from media.service.uploads import UPLOADS_AN_HOUR
from tests.factories.identity import an_organization
from tests.proof import Proof

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
TIMES = 10
UNLIMITED = "SELECT NULL WHERE CAST(:bucket AS text) = '' OR CAST(:capacity AS integer) + CAST(:seconds AS integer) < 0"
BUCKETS = {
    "ai": (AI_CALLS_AN_HOUR, 3600),
    "uploads": (UPLOADS_AN_HOUR, 3600),
    "registrations": (PER_ADDRESS, PERIOD_SECONDS),
    "privacy_requests": (REQUESTS_A_DAY, 86_400),
    "previews": (PREVIEWS_AN_HOUR, 3600),
    "exports": (EXPORTS_A_DAY, 86_400),
    "audit_exports": (AUDIT_EXPORTS_A_DAY, 86_400),
    "audit_verifications": (VERIFICATIONS_A_DAY, 86_400),
    "report_runs": (RUNS_A_DAY, 86_400),
}


def let_through(name: str, *, org_id: UUID, caller: UUID) -> int:
    """How many of ten times too many were admitted, each in a transaction of its own."""
    capacity, seconds = BUCKETS[name]
    admitted = 0
    for _ in range(capacity * TIMES):
        with suppress(RateLimited), work_for(org_id) as session:
            limits.spend(session, name, caller, capacity=capacity, per_seconds=seconds)
            admitted += 1
    return admitted


@pytest.mark.parametrize("name", BUCKETS)
def test_ten_times_the_rate_gets_the_rate(name: str, proof: Proof) -> None:
    org_id, caller = an_organization(), new_id()
    capacity, _ = BUCKETS[name]
    admitted = let_through(name, org_id=org_id, caller=caller)
    beyond = ["admitted"] * max(0, admitted - capacity - 1) + ["refused"] * max(0, capacity - admitted)
    proof.found("R15", f"{name} at {TIMES} times its rate", tried=capacity * TIMES, wrong=beyond)
    assert let_through(name, org_id=org_id, caller=new_id()) >= capacity, (
        "another caller's bucket is their own"
    )


def test_without_the_bucket_all_of_them_get_through(monkeypatch: pytest.MonkeyPatch, proof: Proof) -> None:
    monkeypatch.setattr(limits, "SPEND", text(UNLIMITED))
    capacity, _ = BUCKETS["privacy_requests"]
    admitted = let_through("privacy_requests", org_id=an_organization(), caller=new_id())
    proof.control("R15", "the token bucket", tried=capacity * TIMES, caught=admitted - capacity)
