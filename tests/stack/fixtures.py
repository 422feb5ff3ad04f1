"""The shared stack, with every vendor well again before and after each test."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.stack.product import Product


@pytest.fixture(scope="session")
def running(stack: Stack) -> Product:
    return Product(stack)


@pytest.fixture
def served(running: Product) -> Iterator[Product]:
    """What is driven over HTTP."""
    running.simulators.reset()
    yield running
    running.simulators.reset()
