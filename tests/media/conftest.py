"""Media's tests: a clock that tests move, and the simulated speech models."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from lodestar import clock
from lodestar.config import settings
from tests.simulators.running import Simulators, running


class Clock:
    """The product's clock, standing still until a test moves it."""

    def __init__(self) -> None:
        self.at = clock.now()

    def now(self) -> datetime:
        """What `lodestar.clock.now` answers."""
        return self.at

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that only the test moves."""
    standing = Clock()
    monkeypatch.setattr(clock, "now", standing.now)
    return standing


@pytest.fixture(scope="session")
def running_simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with running(tmp_path_factory.mktemp("simulators")) as simulators:
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
