"""Vendors that answer: simulators, chosen by the settings, for tests that send."""

from collections.abc import Iterator

import pytest

from lodestar.config import settings
from tests.simulators.running import Simulators, running


@pytest.fixture(scope="session")
def running_simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with running(tmp_path_factory.mktemp("simulators")) as simulators:
        yield simulators


@pytest.fixture
def simulators(
    product: None, running_simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Simulators]:
    """Healthy vendors with an empty inbox."""
    running_simulators.reset()
    monkeypatch.setenv("SIMULATOR_URL", running_simulators.url)
    settings.cache_clear()
    yield running_simulators
    monkeypatch.undo()
    settings.cache_clear()
