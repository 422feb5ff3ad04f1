"""Acceptance 6: on every operation of the OpenAPI, what is not yours answers as if it were not there."""

from functools import partial
from uuid import UUID

import pytest

from lodestar.ids import new_id
from lodestar.principal import Role
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, post
from tests.security.catalogue import visible_to
from tests.security.operations import Operation, Slot, operations, slots
from tests.security.probing import COMBINATIONS, leaks, told
from tests.security.world import NoSuchRow, World, a_full_organization

JOINING = "POST /v1/identity/role-requests [body: organization_id]"
"""Crosses on purpose: people ask an organization to admit them (DOMAINS.md, identity)."""
NOTE = "POST /v1/media/uploads [body: subject_id]"
"""A note of the client's own, which nothing looks up."""
PLATFORMS_ONLY = "POST /v1/identity/organizations/{org_id}/verification-decisions"
Faults = dict[str, list[str]]


@pytest.fixture(scope="module")
def consumed(product: None) -> World:
    """An organization whose rows the controls change and delete."""
    return a_full_organization()


def probed() -> list[Slot]:
    return [slot for slot in slots() if str(slot) not in {JOINING, NOTE}]


def listed(faults: Faults) -> str:
    return "\n".join("\n  ".join([slot, *found]) for slot, found in faults.items())


def test_every_id_of_the_api_has_a_row_to_try_it_with(theirs: World) -> None:
    missing = []
    for slot in slots():
        try:
            theirs.own(slot.name, resource=slot.operation.resource, person=theirs.admin)
        except NoSuchRow as error:
            missing.append(f"{slot}: {error}")
    assert not missing, "add these to a_full_organization:\n" + "\n".join(missing)


@pytest.mark.parametrize(
    "roles",
    [{Role.LEARNER}, {Role.ORG_ADMIN}, set(Role) - {Role.PLATFORM_ADMIN}],
    ids=lambda r: "+".join(sorted(r)),
)
def test_another_organizations_ids_answer_as_absent_ones(
    roles: set[Role], ours: World, theirs: World
) -> None:
    person = ours.learner if Role.LEARNER in roles else ours.admin
    asker = Person(person.user_id, {ours.org_id: frozenset(roles)})
    found = {str(slot): told(slot, asker=asker, home=ours, abroad=theirs) for slot in probed()}
    faults = {slot: tells for slot, tells in found.items() if tells}
    assert not faults, listed(faults)
    assert visible_to(theirs.org_id) == theirs.rows


@pytest.mark.parametrize("role", [Role.LEARNER, Role.ANALYST, Role.INTERVIEWER, Role.RECRUITER])
def test_a_learners_ids_answer_their_peers_as_absent_ones(role: Role, theirs: World) -> None:
    peer = Person(theirs.peer.user_id, {theirs.org_id: frozenset({role})})
    ask = partial(told, asker=peer, home=theirs, abroad=theirs, owner=theirs.learner)
    faults = {str(slot): tells for slot in probed() if (tells := ask(slot))}
    assert not faults, listed(faults)
    assert visible_to(theirs.org_id) == theirs.rows


def test_whoever_is_let_in_does_find_what_the_others_do_not(ours: World, theirs: World) -> None:
    """The control of the tests above: with a membership in A, they would fail on nearly every read."""
    guest = Person(ours.learner.user_id, {theirs.org_id: frozenset({Role.ORG_ADMIN, Role.LEARNER})})
    reads = [slot for slot in probed() if slot.operation.method == "get" and slot.place == "path"]
    found = [slot for slot in reads if told(slot, asker=guest, home=theirs, abroad=theirs)]
    assert len(found) >= 0.9 * len(reads), [str(slot) for slot in reads if slot not in found]


def test_a_learners_own_rows_are_told_apart_from_absent_ones(theirs: World) -> None:
    """The control of the peers' test: the owner finds what the peer does not."""
    ask = partial(told, asker=theirs.learner, home=theirs, abroad=theirs, owner=theirs.learner)
    reads = [slot for slot in probed() if slot.operation.method == "get" and slot.place == "path"]
    owned = [s for s in reads if theirs.some(s.name, resource=s.operation.resource, of=theirs.learner)]
    assert len(owned) >= 8
    assert len([slot for slot in owned if ask(slot)]) >= 0.7 * len(owned)


def test_their_own_people_reach_every_operation_with_the_same_ids(consumed: World) -> None:
    """The control of the ids and of the bodies: they are real, and good."""
    tried = [operation for operation in operations() if not operation.is_public]
    unreached = [str(operation) for operation in tried if not is_reached(operation, consumed)]
    assert unreached == [PLATFORMS_ONLY]
    assert visible_to(consumed.org_id) != consumed.rows


def is_reached(operation: Operation, world: World) -> bool:
    """Whether the learner or the administrator gets further than to a refusal of the id, the role or the body."""
    for nth in range(COMBINATIONS):
        for person in (world.learner, world.admin):
            choose = partial(chosen, world, resource=operation.resource, person=person, nth=nth)
            if operation.send(choose, as_=person).status not in {403, 404, 422}:
                return True
    return False


def chosen(world: World, name: str, *, resource: str, person: Person, nth: int) -> UUID:
    """The person's own row first, then any of the organization's."""
    ids = [world.own(name, resource=resource, person=person), *world.some(name, resource=resource)]
    return ids[nth % len(ids)]


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
