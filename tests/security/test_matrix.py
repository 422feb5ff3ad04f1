"""R8: every operation x every role x whose row it is, as tests/security/rights.py says, and nothing else changes.

The columns: one's own row, a peer's, another organization's (which must answer as an absent one), nobody's sign-in, and
one that ran out. The rows: every role, an API key of every scope, a member of nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from identity.rules.scopes import DOMAINS, VERBS
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.database import Database
from tests.gateway import Answer, Person
from tests.proof import WHOLE, Proof, generator, size
from tests.security import ledger
from tests.security.operations import Operation, operations, slots
from tests.security.probing import Seen, is_reached, leaks, outcomes, told
from tests.security.rights import CROSSING, contradictions, right_of, undeclared
from tests.security.world import World

pytestmark = pytest.mark.proof
Refusal = tuple[int, str]
SLICE = [Role.PLATFORM_ADMIN, Role.ORG_ADMIN, Role.LEARNER, Role.RECRUITER]
ROLES = list(Role) if WHOLE else SLICE
EVERY_SCOPE = frozenset(f"{domain}:{verb}" for domain in DOMAINS for verb in VERBS)


@pytest.fixture
def unchanged(ours: World, theirs: World, database: Database) -> Iterator[None]:
    """No table may be another one after the test."""
    before = ledger.read(database.migrator_url)
    yield
    assert ledger.changes(before, ledger.read(database.migrator_url)) == {}


def signed() -> list[Operation]:
    """The operations that need a sign-in."""
    return [operation for operation in operations() if not operation.is_public]


def people(world: World, role: Role) -> list[Person]:
    """The learner and the administrator, whose rows are of different kinds, with this role and no other."""
    return [
        Person(person.user_id, {world.org_id: frozenset({role})}) for person in (world.learner, world.admin)
    ]


def absent(name: str) -> UUID:
    """An id that no row has."""
    del name
    return new_id()


def unless(answer: Answer, *expected: Refusal) -> list[str]:
    """What is wrong with the answer when it is none of these refusals."""
    given = (answer.status, answer.json.get("code", "") if answer.status >= 400 else "")
    return [] if given in expected else [f"{given} instead of {' or '.join(map(str, expected))}"]


def test_every_operation_has_its_rights_written_down(proof: Proof) -> None:
    proof.found("R8", "operations in the declaration", tried=len(operations()), wrong=undeclared())
    proof.found(
        "R8", "declarations that the routers agree with", tried=len(operations()), wrong=contradictions()
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_what_is_its_own_where_it_may(
    role: Role, proof: Proof, ours: World, unchanged: None
) -> None:
    wrong = []
    for operation in signed():
        may, answers = role in right_of(operation).own, list[Seen]()
        for asker in people(ours, role):
            answers += outcomes(operation, ours, asker=asker)
            if may and is_reached(answers[-1]):
                break
        if may and not any(is_reached(seen) for seen in answers):
            wrong.append(f"{operation}: is refused: {answers[-1]}")
        if not may:
            wrong += [f"{operation}: {seen}" for seen in answers if seen.status not in {403, 404}]
    proof.found("R8", f"{role} x own", tried=len(signed()), wrong=wrong)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_finds_a_peers_rows_only_where_it_may(
    role: Role, proof: Proof, theirs: World, unchanged: None
) -> None:
    peer, _ = people(replace(theirs, learner=theirs.peer), role)
    wrong, tried = [], 0
    for slot in slots():
        open_to = right_of(slot.operation).others | CROSSING.get(str(slot), frozenset())
        if role in open_to or not theirs.some(slot.name, resource=slot.operation.resource, of=theirs.learner):
            continue
        tried += 1
        tells = told(slot, asker=peer, home=theirs, abroad=theirs, owner=theirs.learner)
        wrong += [f"{slot}: {tell}" for tell in tells]
    for operation in signed():
        if operation.method == "get" and role not in right_of(operation).others:
            tried += 1
            answer = operation.send(partial(theirs.own, resource=operation.resource, person=peer), as_=peer)
            wrong += [f"{operation}: shows {leak}" for leak in leaks(answer, theirs.ids_of(theirs.learner))]
    proof.found("R8", f"{role} x peer's", tried=tried, wrong=wrong)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_may_finds_a_peers_rows(role: Role, proof: Proof, theirs: World, unchanged: None) -> None:
    """What is declared open is open: else the declaration would promise what nobody gets."""
    peer, _ = people(replace(theirs, learner=theirs.peer), role)
    ask = partial(told, asker=peer, home=theirs, abroad=theirs, owner=theirs.learner)
    tried = [
        slot
        for slot in slots()
        if slot.place == "path"
        and slot.operation.method == "get"
        and role in right_of(slot.operation).others
        and theirs.some(slot.name, resource=slot.operation.resource, of=theirs.learner)
    ]
    closed = []
    for slot in tried:
        with ledger.rehearsal():
            closed += [] if ask(slot) else [str(slot)]
    if tried:
        proof.found("R8", f"{role} x peer's, open", tried=len(tried), wrong=closed)


@pytest.mark.parametrize("role", ROLES)
def test_another_organizations_row_answers_as_an_absent_one(
    role: Role, proof: Proof, ours: World, theirs: World, unchanged: None
) -> None:
    wrong, tried = [], 0
    for slot in slots():
        if role in CROSSING.get(str(slot), frozenset()):
            continue
        tried += 1
        asker = people(ours, role)[role is not Role.LEARNER]
        wrong += [f"{slot}: {tell}" for tell in told(slot, asker=asker, home=ours, abroad=theirs)]
    for operation in signed():
        if operation.method == "get":
            tried += 1
            answer = operation.send(partial(ours.own, resource=operation.resource, person=asker), as_=asker)
            wrong += [f"{operation}: shows {leak}" for leak in leaks(answer, theirs.ids_of(None))]
    proof.found("R8", f"{role} x other organization's = absent", tried=tried, wrong=wrong)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_enters_an_organization_that_is_not_theirs(
    role: Role, proof: Proof, ours: World, theirs: World, unchanged: None
) -> None:
    """But the platform's administrators, who enter every one (DOMAINS.md, C1 #2)."""
    chosen = {"Lodestar-Organization": str(theirs.org_id)}
    asker, _ = people(ours, role)
    wrong = []
    for operation in signed():
        with ledger.rehearsal():
            answer = operation.send(absent, as_=asker, headers=chosen)
        if role is Role.PLATFORM_ADMIN:
            wrong += [f"{operation}: not entered"] if answer.text.find("organization_required") >= 0 else []
        else:
            wrong += [f"{operation}: {fault}" for fault in unless(answer, (400, "organization_required"))]
    proof.found("R8", f"{role} x an organization not theirs", tried=len(signed()), wrong=wrong)


