"""No table is forgotten: what the domains declare, generated against the database's catalogue.

By table rather than by column, because an erasure deletes rows whole and an export copies them whole: a new column of a
declared table is covered the day it is added, and only a new table can be forgotten.
"""

import pytest
from sqlalchemy import NullPool, create_engine, text

from identity.rules import privacy as rules
from lodestar.db import work_for
from lodestar.principal import NOBODY
from tests.database import Database
from tests.security.catalogue import relations
from tests.security.declarations import declarations, disordered, personal_tables, undeclared, unexplained

pytestmark = pytest.mark.usefixtures("product")


def test_every_table_is_declared_personal_or_not() -> None:
    with work_for(NOBODY) as session:
        assert undeclared(session) == set()


def test_every_declared_table_exists_and_none_is_both() -> None:
    impersonal = {name for data in declarations() for name in data.impersonal}
    personal = {table.name for table in personal_tables()}
    with work_for(NOBODY) as session:
        assert personal | impersonal <= {r.name for r in relations(session)}
    assert personal & impersonal == set()


def test_every_column_that_names_a_person_is_explained() -> None:
    with work_for(NOBODY) as session:
        assert unexplained(session) == set()


def test_parts_are_declared_after_what_they_are_part_of() -> None:
    with work_for(NOBODY) as session:
        assert list(disordered(session)) == []


def test_an_archive_and_a_certificate_wait_for_every_domain_that_declares_something() -> None:
    assert {data.domain for data in declarations()} == rules.DOMAINS


def test_a_table_that_a_domain_forgets_is_named(database: Database) -> None:
    """The control: a table and a column that nobody declared."""
    with create_engine(database.migrator_url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SET LOCAL ROLE lodestar_owner"))
        connection.execute(
            text("CREATE TABLE learning.diaries (id uuid, learner_id uuid REFERENCES identity.users (id))")
        )
        connection.execute(text("ALTER TABLE learning.programs ADD COLUMN written_by uuid"))
        assert undeclared(connection) == {"learning.diaries"}
        assert unexplained(connection) == {"learning.diaries.learner_id", "learning.programs.written_by"}
        connection.rollback()
