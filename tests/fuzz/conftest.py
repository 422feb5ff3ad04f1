"""An organization with a row of everything, and a person of every role in it."""

import pytest

from lodestar.principal import Role
from tests.factories.identity import a_person
from tests.gateway import Person
from tests.security.world import World, a_full_organization


@pytest.fixture(scope="session")
def world(product: None) -> World:
    return a_full_organization()


@pytest.fixture(scope="session")
def people(world: World) -> dict[str, Person]:
    """By their tokens, which are called as their roles are. The learner and the administrator have a history."""
    made = {role.value: a_person(world.org_id, role) for role in Role}
    return {**made, Role.LEARNER.value: world.learner, Role.ORG_ADMIN.value: world.admin}
