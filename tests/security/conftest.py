"""Two organizations alike in everything but their ids."""

import pytest

from tests.security.world import World, a_full_organization
from tests.user_pool import pool  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def theirs(product: None) -> World:
    """Organization A, which nobody here may see or change."""
    return a_full_organization()


@pytest.fixture(scope="session")
def ours(product: None) -> World:
    """Organization B, whose people ask."""
    return a_full_organization()
