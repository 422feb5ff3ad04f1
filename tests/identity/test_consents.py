"""/v1/identity/consents, /feature-flags and /operations."""

from uuid import uuid4

import pytest

from lodestar import operations
from lodestar.contracts import identity
from lodestar.db import unit_of_work, work_for
from lodestar.principal import Principal, Role
from tests import gateway
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization

pytestmark = pytest.mark.usefixtures("product")
CONSENTS = "/v1/identity/consents"
FLAGS = "/v1/identity/feature-flags"
OPERATIONS = "/v1/identity/operations"
GIVEN = {"purpose": "recording", "notice_version": "2026-01"}


def has_consented(person: gateway.Person) -> bool:
    with work_for(person.org_id) as session:
        return identity.has_consented(session, person.user_id, "recording")


def test_a_consent_stands_until_it_is_withdrawn_and_others_are_told() -> None:
    person = a_person(an_organization())
    first = gateway.post(CONSENTS, GIVEN, as_=person).expect(201)
    assert gateway.post(CONSENTS, GIVEN, as_=person).expect(201)["id"] == first["id"]
    assert has_consented(person)
    gateway.delete(f"{CONSENTS}/recording", as_=person).expect(204)
    assert not has_consented(person)
    assert gateway.delete(f"{CONSENTS}/recording", as_=person).status == 404
    (told,) = emitted(person.org_id, "identity.consent_withdrawn")
    assert told["data"] == {"user_id": str(person.user_id), "purpose": "recording"}
    again = gateway.post(CONSENTS, GIVEN, as_=person).expect(201)
    listed = gateway.get(CONSENTS, as_=person).expect(200)["data"]
    assert [(c["id"], c["withdrawn_at"] is None) for c in listed] == [
        (again["id"], True),
        (first["id"], False),
    ]
    assert len(emitted(person.org_id, "backbone.audit_recorded")) == 3


def test_a_consent_is_ones_own() -> None:
    org_id = an_organization()
    person, peer = a_person(org_id), a_person(org_id, Role.ORG_ADMIN)
    gateway.post(CONSENTS, GIVEN, as_=person).expect(201)
    assert gateway.get(CONSENTS, as_=peer).expect(200)["data"] == []
    assert gateway.delete(f"{CONSENTS}/recording", as_=peer).status == 404
    assert gateway.post(CONSENTS, {**GIVEN, "user_id": str(person.user_id)}, as_=peer).status == 422
    assert gateway.post(CONSENTS, {**GIVEN, "purpose": "anything"}, as_=person).status == 422


def test_another_version_of_the_notice_is_another_consent_and_both_stay_readable() -> None:
    person = a_person(an_organization())
    first = gateway.post(CONSENTS, GIVEN, as_=person).expect(201)
    second = gateway.post(CONSENTS, {**GIVEN, "notice_version": "2027-01"}, as_=person).expect(201)
    assert has_consented(person)
    listed = gateway.get(CONSENTS, as_=person).expect(200)["data"]
    assert [(c["id"], c["notice_version"], c["withdrawn_at"] is None) for c in listed] == [
        (second["id"], "2027-01", True),
        (first["id"], "2026-01", False),
    ]
    assert emitted(person.org_id, "identity.consent_withdrawn") == [], "nobody withdrew"


def test_staff_see_what_a_person_consented_to_and_nobody_else_does() -> None:
    org_id = an_organization()
    person, staff = a_person(org_id), a_person(org_id, Role.ORG_STAFF)
    gateway.post(CONSENTS, GIVEN, as_=person).expect(201)
    url = f"{CONSENTS}?user_id={person.user_id}"
    (seen,) = gateway.get(url, as_=staff).expect(200)["data"]
    assert seen.keys() == {"id", "purpose", "notice_version", "granted_at", "withdrawn_at"}
    assert len(gateway.get(url, as_=person).expect(200)["data"]) == 1
    for other in (a_person(org_id), a_person(an_organization(), Role.ORG_ADMIN)):
        assert gateway.get(url, as_=other).expect(200)["data"] == []


def test_a_flag_is_set_by_administrators_and_read_by_everybody() -> None:
    org_id = an_organization()
    admin, learner = a_person(org_id, Role.ORG_ADMIN), a_person(org_id)
    url = f"{FLAGS}/voice-practice"
    assert gateway.get(url, as_=learner).status == 404
    assert gateway.put(url, {"enabled": True}, as_=learner).status == 403
    written = gateway.put(url, {"enabled": True, "note": "Pilot"}, as_=admin)
    assert written.expect(200)["enabled"] is True
    assert gateway.get(url, as_=learner).expect(200)["note"] == "Pilot"
    etag = {"If-Match": written.headers["etag"]}
    gateway.put(url, {"enabled": False}, as_=admin, headers=etag).expect(200)
    assert gateway.put(url, {"enabled": True}, as_=admin, headers=etag).status == 412
    listed = gateway.get(FLAGS, as_=learner).expect(200)["data"]
    assert {flag["key"]: flag["enabled"] for flag in listed} == {
        "job_readiness": True,
        "voice-practice": False,
    }
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    assert gateway.get(url, as_=stranger).status == 404
    assert gateway.put(f"{FLAGS}/No%20Flag", {"enabled": True}, as_=admin).status == 422


def test_an_operation_is_followed_by_its_starter_only() -> None:
    org_id = an_organization()
    starter, peer = a_person(org_id), a_person(org_id, Role.ORG_ADMIN)
    with unit_of_work(Principal(user_id=starter.user_id, org_id=org_id)) as session:
        begun = operations.begin(session, "import", subject_type="bank", subject_id=uuid4())
        operations.advance(session, begun, percent=40, message="Reading rows")
    read = gateway.get(f"{OPERATIONS}/{begun}", as_=starter).expect(200)
    assert (read["status"], read["progress_percent"], read["message"]) == ("running", 40, "Reading rows")
    assert [o["id"] for o in gateway.get(OPERATIONS, as_=starter).expect(200)["data"]] == [str(begun)]
    for person, operation_id in ((peer, begun), (a_person(an_organization()), begun), (starter, uuid4())):
        assert gateway.get(f"{OPERATIONS}/{operation_id}", as_=person).expect(404)["code"] == "not_found"
