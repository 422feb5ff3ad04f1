"""/v1/identity/privacy-requests, from the request to the archive or the certificate."""

from uuid import UUID

import boto3
import pytest
from sqlalchemy import text

from lodestar.config import settings
from lodestar.db import work_for
from lodestar.principal import Role
from tests import bus
from tests.factories.identity import a_person, an_organization
from tests.factories.media import an_asset
from tests.gateway import Person, get, post, put
from tests.privacy import REQUESTS, approved, archive, asked, execution_of, exported, fulfilled, rows

pytestmark = pytest.mark.usefixtures("product")
POLICIES = "/v1/identity/retention-policies"


@pytest.fixture
def org_id() -> UUID:
    return an_organization()


@pytest.fixture
def admin(org_id: UUID) -> Person:
    return a_person(org_id, Role.ORG_ADMIN)


@pytest.fixture
def learner(org_id: UUID) -> Person:
    return a_person(org_id, name="Grace Hopper")


def held(admin: Person, *people: Person) -> None:
    holds = [{"user_id": str(person.user_id), "reason": "File 2026-114."} for person in people]
    put(POLICIES, {"legal_holds": holds}, as_=admin).expect(200)


def request_of(request_id: str, person: Person) -> dict[str, object]:
    found: dict[str, object] = get(f"{REQUESTS}/{request_id}", as_=person).expect(200)
    return found


def count(org_id: UUID, query: str, **parameters: object) -> int:
    with work_for(org_id) as session:
        return int(session.scalar(text(query), parameters) or 0)


def test_an_export_needs_no_decision_and_is_fetched_by_a_short_link(learner: Person) -> None:
    request_id = asked(learner, "export")
    assert request_of(request_id, learner)["state"] == "approved"
    assert fulfilled(learner.org_id, request_id) == "Exported"
    answer = get(f"{REQUESTS}/{request_id}", as_=learner)
    assert answer.headers["cache-control"] == "no-store"
    entries = archive(answer.json)
    assert [row["display_name"] for row in rows(entries, "identity.users")] == ["Grace Hopper"]
    assert {"README.txt", "manifest.json"} <= entries.keys()


def test_the_operation_of_a_request_tells_how_far_it_is(learner: Person) -> None:
    answer = post(REQUESTS, {"kind": "export"}, as_=learner)
    operation = answer.headers["location"]
    assert get(operation, as_=learner).expect(200)["status"] == "pending"
    fulfilled(learner.org_id, answer.json["id"])
    assert get(operation, as_=learner).expect(200)["status"] == "succeeded"


def test_an_export_holds_the_persons_files(learner: Person) -> None:
    key = f"{learner.org_id}/interview_video/a/original.webm"
    an_asset(learner.org_id, learner.user_id, purpose="interview_video", storage_key=key)
    boto3.client("s3").put_object(Bucket=settings().need("media_bucket"), Key=key, Body=b"a recording")
    assert exported(learner)["files/interview_video/a/original.webm"] == b"a recording"


def test_whoever_asked_is_told_once_that_the_archive_is_ready(learner: Person) -> None:
    exported(learner)
    bus.deliver(learner.org_id)
    bus.deliver(learner.org_id, again=True)
    told = get("/v1/messaging/notifications?type=export_ready", as_=learner).expect(200)["data"]
    assert [notice["title"] for notice in told] == ["Your data is ready"]


def test_a_second_request_names_the_open_one(learner: Person) -> None:
    request_id = asked(learner, "erase")
    refused = post(REQUESTS, {"kind": "erase"}, as_=learner).expect(409)
    assert (refused["code"], refused["request_id"]) == ("privacy_request_open", request_id)


def test_people_see_their_own_requests_and_administrators_all(
    learner: Person, admin: Person, org_id: UUID
) -> None:
    request_id = asked(learner, "erase")
    peer = a_person(org_id)
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    assert [r["id"] for r in get(REQUESTS, as_=admin).expect(200)["data"]] == [request_id]
    assert [r["id"] for r in get(REQUESTS, as_=learner).expect(200)["data"]] == [request_id]
    assert get(REQUESTS, as_=peer).expect(200)["data"] == []
    for other in (peer, stranger):
        get(f"{REQUESTS}/{request_id}", as_=other).expect(404)
    ruling = {"decision": "approved", "reason": "I am curious."}
    post(f"{REQUESTS}/{request_id}/decisions", ruling, as_=stranger).expect(404)
    post(f"{REQUESTS}/{request_id}/decisions", ruling, as_=learner).expect(403)


def test_an_administrator_sees_anothers_export_but_gets_no_link(learner: Person, admin: Person) -> None:
    request_id = asked(learner, "export")
    fulfilled(learner.org_id, request_id)
    assert request_of(request_id, admin)["download"] is None


def test_only_administrators_ask_for_somebody_else(learner: Person, admin: Person) -> None:
    body = {"kind": "export", "user_id": str(admin.user_id)}
    post(REQUESTS, body, as_=learner).expect(403)
    for_learner = {"kind": "export", "user_id": str(learner.user_id)}
    request_id = post(REQUESTS, for_learner, as_=admin).expect(202)["id"]
    fulfilled(learner.org_id, request_id)
    assert request_of(request_id, admin)["download"]
    stranger = a_person(an_organization())
    post(REQUESTS, {"kind": "export", "user_id": str(stranger.user_id)}, as_=admin).expect(404)


