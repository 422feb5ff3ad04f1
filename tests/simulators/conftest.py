"""The simulators themselves, over HTTP and without the product."""

from collections.abc import Iterator

import pytest

from tests.adapters.listening import Endpoint, endpoint
from tests.simulators.running import Simulators, running


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with running(tmp_path_factory.mktemp("simulators")) as simulators:
        yield simulators


@pytest.fixture
def simulators(served: Simulators) -> Simulators:
    served.reset()
    return served


@pytest.fixture
def listening() -> Iterator[Endpoint]:
    with endpoint() as served:
        yield served
