"""What may name another organization's row tells nothing of it."""

from lodestar.ids import new_id
from tests.factories.identity import a_person, an_organization
from tests.gateway import post
from tests.security.catalogue import visible_to
from tests.security.operations import slots
from tests.security.probing import leaks
from tests.security.world import World

NOTE = "POST /v1/media/uploads [body: subject_id]"


def test_asking_to_join_an_organization_tells_nothing_of_it(theirs: World) -> None:
    stranger, organization = a_person(an_organization()), an_organization()
    body = {"role": "instructor", "reason": "I teach.", "organization_id": str(organization)}
    made = post("/v1/identity/role-requests", body, as_=stranger).expect(201)
    assert made["user_id"] == str(stranger.user_id)
    assert str(organization) not in made.values()
    absent = post("/v1/identity/role-requests", {**body, "organization_id": str(new_id())}, as_=stranger)
    assert absent.status == 404


def test_naming_anothers_attempt_on_an_upload_tells_nothing_of_it(theirs: World) -> None:
    (slot,) = (slot for slot in slots() if str(slot) == NOTE)
    learner = a_person(an_organization())
    consent = {"purpose": "recording", "notice_version": "2026-01"}
    post("/v1/identity/consents", consent, as_=learner).expect(201)
    for probe in (*theirs.some(slot.name, resource="uploads"), new_id()):
        answer = slot.send(lambda _: new_id(), probe, as_=learner)
        answer.expect(201)
        assert not leaks(answer, theirs.ids_of(None))
    assert visible_to(theirs.org_id) == theirs.rows
