"""/v1/identity/api-keys."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from identity.rules.scopes import DOMAINS, PERSONS_ONLY
from identity.schedules import warn_of_ending_keys
from lodestar import clock
from lodestar.db import work_for
from lodestar.principal import NOBODY, Role
from tests import gateway
from tests.bus import deliver, emitted
from tests.factories.identity import a_person, an_organization
from tests.security.operations import operations
from tests.security.rights import DECIDED_IN_QUERIES

pytestmark = pytest.mark.usefixtures("product")
KEYS = "/v1/identity/api-keys"
BODY = {"name": "Nightly import", "scopes": ["learning:read", "assessment:write"], "expires_in_days": 30}


def an_admin() -> gateway.Person:
    return a_person(an_organization(), Role.ORG_ADMIN)


def a_key(admin: gateway.Person) -> dict[str, Any]:
    made: dict[str, Any] = gateway.post(KEYS, BODY, as_=admin).expect(201)
    return made


def resolves(key: str) -> bool:
    import hashlib

    with work_for(UUID(int=0)) as session:
        found = session.execute(
            text("SELECT api_key_id FROM identity.resolve_api_key(:hash)"),
            {"hash": hashlib.sha256(key.encode()).hexdigest()},
        )
        return found.first() is not None


def test_a_key_is_shown_once_and_kept_as_a_hash() -> None:
    admin, key = an_admin(), {"Idempotency-Key": str(uuid4())}
    answer = gateway.post(KEYS, BODY, as_=admin, headers=key)
    made = answer.expect(201)
    assert made["key"].startswith("lsk_")
    assert len(made["key"]) >= len("lsk_") + 128 // 6
    assert made["key"].startswith(made["prefix"])
    assert answer.headers["cache-control"] == "no-store"
    repeated = gateway.post(KEYS, BODY, as_=admin, headers=key)
    assert repeated.expect(409)["code"] == "secret_already_shown"
    (listed,) = gateway.get(KEYS, as_=admin).expect(200)["data"]
    assert "key" not in listed
    assert (listed["state"], listed["scopes"]) == ("active", ["assessment:write", "learning:read"])
    with work_for(admin.org_id) as session:
        for table in ("identity.api_keys", "backbone.outbox", "backbone.idempotency_keys"):
            rows = session.scalars(text(f"SELECT row_to_json(t)::text FROM {table} AS t")).all()
            assert rows
            assert not any(made["key"] in row for row in rows)


def test_both_keys_work_for_the_overlap_of_a_rotation() -> None:
    admin = an_admin()
    old = a_key(admin)
    new = gateway.post(f"{KEYS}/{old['id']}/rotations", {"overlap_hours": 2}, as_=admin).expect(201)
    assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
    assert resolves(old["key"])
    assert resolves(new["key"])
    (kept,) = [k for k in gateway.get(KEYS, as_=admin).expect(200)["data"] if k["id"] == old["id"]]
    assert kept["rotated_to"] == new["id"]
    left = datetime.fromisoformat(kept["expires_at"]) - clock.now()
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)
    again = gateway.post(f"{KEYS}/{old['id']}/rotations", {}, as_=admin)
    assert again.expect(409)["code"] == "key_not_usable"


def test_without_overlap_the_old_key_ends_at_once() -> None:
    admin = an_admin()
    old = a_key(admin)
    new = gateway.post(f"{KEYS}/{old['id']}/rotations", {"overlap_hours": 0}, as_=admin).expect(201)
    assert (resolves(old["key"]), resolves(new["key"])) == (False, True)


def test_a_key_is_revoked_by_any_administrator_and_rotated_by_its_owner_only() -> None:
    admin = an_admin()
    colleague, made = a_person(admin.org_id, Role.ORG_ADMIN), a_key(admin)
    assert gateway.post(f"{KEYS}/{made['id']}/rotations", {}, as_=colleague).status == 404
    gateway.delete(f"{KEYS}/{made['id']}", as_=colleague).expect(204)
    gateway.delete(f"{KEYS}/{made['id']}", as_=colleague).expect(204)
    assert not resolves(made["key"])
    actions = [e["data"]["action"] for e in emitted(admin.org_id, "backbone.audit_recorded")]
    assert actions == ["api_key.created", "api_key.revoked"]


def test_a_key_makes_no_keys() -> None:
    admin = an_admin()
    made = a_key(admin)
    machine = gateway.Person(
        admin.user_id,
        admin.memberships,
        extra={"api_key_id": made["id"], "scopes": "identity:read identity:write"},
    )
    assert gateway.get(KEYS, as_=machine).status == 200
    for answer in (
        gateway.post(KEYS, BODY, as_=machine),
        gateway.post(f"{KEYS}/{made['id']}/rotations", {}, as_=machine),
        gateway.delete(f"{KEYS}/{made['id']}", as_=machine),
    ):
        assert answer.expect(403)["code"] == "person_required"


def test_a_key_of_another_tenant_is_absent() -> None:
    admin, made = an_admin(), a_key(an_admin())
    for key_id in (made["id"], str(uuid4())):
        assert gateway.delete(f"{KEYS}/{key_id}", as_=admin).expect(404)["code"] == "not_found"
        assert gateway.post(f"{KEYS}/{key_id}/rotations", {}, as_=admin).expect(404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scopes", []),
        ("scopes", ["learning:admin"]),
        ("scopes", ["*"]),
        ("expires_in_days", 0),
        ("expires_in_days", 366),
        ("name", ""),
        ("user_id", str(NOBODY)),
    ],
)
def test_a_key_that_makes_no_sense_says_which_field(field: str, value: Any) -> None:
    answer = gateway.post(KEYS, {**BODY, field: value}, as_=an_admin()).expect(422)
    assert answer["errors"][0]["field"].startswith(field)


def test_the_scopes_say_what_they_open() -> None:
    admin = an_admin()
    told = gateway.get(f"{KEYS}/scopes", as_=admin).expect(200)
    by_scope = {one["scope"]: one for one in told["scopes"]}
    assert by_scope.keys() == {f"{domain}:{verb}" for domain in DOMAINS for verb in ("read", "write")}
    everything = {**BODY, "scopes": sorted(by_scope)}
    assert gateway.post(KEYS, everything, as_=admin).expect(201)["scopes"] == sorted(by_scope)
    for operation in operations():
        if operation.is_public:
            continue
        method = operation.method.upper()
        opening = [
            one["scope"]
            for one in told["scopes"]
            if method in one["methods"] and operation.path.startswith(one["path_prefix"])
        ]
        verb = "read" if method == "GET" else "write"
        assert opening == [f"{operation.path.split('/')[2]}:{verb}"], str(operation)
    assert gateway.get(f"{KEYS}/scopes", as_=a_person(admin.org_id)).status == 403


def test_what_the_scopes_leave_to_persons_is_what_no_key_does() -> None:
    closed = {name for name, right in DECIDED_IN_QUERIES.items() if right.persons_only}
    assert set(PERSONS_ONLY) == closed


@pytest.mark.parametrize("a_minute", [0, 6001, "600"])
def test_a_keys_limit_is_chosen_within_a_bound(a_minute: Any) -> None:
    admin = an_admin()
    assert gateway.post(KEYS, {**BODY, "calls_per_minute": a_minute}, as_=admin).status == 422
    made = gateway.post(KEYS, {**BODY, "calls_per_minute": 60}, as_=admin).expect(201)
    new = gateway.post(f"{KEYS}/{made['id']}/rotations", {}, as_=admin).expect(201)
    assert (made["calls_per_minute"], new["calls_per_minute"]) == (60, 60)


def expire_in(key_id: str, org_id: UUID, **ahead: float) -> None:
    with work_for(org_id) as session:
        moved = {"id": key_id, "at": clock.now() + timedelta(**ahead)}
        session.execute(text("UPDATE identity.api_keys SET expires_at = :at WHERE id = :id"), moved)
        session.execute(
            text("UPDATE identity.api_keys SET created_at = created_at - interval '30 days' WHERE id = :id"),
            moved,
        )


def letters(org_id: UUID) -> list[dict[str, Any]]:
    return [event["data"] for event in emitted(org_id, "messaging.message_requested")]


def test_the_owner_of_a_key_that_ends_in_a_week_is_told_once() -> None:
    admin = an_admin()
    ending, later, gone, replaced = (
        gateway.post(KEYS, {**BODY, "name": name}, as_=admin).expect(201)
        for name in ("ending", "later", "gone", "replaced")
    )
    gateway.delete(f"{KEYS}/{gone['id']}", as_=admin).expect(204)
    gateway.post(f"{KEYS}/{replaced['id']}/rotations", {"overlap_hours": 100}, as_=admin).expect(201)
    for key in (ending, gone, replaced):
        expire_in(key["id"], admin.org_id, days=6)
    expire_in(later["id"], admin.org_id, days=8)
    for _ in range(2):
        warn_of_ending_keys.handler({}, None)
    (letter,) = letters(admin.org_id)
    assert letter["variables"]["key_name"] == "ending"
    assert letter["recipients"][0]["user_id"] == str(admin.user_id)
    assert "lsk_" in letter["variables"]["key_prefix"]
    assert ending["key"] not in str(letter)
    deliver(admin.org_id)
    (notice,) = gateway.get("/v1/messaging/notifications", as_=admin).expect(200)["data"]
    assert "ending" in notice["title"]


def test_a_key_that_was_made_for_a_week_is_not_warned_of() -> None:
    admin = an_admin()
    gateway.post(KEYS, {**BODY, "expires_in_days": 7}, as_=admin).expect(201)
    warn_of_ending_keys.handler({}, None)
    assert letters(admin.org_id) == []


def test_a_key_ends_with_its_owners_membership() -> None:
    admin = an_admin()
    made = a_key(admin)
    assert resolves(made["key"])
    with work_for(admin.org_id) as session:
        session.execute(text("UPDATE identity.memberships SET ended_at = now()"))
    assert not resolves(made["key"])


def test_staff_has_no_keys() -> None:
    assert gateway.post(KEYS, BODY, as_=a_person(an_organization(), Role.ORG_STAFF)).status == 403


def test_a_live_key_s_name_is_its_own_and_one_that_is_over_gives_it_free() -> None:
    admin = an_admin()
    for _ in range(2):
        made = a_key(admin)
        assert gateway.post(KEYS, BODY, as_=admin).expect(409)["code"] == "key_name_taken"
        gateway.delete(f"{KEYS}/{made['id']}", as_=admin).expect(204)
    expired, another = a_key(admin), an_admin()
    with work_for(admin.org_id) as session:
        past = {"id": expired["id"], "at": clock.now() - timedelta(days=1)}
        session.execute(text("UPDATE identity.api_keys SET expires_at = :at WHERE id = :id"), past)
    a_key(admin)
    a_key(another)


def test_the_database_itself_keeps_a_name_to_one_live_key() -> None:
    admin = an_admin()
    made = a_key(admin)
    double = """
        INSERT INTO identity.api_keys (user_id, name, prefix, key_hash, scopes, expires_at)
        SELECT user_id, name, prefix, 'another', scopes, expires_at FROM identity.api_keys WHERE id = :id
        """
    with pytest.raises(DBAPIError, match="api_keys_live_name"), work_for(admin.org_id) as session:
        session.execute(text(double), {"id": made["id"]})
