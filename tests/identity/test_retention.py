"""/v1/identity/retention-policies, and the nights on which they are applied."""

from datetime import timedelta
from uuid import UUID

import boto3
import pytest
from sqlalchemy import text

from backbone import retain_runs
from identity.schedules import retain_members
from lodestar import clock
from lodestar.config import settings
from lodestar.db import work_for
from lodestar.principal import Role
from media.schedules import purge_assets, retain_recordings
from messaging.schedules import retain_notifications
from tests.database import Database
from tests.factories.identity import a_person, an_organization
from tests.factories.media import an_asset
from tests.gateway import Person, get, put
from tests.privacy import REQUESTS, asked, fulfilled
from tests.security.canaries import unguarded

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
    return a_person(org_id)


def hold(*people: Person) -> dict[str, object]:
    return {"legal_holds": [{"user_id": str(p.user_id), "reason": "File 2026-114."} for p in people]}


def days(person: Person) -> dict[str, int]:
    return {p["category"]: p["days"] for p in get(POLICIES, as_=person).expect(200)["periods"]}


def scalar(org_id: UUID, query: str, **parameters: object) -> object:
    with work_for(org_id) as session:
        return session.scalar(text(query), parameters)


def a_notification(person: Person, *, age_days: int) -> None:
    with work_for(person.org_id) as session:
        statement = """
            INSERT INTO messaging.notifications
              (recipient_id, type, title, body, target_type, target_id, dedupe_key, created_at)
            VALUES (:id, 'star_awarded', 'A star', '', 'enrollment', uuidv7(), :age, now() - make_interval(days => :age))
        """
        session.execute(text(statement), {"id": person.user_id, "age": age_days})


def test_the_usual_periods_are_those_of_the_requirements(learner: Person) -> None:
    assert days(learner) == {
        "interview_recordings": 180, "member_records": 1095, "notifications": 365, "ai_runs": 365, "operations": 90,
    }  # fmt: skip


def test_what_is_left_out_is_back_to_usual(admin: Person) -> None:
    put(POLICIES, {"periods": {"notifications": 30}}, as_=admin).expect(200)
    assert days(admin)["notifications"] == 30
    put(POLICIES, {"periods": {"ai_runs": 10}}, as_=admin).expect(200)
    assert (days(admin)["notifications"], days(admin)["ai_runs"]) == (365, 10)


def test_of_two_who_change_the_policies_the_second_is_told(admin: Person) -> None:
    etag = get(POLICIES, as_=admin).headers["etag"]
    put(POLICIES, {"periods": {"notifications": 30}}, as_=admin, headers={"If-Match": etag}).expect(200)
    put(POLICIES, {"periods": {"notifications": 60}}, as_=admin, headers={"If-Match": etag}).expect(412)


def test_only_administrators_set_periods_and_see_holds(admin: Person, learner: Person) -> None:
    put(POLICIES, {"periods": {"notifications": 1}}, as_=learner).expect(403)
    put(POLICIES, hold(learner), as_=admin).expect(200)
    assert get(POLICIES, as_=learner).expect(200)["legal_holds"] == []
    assert [h["user_id"] for h in get(POLICIES, as_=admin).expect(200)["legal_holds"]] == [
        str(learner.user_id)
    ]


@pytest.mark.parametrize("period", [{"notifications": 0}, {"notifications": 3651}, {"audit_events": 10}])
def test_a_period_is_of_a_known_category_and_a_sensible_length(admin: Person, period: dict[str, int]) -> None:
    put(POLICIES, {"periods": period}, as_=admin).expect(422)


def test_a_hold_is_on_a_person_of_the_organization(admin: Person) -> None:
    put(POLICIES, hold(a_person(an_organization())), as_=admin).expect(404)


def test_old_notifications_go_and_those_of_held_people_stay(
    admin: Person, learner: Person, org_id: UUID
) -> None:
    held = a_person(org_id)
    put(POLICIES, {"periods": {"notifications": 30}, **hold(held)}, as_=admin).expect(200)
    for person in (learner, held):
        for age in (10, 40):
            a_notification(person, age_days=age)
    retain_notifications.handler({}, None)
    left = "SELECT count(*) FROM messaging.notifications WHERE recipient_id = :id"
    assert scalar(org_id, left, id=learner.user_id) == 1
    assert scalar(org_id, left, id=held.user_id) == 2


def test_old_runs_and_operations_go(admin: Person, org_id: UUID) -> None:
    with work_for(org_id) as session:
        session.execute(
            text("""
            INSERT INTO backbone.ai_runs (id, purpose, model, source, latency_ms, outcome, created_at)
            SELECT uuidv7(), 'grade', 'offline', 'model', 5, 'ok', now() - make_interval(days => age)
            FROM unnest(ARRAY[10, 400]) AS age
        """)
        )
    retain_runs.handler({}, None)
    assert scalar(org_id, "SELECT count(*) FROM backbone.ai_runs") == 1


def test_a_recording_ends_when_its_organization_says(admin: Person, learner: Person, org_id: UUID) -> None:
    held = a_person(org_id)
    long_ago, store = clock.now() - timedelta(days=40), boto3.client("s3")
    assets = {}
    for person in (learner, held):
        key = f"{org_id}/interview_video/{person.user_id}/original.webm"
        assets[person.user_id] = an_asset(
            org_id, person.user_id, purpose="interview_video", storage_key=key, created_at=long_ago,
            retain_until=long_ago + timedelta(days=180),
        )  # fmt: skip
        store.put_object(Bucket=settings().need("media_bucket"), Key=key, Body=b"a recording")
    put(POLICIES, {"periods": {"interview_recordings": 30}, **hold(held)}, as_=admin).expect(200)
    retain_recordings.handler({}, None)
    purge_assets.handler({}, None)
    listed = store.list_objects_v2(
        Bucket=settings().need("media_bucket"), Prefix=f"{org_id}/interview_video/"
    )
    assert [str(held.user_id) in found["Key"] for found in listed["Contents"]] == [True]


def test_who_left_long_ago_is_erased_by_night(database: Database, learner: Person, org_id: UUID) -> None:
    recent = a_person(org_id)
    with unguarded(database.migrator_url, keep=True) as connection:
        ended = "UPDATE identity.memberships SET ended_at = now() - make_interval(days => :age) WHERE user_id = :id"
        connection.execute(text(ended), {"id": learner.user_id, "age": 1100})
        connection.execute(text(ended), {"id": recent.user_id, "age": 1000})
    for _ in range(2):
        retain_members.handler({}, None)
    asked_for = "SELECT id FROM identity.privacy_requests WHERE user_id = :id AND requested_by IS NULL"
    request_id = scalar(org_id, asked_for, id=learner.user_id)
    assert scalar(org_id, asked_for, id=recent.user_id) is None
    assert fulfilled(org_id, str(request_id)) == "Erased"


def test_an_archive_is_deleted_after_a_week(learner: Person, org_id: UUID) -> None:
    request_id = asked(learner, "export")
    fulfilled(org_id, request_id)
    with work_for(org_id) as session:
        expire = "UPDATE identity.privacy_requests SET export_expires_at = now() - interval '1 minute' WHERE id = :id"
        session.execute(text(expire), {"id": request_id})
    assert get(f"{REQUESTS}/{request_id}", as_=learner).expect(200)["download"] is None
    retain_members.handler({}, None)
    prefix = f"{org_id}/privacy/"
    found = boto3.client("s3").list_objects_v2(Bucket=settings().need("media_bucket"), Prefix=prefix)
    assert found["KeyCount"] == 0
