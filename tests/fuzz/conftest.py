"""An organization with a row of everything, and a person of every role in it."""

from collections.abc import Iterator

import pytest

from lodestar.config import settings
from lodestar.principal import Role
from tests.factories.identity import a_person
from tests.gateway import Person
from tests.security.world import World, a_full_organization
from tests.simulators.running import running


@pytest.fixture(scope="module", autouse=True)
def vendors(product: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Vendors that answer: without any, their webhooks say 503, which is no fault, but hides those behind it."""
    with running(tmp_path_factory.mktemp("simulators")) as simulators, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMULATOR_URL", simulators.url)
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def world(product: None) -> World:
    return a_full_organization()


@pytest.fixture(scope="session")
def people(world: World) -> dict[str, Person]:
    """By their tokens, which are called as their roles are. The learner and the administrator have a history."""
    made = {role.value: a_person(world.org_id, role) for role in Role}
    return {**made, Role.LEARNER.value: world.learner, Role.ORG_ADMIN.value: world.admin}
