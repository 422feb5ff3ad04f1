"""R9: one warm connection serves one organization after another, and carries nothing over."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lodestar.db import act_for, engine, unit_of_work, work_for
from lodestar.principal import NOBODY, Principal
from tests.proof import Proof, generator, size
from tests.security.world import World

pytestmark = pytest.mark.proof
ORGANIZATIONS = text("SELECT DISTINCT org_id FROM learning.enrollments")
BACKEND = text("SELECT pg_backend_pid()")


class Given(Exception):
    """The work failed."""


def seen_now() -> set[UUID]:
    """Whose rows the warm connection shows to who forgets to enter."""
    with engine().connect() as connection:
        return set(connection.scalars(ORGANIZATIONS))


def finished(session: Session) -> None:
    """The usual end."""


def failed(session: Session) -> None:
    raise Given


def failed_in_sql(session: Session) -> None:
    session.execute(text("SELECT 1 / 0"))


def failed_at_the_end(session: Session) -> None:
    """A constraint that is looked at when the rows are written."""
    session.execute(text("INSERT INTO learning.nudges (kind) VALUES (NULL)"))


def rolled_back(session: Session) -> None:
    session.rollback()


def committed_early(session: Session) -> None:
    session.commit()


def entered_again(session: Session) -> None:
    act_for(session, Principal(user_id=NOBODY, org_id=NOBODY))


def undone_in_part(session: Session) -> None:
    with suppress(DBAPIError), session.begin_nested():
        session.execute(text("SELECT 1 / 0"))


ENDS: list[Callable[[Session], None]] = [
    finished, failed, failed_in_sql, failed_at_the_end, rolled_back, committed_early, entered_again, undone_in_part,
]  # fmt: skip


def test_a_warm_connection_shows_one_organization_at_a_time(proof: Proof, ours: World, theirs: World) -> None:
    rounds = size(slice=300, whole=10_000)
    chance, wrong = generator("connections"), list[str]()
    backends = set()
    for _ in range(rounds):
        org_id, end = chance.choice([ours.org_id, theirs.org_id]), chance.choice(ENDS)
        with suppress(Given, DBAPIError):
            principal = Principal(user_id=NOBODY, org_id=org_id)
            with unit_of_work(principal, read_only=chance.random() < 0.5) as session:
                backends.add(session.scalar(BACKEND))
                shown = set(session.scalars(ORGANIZATIONS))
                wrong += [] if shown == {org_id} else [f"{org_id} sees {shown}"]
                end(session)
                if end in (rolled_back, committed_early, entered_again):
                    shown = set(session.scalars(ORGANIZATIONS))
                    wrong += [f"after {end.__name__}: {shown}"] if shown else []
        left = seen_now()
        wrong += [f"after {end.__name__} of {org_id}: {left}"] if left else []
    assert len(backends) == 1, "it was not one connection"
    proof.found("R9", "units of work on one warm connection, ended in 8 ways", tried=rounds, wrong=wrong)


def test_reading_only_ends_with_its_unit_of_work(proof: Proof, ours: World) -> None:
    write = text("UPDATE learning.enrollments SET version = version")
    wrong = []
    with (
        pytest.raises(DBAPIError, match="25006"),
        unit_of_work(Principal(user_id=NOBODY, org_id=ours.org_id), read_only=True) as session,
    ):
        session.execute(write)
    with work_for(ours.org_id) as session:
        wrong += [] if session.execute(write).rowcount else ["still read-only"]  # type: ignore[attr-defined]
        session.rollback()
    proof.found("R9", "a read-only unit of work writes nothing", tried=2, wrong=wrong)


def test_a_setting_that_stays_is_noticed(proof: Proof, ours: World) -> None:
    """The control: whoever sets the organization for the connection instead of the transaction is caught."""
    with engine().begin() as connection:
        connection.execute(
            text("SELECT set_config('lodestar.org_id', :org, false)"), {"org": str(ours.org_id)}
        )
    try:
        left = seen_now()
    finally:
        engine().dispose()
    proof.control("R9", "the organization set for the transaction only", tried=1, caught=len(left))
    assert left == {ours.org_id}
    assert seen_now() == set()
