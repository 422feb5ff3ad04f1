"""The data layer's own guards (JR-09): raw SQL that breaks the order is refused, and only the guard refuses it."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from lodestar.contracts.learning import ModuleKind
from lodestar.ids import new_id
from tests.database import Database
from tests.learning.conftest import Start
from tests.learning.telling import Learner

AWARD = """
INSERT INTO learning.stage_awards (org_id, enrollment_id, star, evidence)
VALUES (:org, :enrollment, 3, jsonb_build_object('made', 'up'))
"""
CASES = {
    "star_out_of_order": ("stage_awards", "stars_in_order", AWARD),
    "standing_not_earned": (
        "enrollments",
        "standing_is_earned",
        "UPDATE learning.enrollments SET stars = 5 WHERE id = :enrollment",
    ),
    "standing_not_earned, tier": (
        "enrollments",
        "standing_is_earned",
        "UPDATE learning.enrollments SET tier = 'gold' WHERE id = :enrollment",
    ),
    "tier_out_of_line": (
        "tier_changes",
        "tiers_in_line",
        """INSERT INTO learning.tier_changes (org_id, enrollment_id, old_tier, new_tier, cause, star, attempt_id)
           VALUES (:org, :enrollment, 'silver', 'gold', 'promotion', 2, :other)""",
    ),
    "module_locked": (
        "module_progress",
        "module_is_open",
        "INSERT INTO learning.module_progress (org_id, enrollment_id, module_id) VALUES (:org, :enrollment, :project)",
    ),
    "lesson_not_covered": (
        "lesson_progress",
        "lesson_is_done",
        """INSERT INTO learning.lesson_progress (org_id, enrollment_id, lesson_id, completed_at)
           VALUES (:org, :enrollment, :lesson, now())""",
    ),
    "module_locked, masterclasses": (
        "masterclass_completions",
        "masterclass_is_watched",
        """INSERT INTO learning.masterclass_completions (org_id, enrollment_id, masterclass_id)
           VALUES (:org, :enrollment, :talk)""",
    ),
    "version_not_published": (
        "enrollments",
        "version_is_published",
        "UPDATE learning.enrollments SET version_id = :draft WHERE id = :enrollment",
    ),
    "version_published": (
        "stages",
        "only_the_draft",
        "UPDATE learning.stages SET required_count = 1 WHERE version_id = :version AND kind = 'masterclass'",
    ),
}


@pytest.fixture
def owner(database: Database, product: None) -> Iterator[Connection]:
    """The tables' owner, in a transaction that is rolled back."""
    engine = create_engine(database.migrator_url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET ROLE lodestar_owner")
        yield connection
        connection.rollback()


def free_of_row_level_security(connection: Connection) -> None:
    """Let the owner see all rows, as far as this transaction goes; it holds the tables until it ends."""
    forced = """
        SELECT oid::regclass::text FROM pg_class
        WHERE relforcerowsecurity AND relnamespace::regnamespace::text IN ('learning', 'media', 'assessment')
    """
    for table in connection.scalars(text(forced)).all():
        connection.exec_driver_sql(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")


def parameters(learner: Learner, connection: Connection) -> dict[str, Any]:
    free_of_row_level_security(connection)
    draft = new_id()
    connection.execute(
        text(
            "INSERT INTO learning.program_versions (id, org_id, program_id, number) VALUES (:id, :org, :program, 2)"
        ),
        {"id": draft, "org": learner.org_id, "program": learner.program.program_id},
    )
    return {
        "org": learner.org_id,
        "enrollment": learner.enrollment_id,
        "learner": learner.learner_id,
        "program": learner.program.program_id,
        "version": learner.program.version_id,
        "draft": draft,
        "project": learner.program.module(ModuleKind.PROJECT),
        "lesson": learner.program.lessons[0],
        "talk": learner.program.masterclasses[0],
        "other": new_id(),
    }


def refusal(connection: Connection, statement: str, values: dict[str, Any]) -> tuple[str, str] | None:
    """The SQLSTATE and the constraint's name with which the statement is refused; None when it goes through."""
    savepoint = connection.begin_nested()
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    try:
        assert connection.execute(text(statement), used).rowcount == 1
    except DBAPIError as error:
        fields = error.orig.args[0]  # type: ignore[union-attr]
        return fields["C"], fields.get("n", "")
    finally:
        savepoint.rollback()
    return None


@pytest.mark.parametrize("case", CASES)
def test_a_guard_refuses_and_nothing_else_does(start: Start, owner: Connection, case: str) -> None:
    learner, _ = start(stars=1)
    values = parameters(learner, owner)
    table, trigger, statement = CASES[case]
    assert refusal(owner, statement, values) == ("LS409", case.partition(",")[0])
    owner.exec_driver_sql(f"ALTER TABLE learning.{table} DISABLE TRIGGER {trigger}")
    assert refusal(owner, statement, values) is None


def test_a_covered_lesson_without_its_quiz_is_not_done(start: Start, owner: Connection) -> None:
    learner, _ = start(stars=1, quizzes=True)
    learner.watch(learner.program.lesson_assets[0], percent=96)
    values = parameters(learner, owner)
    _, trigger, statement = CASES["lesson_not_covered"]
    assert refusal(owner, statement, values) == ("LS409", "quiz_not_passed")
    owner.exec_driver_sql(f"ALTER TABLE learning.lesson_progress DISABLE TRIGGER {trigger}")
    assert refusal(owner, statement, values) is None


def test_an_award_is_not_rewritten(start: Start, owner: Connection) -> None:
    learner, _ = start(stars=1)
    statement = "UPDATE learning.stage_awards SET star = 4 WHERE enrollment_id = :enrollment"
    values = parameters(learner, owner)
    assert refusal(owner, statement, values) == ("LS409", "award_rewritten")
    owner.exec_driver_sql("ALTER TABLE learning.stage_awards DISABLE TRIGGER awards_stay")
    assert refusal(owner, statement, values) is None
