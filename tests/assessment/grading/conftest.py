"""Grading against the simulated vendors, on the real database."""

from collections.abc import Iterator

import pytest

from lodestar.config import settings
from tests.simulators.running import Simulators, running


@pytest.fixture(scope="session")
def running_simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with running(tmp_path_factory.mktemp("grading_simulators")) as simulators:
        yield simulators


@pytest.fixture
def simulators(
    product: None, running_simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Simulators]:
    """Healthy simulators, chosen by the settings."""
    running_simulators.reset()
    monkeypatch.setenv("SIMULATOR_URL", running_simulators.url)
    settings.cache_clear()
    yield running_simulators
    monkeypatch.undo()
    settings.cache_clear()
