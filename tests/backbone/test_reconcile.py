"""Work that a crash left behind is asked for again."""

from uuid import UUID

import pytest
from sqlalchemy import text

from backbone import reconcile
from lodestar.contracts.identity import MembershipCreated
from lodestar.ids import new_id
from tests.bus import emitted

pytestmark = pytest.mark.usefixtures("product")
STUCK = "SELECT CAST(:org AS uuid) AS org_id, 'identity.membership_created' AS event_name, CAST(:data AS jsonb) AS data"


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> UUID:
    """An organization for which a domain reports one piece of stuck work."""
    org_id, event = (
        new_id(),
        MembershipCreated.model_validate({"membership_id": new_id(), "user_id": new_id(), "role": "learner"}),
    )
    query = text(STUCK + " WHERE CAST(:older_than AS integer) > 0").bindparams(
        org=org_id, data=event.model_dump_json()
    )
    monkeypatch.setitem(reconcile.SOURCES, "test", query)
    return org_id


def test_each_run_asks_again_in_the_works_own_organization(stuck: UUID) -> None:
    assert reconcile.handler({}, None)["test"] == 1
    assert reconcile.handler({}, None)["test"] == 1
    events = emitted(stuck)
    assert [event["name"] for event in events] == ["identity.membership_created"] * 2
    assert len({event["event_id"] for event in events}) == 2


def test_every_domain_that_reports_stuck_work_answers() -> None:
    assert set(reconcile.handler({}, None)) == {
        "attempts", "assets", "audit_exports", "exports", "previews", "privacy_requests", "reports", "failed",
    }  # fmt: skip


def test_one_that_cannot_be_asked_for_keeps_nothing_from_it(
    stuck: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = " UNION ALL ".join(
        f"SELECT uuidv7() AS org_id, '{event}' AS event_name, CAST('{{}}' AS jsonb) AS data"
        for event in ("identity.never_happened", "nowhere.never_happened", "identity.membership_created")
    )
    others = {
        "bad": text(f"{bad} WHERE CAST(:older_than AS integer) > 0"),
        "broken": text("SELECT FROM backbone.nowhere WHERE :older_than > 0"),
        **reconcile.SOURCES,
    }
    monkeypatch.setattr(reconcile, "SOURCES", others)
    counts = reconcile.handler({}, None)
    assert {kind: counts[kind] for kind in ("bad", "broken", "test", "failed")} == {
        "bad": 0, "broken": 0, "test": 1, "failed": 4,
    }  # fmt: skip
    assert [event["name"] for event in emitted(stuck)] == ["identity.membership_created"]


def test_an_event_that_nobody_publishes_is_an_error() -> None:
    with pytest.raises(LookupError):
        reconcile.event_type("identity.never_happened")
