"""R11: every operation, every role, stateful, through the handlers; and the faults that the suite must see."""

import json
from collections.abc import Iterator
from functools import partial
from itertools import count
from uuid import UUID

import pytest

from local.openapi import assemble
from lodestar.principal import Role
from lodestar.responses import PROBLEM_JSON
from tests.fuzz.campaign import Campaign, run
from tests.fuzz.front_door import FrontDoor, Handler
from tests.gateway import Person
from tests.proof import WHOLE, Proof, generator, size
from tests.security.world import NoSuchRow, World

pytestmark = [pytest.mark.usefixtures("product"), pytest.mark.proof]
SEED = 11
MOST_DO = (Role.LEARNER.value, Role.ORG_ADMIN.value, Role.PLATFORM_ADMIN.value)
"""Who may do most is tried with every value at the edges of the schemas; the others meet refusals sooner."""
SLICED = {"examples": 3, "coverage": 25}
"""In `make test`: one operation of so many, by phase."""


@pytest.fixture(scope="module")
def described() -> dict[str, object]:
    return assemble()


def rows_of(world: World, person: Person) -> partial[UUID | None]:
    """Ids of rows that are there, another one each time."""
    return partial(_row, world, person, count())


def _row(world: World, person: Person, turns: Iterator[int], resource: str, name: str) -> UUID | None:
    try:
        return world.own(name, resource=resource, person=person, nth=next(turns))
    except NoSuchRow:
        return None


def attack(
    described: dict[str, object], world: World, people: dict[str, Person], role: str, phase: str
) -> Campaign:
    """One role, one of Schemathesis's phases; in a slice, on some of the operations."""
    random = generator(f"R11 {role} {phase}")
    share = 1 if WHOLE else SLICED[phase]
    chosen: dict[str, bool] = {}
    return run(
        described,
        app=FrontDoor(people),
        token=role,
        organization=world.org_id,
        phases=[phase],
        examples=size(slice=2, whole=12),
        seed=SEED,
        choose=rows_of(world, people[role]),
        only=lambda label: chosen.setdefault(label, random.randrange(share) == 0),
    )


def campaigns() -> list[tuple[str, str]]:
    """Roles and phases of this run."""
    if not WHOLE:
        return [(Role.ORG_ADMIN.value, phase) for phase in SLICED] + [(Role.LEARNER.value, "coverage")]
    everyone = [(role.value, phase) for role in Role for phase in ("examples", "stateful")]
    return [*everyone, *((role, phase) for role in MOST_DO for phase in ("coverage", "fuzzing"))]


@pytest.mark.parametrize(("role", "phase"), campaigns())
def test_no_role_finds_a_fault(  # noqa: PLR0917 - fixtures and parameters come by name
    described: dict[str, object], world: World, people: dict[str, Person], role: str, phase: str, proof: Proof
) -> None:
    campaign = attack(described, world, people, role, phase)
    note = f"{len(campaign.operations)} operations"
    proof.found(
        "R11", f"requests as {role}, {phase}", tried=campaign.requests, wrong=campaign.wrong, note=note
    )


BROKEN: dict[str, dict[str, object]] = {
    "fails": {
        "statusCode": 500,
        "headers": {"content-type": PROBLEM_JSON},
        "body": json.dumps({"code": "internal_error"}),
    },
    "answers another shape": {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "x-correlation-id": "x"},
        "body": json.dumps({"roles": "org_admin"}),
    },
    "answers an undeclared status": {
        "statusCode": 418,
        "headers": {"content-type": PROBLEM_JSON},
        "body": "{}",
    },
    "answers without its header": {"statusCode": 204, "headers": {}, "body": ""},
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_suite_sees_a_handler_that(
    described: dict[str, object], world: World, people: dict[str, Person], name: str, proof: Proof
) -> None:
    handler: Handler = lambda event, context: dict(BROKEN[name])  # noqa: E731 - one answer, whatever comes
    campaign = run(
        described,
        app=FrontDoor(people, replacing={"/v1/identity/me": handler}),
        token=Role.ORG_ADMIN.value,
        organization=world.org_id,
        phases=["examples"],
        examples=2,
        seed=SEED,
        only=lambda label: label == "GET /v1/identity/me/permissions",
    )
    proof.control("R11", f"a handler that {name}", tried=campaign.requests, caught=len(campaign.wrong))


def test_the_suite_sees_an_open_door(
    described: dict[str, object], world: World, people: dict[str, Person], proof: Proof
) -> None:
    """Whoever comes is taken for the administrator."""
    campaign = run(
        described,
        app=FrontDoor(people, anyone=people[Role.ORG_ADMIN.value]),
        token=Role.ORG_ADMIN.value,
        organization=world.org_id,
        phases=["examples"],
        examples=2,
        seed=SEED,
        only=lambda label: label == "GET /v1/identity/me/permissions",
    )
    proof.control(
        "R11", "credentials that are looked at", tried=campaign.requests, caught=len(campaign.wrong)
    )
