"""What the matrix of R8 sees when a defence is off: each of these must make it fail."""

from collections.abc import Iterator
from functools import partial

import pytest

from lodestar import auth
from lodestar.principal import Principal, Role
from tests.database import Database
from tests.gateway import Person
from tests.proof import Proof
from tests.security import ledger, rights
from tests.security.catalogue import policies_off, visible_to
from tests.security.operations import operations
from tests.security.probing import is_reached, outcomes, probed, told
from tests.security.test_matrix import absent, people, signed, unless
from tests.security.world import NoSuchRow, World, a_full_organization

pytestmark = pytest.mark.proof


@pytest.fixture
def consumed(product: None) -> World:
    """An organization whose rows may change."""
    return a_full_organization()


def test_every_id_of_the_api_has_a_row_to_try_it_with(proof: Proof, theirs: World) -> None:
    missing = []
    for slot in (tried := probed()):
        try:
            theirs.own(slot.name, resource=slot.operation.resource, person=theirs.admin)
        except NoSuchRow as error:
            missing.append(f"{slot}: {error}: add it to a_full_organization")
    proof.found("R8", "ids of the API with rows to try them with", tried=len(tried), wrong=missing)


def test_an_operation_that_nobody_declared_is_noticed(proof: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(rights.DECIDED_IN_QUERIES, "GET /v1/learning/journey")
    monkeypatch.setitem(rights.DECIDED_IN_QUERIES, "GET /v1/learning/moon", rights.ONLY_OWN)
    monkeypatch.delitem(rights.DECIDED_IN_QUERIES, "POST /v1/identity/organizations")
    assert rights.undeclared() == [
        "GET /v1/learning/journey",
        "GET /v1/learning/moon",
        "POST /v1/identity/organizations",
    ]
    proof.control("R8", "an operation declared", tried=3, caught=len(rights.undeclared()))


def test_roles_that_are_not_looked_at_are_noticed(
    proof: Proof, ours: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Principal, "has", lambda *_: True)
    closed = [operation for operation in signed() if Role.RECRUITER not in rights.right_of(operation).own]
    reached = [
        operation
        for operation in closed
        if any(
            is_reached(seen)
            for asker in people(ours, Role.RECRUITER)
            for seen in outcomes(operation, ours, asker=asker)
        )
    ]
    proof.control("R8", "roles looked at", tried=len(closed), caught=len(reached))
    assert len(reached) > 0.6 * len(closed)


def test_a_sign_in_that_never_ends_is_noticed(
    proof: Proof, ours: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Person(ours.learner.user_id, ours.learner.memberships, expires_at="1")
    monkeypatch.setattr(auth, "_ends_at", lambda _context: float("inf"))
    reads = [operation for operation in signed() if operation.method == "get"]
    caught = [o for o in reads if unless(o.send(absent, as_=late), (401, "unauthenticated"))]
    proof.control("R8", "expiry looked at", tried=len(reads), caught=len(caught))
    assert len(caught) == len(reads)


def test_queries_that_do_not_ask_whose_it_is_are_noticed(
    proof: Proof, theirs: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a query, everybody is staff."""
    monkeypatch.setattr(Principal, "is_staff", True)
    peer, _ = people(theirs, Role.RECRUITER)
    ask = partial(told, asker=peer, home=theirs, abroad=theirs, owner=theirs.peer)
    slots = [
        s for s in probed() if s.place == "path" and Role.RECRUITER not in rights.right_of(s.operation).others
    ]
    with ledger.rehearsal():
        caught = [slot for slot in slots if ask(slot)]
    proof.control("R8", "whose row it is asked in the query", tried=len(slots), caught=len(caught))
    assert len(caught) > 5


def test_whoever_is_let_in_does_find_what_the_others_do_not(proof: Proof, ours: World, theirs: World) -> None:
    guest = Person(ours.learner.user_id, {theirs.org_id: frozenset({Role.ORG_ADMIN, Role.LEARNER})})
    reads = [slot for slot in probed() if slot.operation.method == "get" and slot.place == "path"]
    found = [slot for slot in reads if told(slot, asker=guest, home=theirs, abroad=theirs)]
    proof.control("R8", "no membership in the other organization", tried=len(reads), caught=len(found))
    assert len(found) >= 0.9 * len(reads), [str(slot) for slot in reads if slot not in found]


def test_an_owner_finds_what_a_peer_does_not(proof: Proof, theirs: World) -> None:
    ask = partial(told, asker=theirs.learner, home=theirs, abroad=theirs, owner=theirs.learner)
    reads = [slot for slot in probed() if slot.operation.method == "get" and slot.place == "path"]
    owned = [s for s in reads if theirs.some(s.name, resource=s.operation.resource, of=theirs.learner)]
    found = [slot for slot in owned if ask(slot)]
    proof.control("R8", "another person asking", tried=len(owned), caught=len(found))
    assert len(found) >= 0.7 * len(owned) >= 5


def test_without_the_policies_the_probes_find_the_other(
    proof: Proof, ours: World, theirs: World, database: Database
) -> None:
    reads = [slot for slot in probed() if slot.operation.method == "get"]
    ask = partial(told, asker=ours.admin, home=ours, abroad=theirs)
    with policies_off(database.migrator_url):
        found = [str(slot) for slot in reads if ask(slot)]
    proof.control("R8", "row-level security", tried=len(reads), caught=len(found))
    assert len(found) > 10
    assert not [str(slot) for slot in reads if ask(slot)]


def test_a_call_that_is_let_through_changes_the_ledger(
    proof: Proof, consumed: World, database: Database
) -> None:
    """The control of `unchanged`: every write, done by those who may, and kept."""
    before = ledger.read(database.migrator_url)
    writes = [operation for operation in signed() if operation.method != "get"]
    for operation in writes:
        for person in (consumed.learner, consumed.admin):
            operation.send(partial(consumed.own, resource=operation.resource, person=person), as_=person)
    changed = ledger.changes(before, ledger.read(database.migrator_url))
    proof.control("R8", "calls that are refused", tried=len(writes), caught=len(changed))
    assert len(changed) > 15
    assert visible_to(consumed.org_id) != consumed.rows


@pytest.fixture
def kept(ours: World) -> Iterator[None]:
    before = visible_to(ours.org_id)
    yield
    assert visible_to(ours.org_id) == before


def test_a_rehearsal_keeps_nothing(ours: World, kept: None) -> None:
    creates = [o for o in operations() if o.method == "post" and not o.is_public]
    for operation in creates:
        outcomes(operation, ours, asker=ours.admin)
