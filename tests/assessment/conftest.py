"""Simulated vendors for what asks models, and a count of what a request asks of the database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event

from lodestar.db import engine
from tests.adapters.conftest import environment, running_simulators, simulators

__all__ = ["count_statements", "environment", "running_simulators", "simulators"]

Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def count_statements(product: None) -> Counting:
    """`with count_statements() as statements:` fills the list with the statements executed in the block."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            statements.append(statement)

        event.listen(engine(), "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine(), "before_cursor_execute", note)

    return counting
