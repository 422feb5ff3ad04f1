"""Functions that may look across tenants are called by the role they are made for, and by nobody else."""

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from lodestar.db import work_for
from lodestar.ids import new_id
from tests.database import Database

CALLABLE_BY_ANYBODY = text(
    """
    SELECT p.oid::regprocedure::text FROM pg_proc AS p JOIN pg_roles AS r ON r.oid = p.proowner
    WHERE r.rolname = 'lodestar_crossing' AND (p.proacl IS NULL OR EXISTS (
      SELECT FROM aclexplode(p.proacl) AS granted WHERE granted.grantee = 0
    ))
    """
)


def test_no_crossing_function_is_open_to_everybody(database: Database) -> None:
    with create_engine(database.migrator_url, poolclass=NullPool).connect() as connection:
        assert connection.scalars(CALLABLE_BY_ANYBODY).all() == []


def test_the_first_administrator_is_made_by_the_migrator_once(database: Database) -> None:
    make = text("SELECT identity.ensure_administrator(:email)")
    with create_engine(database.migrator_url, poolclass=NullPool).begin() as connection:
        first = connection.scalar(make, {"email": "First@example.org"})
        assert connection.scalar(make, {"email": "second@example.org"}) == first


@pytest.mark.usefixtures("product")
def test_the_application_cannot_make_administrators() -> None:
    with pytest.raises(DBAPIError, match="permission denied"), work_for(new_id()) as session:
        session.execute(text("SELECT identity.ensure_administrator('eve@example.org')"))
