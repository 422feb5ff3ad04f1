"""The migrated database, for what is tried on it and never kept."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text

from tests.database import Database


@pytest.fixture
def migrated(database: Database) -> Iterator[Connection]:
    """A transaction as the tables' owner, which is never committed."""
    with create_engine(database.migrator_url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SET ROLE lodestar_owner"))
        yield connection
        connection.rollback()