def test_an_erasure_waits_for_its_decision_and_ends_in_a_certificate(learner: Person, admin: Person) -> None:
    request_id = asked(learner, "erase")
    assert request_of(request_id, learner)["state"] == "pending"
    approved(request_id, admin)
    assert fulfilled(learner.org_id, request_id) == "Erased"
    request = request_of(request_id, admin)
    certificate = request["certificate"]
    assert isinstance(certificate, dict)
    assert certificate["account"] == {"outcome": "erased"}
    assert [d["domain"] for d in certificate["domains"]] == [
        "assessment", "backbone", "identity", "insights", "learning", "media", "messaging",
    ]  # fmt: skip
    kept = {t["table"] for d in certificate["domains"] for t in d["tables"] if t["outcome"] == "kept"}
    assert "backbone.audit_events" in kept
    assert all(t.get("ground") for d in certificate["domains"] for t in d["tables"] if t["table"] in kept)


def test_a_rejected_erasure_changes_nothing(learner: Person, admin: Person) -> None:
    request_id = asked(learner, "erase")
    ruling = {"decision": "rejected", "reason": "Withdrawn by the learner."}
    post(f"{REQUESTS}/{request_id}/decisions", ruling, as_=admin).expect(202)
    post(f"{REQUESTS}/{request_id}/decisions", ruling, as_=admin).expect(409)
    assert get("/v1/identity/me", as_=learner).expect(200)["display_name"] == "Grace Hopper"
    asked(learner, "erase")


def test_a_legal_hold_blocks_the_decision_in_words(learner: Person, admin: Person) -> None:
    request_id = asked(learner, "erase")
    held(admin, learner)
    ruling = {"decision": "approved", "reason": "Identity confirmed."}
    refused = post(f"{REQUESTS}/{request_id}/decisions", ruling, as_=admin).expect(409)
    assert refused["code"] == "legal_hold"
    held(admin)
    approved(request_id, admin)


def test_a_hold_that_comes_in_between_stops_the_erasure(learner: Person, admin: Person) -> None:
    request_id = asked(learner, "erase")
    approved(request_id, admin)
    started = execution_of(learner.org_id, request_id)
    held(admin, learner)
    assert started.run() == "Held"
    request = request_of(request_id, admin)
    assert (request["state"], "legal hold" in str(request["problem_detail"])) == ("pending", True)
    query = "SELECT count(*) FROM identity.memberships WHERE user_id = :id"
    assert count(learner.org_id, query, id=learner.user_id) == 1
    held(admin)
    approved(request_id, admin)
    assert fulfilled(learner.org_id, request_id) == "Erased"


def test_the_last_administrator_cannot_be_erased(admin: Person) -> None:
    request_id = asked(admin, "erase")
    ruling = {"decision": "approved", "reason": "I leave."}
    refused = post(f"{REQUESTS}/{request_id}/decisions", ruling, as_=admin).expect(409)
    assert refused["code"] == "last_administrator"


def test_an_account_that_another_organization_knows_stays_and_the_certificate_says_so(
    learner: Person, admin: Person
) -> None:
    elsewhere = an_organization()
    with work_for(elsewhere) as session:
        statement = "INSERT INTO identity.memberships (user_id, role) VALUES (:id, 'learner')"
        session.execute(text(statement), {"id": learner.user_id})
    request_id = asked(learner, "erase")
    approved(request_id, admin)
    fulfilled(learner.org_id, request_id)
    certificate = request_of(request_id, admin)["certificate"]
    assert isinstance(certificate, dict)
    assert certificate["account"]["outcome"] == "kept"
    name = "SELECT count(*) FROM identity.users WHERE id = :id AND display_name = 'Grace Hopper'"
    assert count(elsewhere, name, id=learner.user_id) == 1
    assert count(learner.org_id, name, id=learner.user_id) == 0


def test_an_event_told_twice_is_worked_on_once(learner: Person) -> None:
    request_id = asked(learner, "export")
    second = execution_of(learner.org_id, request_id)
    assert fulfilled(learner.org_id, request_id) == "Exported"
    assert second.run() == "Superseded"


@pytest.mark.parametrize("kind", ["export", "erase"])
def test_every_step_may_run_twice(learner: Person, admin: Person, kind: str) -> None:
    request_id = asked(learner, kind)
    if kind == "erase":
        approved(request_id, admin)

    def twice(_state: str, call):  # type: ignore[no-untyped-def]
        call()
        return call()

    end = fulfilled(learner.org_id, request_id, around=twice)
    assert end == {"export": "Exported", "erase": "Erased"}[kind]


def test_no_certificate_before_every_domain_confirmed(learner: Person, admin: Person) -> None:
    request_id = asked(learner, "erase")
    approved(request_id, admin)

    def without_learning(state: str, call):  # type: ignore[no-untyped-def]
        return {} if state == "AnswerForLearning" else call()

    assert fulfilled(learner.org_id, request_id, around=without_learning) == "FulfilmentFailed"
    request = request_of(request_id, admin)
    assert (request["state"], request["certificate"]) == ("approved", None)
    assert fulfilled(learner.org_id, request_id) == "Erased"


def test_what_keeps_failing_is_given_up_and_may_be_decided_again(learner: Person, admin: Person) -> None:
    request_id = asked(learner, "erase")
    approved(request_id, admin)

    def broken(state: str, call):  # type: ignore[no-untyped-def]
        if state == "AnswerForMedia":
            raise RuntimeError("no storage")
        return call()

    for _ in range(5):
        assert fulfilled(learner.org_id, request_id, around=broken) == "FulfilmentFailed"
    assert request_of(request_id, admin)["state"] == "failed"
    approved(request_id, admin)
    assert fulfilled(learner.org_id, request_id) == "Erased"


def test_evidence_is_deleted_by_an_erasure_only(learner: Person) -> None:
    """The control of erasure's right to delete: the application by itself has none."""
    with work_for(learner.org_id) as session:
        deleted = session.execute(text("DELETE FROM identity.memberships")).rowcount  # type: ignore[attr-defined]
    assert deleted == 0