def test_nobody_calls_without_a_sign_in_or_with_one_that_ran_out(
    proof: Proof, ours: World, unchanged: None
) -> None:
    late = [replace(person, expires_at="1") for role in ROLES for person in people(ours, role)]
    wrong = [
        f"{operation} as {asker}: {fault}"
        for operation in signed()
        for asker in (None, *late)
        for fault in unless(operation.send(absent, as_=asker), (401, "unauthenticated"))
    ]
    proof.found("R8", "every role x anonymous, expired", tried=len(signed()) * (1 + len(late)), wrong=wrong)


def test_a_member_of_nothing_gets_no_further_than_to_themselves(
    proof: Proof, ours: World, unchanged: None
) -> None:
    stranger = Person(new_id(), {})
    wrong = []
    for operation in signed():
        with ledger.rehearsal():
            answer = operation.send(absent, as_=stranger)
        if right_of(operation).homeless:
            wrong += [f"{operation}: shows {leak}" for leak in leaks(answer, ours.ids_of(None))]
        else:
            wrong += [f"{operation}: {fault}" for fault in unless(answer, (400, "organization_required"))]
    proof.found("R8", "a member of nothing", tried=len(signed()), wrong=wrong)


def keyed(person: Person, scopes: frozenset[str]) -> Person:
    """The person's API key."""
    return replace(person, extra={"api_key_id": str(new_id()), "scopes": " ".join(sorted(scopes))})


def needed_scope(operation: Operation) -> str:
    verb = "read" if operation.method == "get" else "write"
    return f"{operation.path.split('/')[2]}:{verb}"


@pytest.mark.parametrize("role", [Role.ORG_ADMIN, Role.LEARNER])
def test_an_api_key_does_what_its_maker_may_within_its_scopes(
    role: Role, proof: Proof, ours: World, unchanged: None
) -> None:
    maker = people(ours, role)[role is Role.ORG_ADMIN]
    alone = [frozenset({scope}) for scope in sorted(EVERY_SCOPE)]
    sets = [
        frozenset[str](),
        EVERY_SCOPE,
        *generator("scopes").sample(alone, size(slice=3, whole=len(alone))),
    ]
    wrong, tried = [], 0
    for operation in signed():
        needed, right = needed_scope(operation), right_of(operation)
        for scopes in (*sets, EVERY_SCOPE - {needed}):
            tried += 1
            key = keyed(maker, scopes)
            if needed in scopes and role in right.own and not right.persons_only:
                reached = outcomes(operation, ours, asker=key)
                as_person = outcomes(operation, ours, asker=maker)
                wrong += (
                    [] if alike(reached, as_person) else [f"{operation} with {sorted(scopes)}: {reached[-1]}"]
                )
            else:
                answer = operation.send(partial(ours.own, resource=operation.resource, person=maker), as_=key)
                code = "person_required" if needed in scopes and role in right.own else "forbidden"
                faults = unless(answer, (403, code), (403, "individuals_hidden"))
                wrong += [f"{operation} with {sorted(scopes)}: {fault}" for fault in faults]
    proof.found("R8", f"an API key of a {role}, each scope set", tried=tried, wrong=wrong)


def alike(first: list[Seen], second: list[Seen]) -> bool:
    """Whether both got as far."""
    return [seen.status for seen in first] == [seen.status for seen in second]
