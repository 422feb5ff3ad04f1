"""Adapters against the simulators always; against the vendors themselves with `-m live` and keys."""

import os
from collections.abc import Iterator

import pytest

from lodestar.config import settings
from tests.adapters.listening import Endpoint, endpoint
from tests.simulators.running import Simulators, running

VENDOR_VARIABLES = (
    "GOOGLE_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "GITHUB_TOKEN",
    "SENDGRID_API_KEY",
    "SENDGRID_WEBHOOK_PUBLIC_KEY",
    "AISENSY_API_KEY",
    "AISENSY_WEBHOOK_SECRET",
    "BOLNA_API_KEY",
    "BOLNA_FROM_NUMBER",
    "EMAIL_VENDOR",
    "SES_CONFIGURATION_SET",
    "USE_REAL_EXTERNAL_APIS",
    "SIMULATOR_URL",
    "AI_MODELS",
    "AI_TIMEOUT_SECONDS",
    "VENDOR_KEYS_SECRET_ARN",
)


@pytest.fixture(scope="session")
def running_simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with running(tmp_path_factory.mktemp("simulators")) as simulators:
        yield simulators


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment without any vendor; what a test sets, the settings see."""
    for name in VENDOR_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def simulators(running_simulators: Simulators, environment: pytest.MonkeyPatch) -> Simulators:
    """Healthy simulators, chosen by the settings."""
    running_simulators.reset()
    environment.setenv("SIMULATOR_URL", running_simulators.url)
    settings.cache_clear()
    return running_simulators


@pytest.fixture
def listening() -> Iterator[Endpoint]:
    """A server that keeps what is posted to it."""
    with endpoint() as served:
        yield served


def live_key(name: str) -> str:
    """A vendor's key, or whatever else a live test needs of the environment; the test is skipped without it."""
    key = os.environ.get(name)
    if not key:
        pytest.skip(f"{name} is not set")
    return key
