"""P9: every metric of a million learners, over one raw SQL statement of it on its owners' tables.

`computed` is how the nightly rebuild reads: facts of everybody through the views that the owners publish, as the
application and under row-level security, into groups. The raw statements are those that the tests hold the rollups
against (`tests/insights/raw.py`), one a metric, by a role that no policy binds. `from rollups` is what a request reads,
metric by metric, over that metric's raw statement; the worst counts. All run without limits of time.
"""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from bench.driver import Result, compare
from bench.filling import filled_database
from bench.product import connect, rows_of
from insights.repository import facts, metrics
from insights.rules.catalogue import MetricName
from insights.schemas.metrics import MetricQuery
from insights.service import rebuilding
from lodestar import clock
from lodestar.db import engine, work_for
from lodestar.principal import NOBODY
from tests.insights.raw import raw, wrong

LEARNERS = 1_000_000
COMPUTED_TARGET, ROLLED_UP_TARGET = 1.2, 0.05
ROUNDS = 7
COMPUTED_ROUNDS = 7
PROGRAMS, STAGES, MODULES = 3, 5, 10
ORGANIZATION = "bench.id('organizations', 1)"
LEVEL = "(6 * power(bench.chance(n, 10), 2))::integer % 6"
IN_COHORT = (
    "CASE WHEN n % 3 > 0 THEN bench.id('cohorts', 6 * (n * 4 / {learners}) + 3 * (n / 3 % 2) + n % 3) END"
)
"""Two programs take a cohort by day and one by evening each quarter, the third goes by the months of enrolment."""
TABLES = (
    "identity.organizations", "identity.users", "learning.programs", "learning.program_versions", "learning.stages", "learning.modules",
    "learning.cohorts", "learning.enrollments", "learning.stage_awards", "learning.module_progress", "assessment.attempts",
    "assessment.attempt_ratings",
)  # fmt: skip
MAKE = (
    f"""INSERT INTO identity.organizations (id, kind, name, slug, time_zone)
        VALUES ({ORGANIZATION}, 'institution', 'A large one', 'a-large-one', 'Europe/Berlin')""",
    """INSERT INTO identity.users (id, email, display_name)
       SELECT bench.id('users', n), 'person-' || n || '@example.org', 'Person ' || n
       FROM generate_series(1, {learners}) AS n""",
    f"""INSERT INTO learning.programs (id, org_id, key, type, title)
        SELECT bench.id('programs', p), {ORGANIZATION}, 'program-' || p, 'job_readiness', 'Program ' || p
        FROM generate_series(1, {PROGRAMS}) AS p""",
    f"""INSERT INTO learning.program_versions (id, org_id, program_id, number, published_at)
        SELECT bench.id('versions', p), {ORGANIZATION}, bench.id('programs', p), 1, now()
        FROM generate_series(1, {PROGRAMS}) AS p""",
    f"""INSERT INTO learning.stages (org_id, program_id, version_id, star, kind, required_count, title)
        SELECT {ORGANIZATION}, bench.id('programs', p), bench.id('versions', p), s,
          (ARRAY['assessment', 'course', 'masterclass', 'project', 'interview'])[s], CASE WHEN s <> 2 THEN 1 END, 'Stage'
        FROM generate_series(1, {PROGRAMS}) AS p, generate_series(1, {STAGES}) AS s""",
    f"""INSERT INTO learning.modules (id, org_id, program_id, version_id, kind, key, title, configuration)
        SELECT bench.id('modules', 100 * p + m), {ORGANIZATION}, bench.id('programs', p), bench.id('versions', p),
          'course', 'module-' || m, 'Module ' || m, '{{}}'
        FROM generate_series(1, {PROGRAMS}) AS p, generate_series(1, {MODULES}) AS m""",
    f"""INSERT INTO learning.cohorts (id, org_id, program_id, title, starts_on, ends_on)
        SELECT bench.id('cohorts', c), {ORGANIZATION}, bench.id('programs', 1 + c % 3), 'Cohort ' || c,
          date '2026-01-01' + 91 * (c / 6), date '2026-06-30' + 91 * (c / 6)
        FROM generate_series(0, 29) AS c WHERE c % 3 > 0""",
    f"""INSERT INTO learning.enrollments (id, org_id, learner_id, program_id, version_id, background_id, stars, tier,
          cohort_id, created_at)
        SELECT bench.id('enrollments', n), {ORGANIZATION}, bench.id('users', n), bench.id('programs', 1 + n % 3),
          bench.id('versions', 1 + n % 3), bench.id('backgrounds', n % 4), l,
          CASE WHEN l > 0 THEN bench.pick(n, 11, ARRAY['bronze', 'silver', 'gold']) END, {IN_COHORT},
          timestamptz '2026-01-01 00:00Z' + n * (interval '365 days' / {{learners}})
        FROM generate_series(1, {{learners}}) AS n CROSS JOIN LATERAL (SELECT {LEVEL} AS l) AS level""",
    f"""INSERT INTO learning.stage_awards (org_id, enrollment_id, star, evidence, created_at)
        SELECT {ORGANIZATION}, e.id, s, '{{"given_by": "a bench"}}', e.created_at + s * interval '9 days'
        FROM learning.enrollments AS e CROSS JOIN generate_series(1, e.stars) AS s""",
    f"""INSERT INTO learning.module_progress (org_id, enrollment_id, module_id)
        SELECT {ORGANIZATION}, e.id, m.id FROM learning.enrollments AS e
        JOIN (SELECT version_id, id, row_number() OVER (PARTITION BY version_id) AS place FROM learning.modules) AS m
          ON m.version_id = e.version_id AND m.place <= 2 * e.stars""",
    f"""INSERT INTO assessment.attempts (org_id, learner_id, enrollment_id, program_id, assessment_id, kind, module_id,
          lesson_id, title, submission_kind, state, passing_score, source, score, passed, star, target_tier)
        SELECT {ORGANIZATION}, e.learner_id, e.id, e.program_id, uuidv7(), a.kind,
          CASE WHEN a.kind <> 'promotion_exam' THEN uuidv7() END, CASE WHEN a.kind = 'quiz' THEN uuidv7() END,
          'An attempt', 'answers', CASE WHEN s.score < 5 THEN 'decided' ELSE 'graded' END, 70,
          CASE WHEN s.score < 30 THEN 'bank' ELSE 'model' END, s.score, s.score >= 70, 2,
          CASE WHEN a.kind = 'promotion_exam' THEN 'silver' END
        FROM learning.enrollments AS e
        JOIN (VALUES (2, 'quiz', 21), (3, 'promotion_exam', 22), (4, 'project', 23), (5, 'interview', 24))
          AS a (star, kind, salt) ON e.stars >= a.star
        CROSS JOIN LATERAL (SELECT (100 * bench.chance(hashtextextended(e.id::text, 0), a.salt))::numeric(5, 2) AS score)
          AS s""",
    f"""INSERT INTO assessment.attempt_ratings (org_id, attempt_id, learner_id, rating)
        SELECT {ORGANIZATION}, a.id, a.learner_id, 1 + (5 * bench.chance(hashtextextended(a.id::text, 0), 25))::integer % 5
        FROM assessment.attempts AS a WHERE a.kind = 'project' AND a.score >= 30""",
)
REBUILDING = text("INSERT INTO insights.metric_rebuilds (day, facts_done) VALUES (:day, true)")
EVERYBODY = facts.reading("true")
COMPUTED = f"""
SELECT c.metric, c.key, sum(c.numerator), sum(c.denominator), sum(c.amount), sum(c.counted)
FROM ({EVERYBODY}) AS f
CROSS JOIN LATERAL insights.cells(ROW(f.enrollment_id, backbone.current_org(), f.learner_id, f.program_id, f.day,
  f.cohort, f.tier, f.stars, f.possible, f.background, f.star_days, f.modules, f.modules_done, f.exams_taken,
  f.exams_passed, f.project_score, f.interview_score, f.quiz_score, f.project_rating, f.project_begun,
  f.project_submitted, f.sources, f.sources_clean)::insights.enrollment_facts) AS c
GROUP BY c.metric, c.key
"""


def measure() -> Iterator[Result]:
    """The metrics computed from their owners, read from rollups, and how many cells of the rollups are wrong."""
    with filled_database() as server, server.connect() as connection:
        org_id = _fill(connection)
        _facts(connection, org_id)
        took = _rolled_up_anew(org_id)
        connection.exec_driver_sql("VACUUM ANALYZE insights.enrollment_facts, insights.daily_metrics")
        connection.exec_driver_sql("CHECKPOINT")
        cells = sum(
            connection.execute(text(wrong(name)), {"org": org_id}).scalar_one() for name in MetricName
        )
        rows = connection.execute(text("SELECT count(*) FROM insights.daily_metrics")).scalar_one()
        note = f"of {rows:,} cells, made of {LEARNERS:,} learners' facts in {took:.0f} s"
        yield Result("P9", "cells of rollups that differ from raw SQL", cells, 0, note=note)
        yield _computed(connection, org_id)
        yield max(
            (_rolled_up(connection, org_id, name) for name in MetricName), key=lambda result: result.value
        )


def _fill(connection: Connection) -> UUID:
    for setting in ("session_replication_role = replica", "maintenance_work_mem = '512MB'"):
        connection.exec_driver_sql(f"SET {setting}")
    for statement in MAKE:
        connection.exec_driver_sql(statement.replace("{learners}", str(LEARNERS)))
    connection.exec_driver_sql(f"VACUUM ANALYZE {', '.join(TABLES)}")
    connection.exec_driver_sql("SET session_replication_role = DEFAULT")
    for setting in ("max_parallel_workers_per_gather = 0", "random_page_cost = 1.1"):
        connection.exec_driver_sql(f"SET {setting}")  # as the application's role has it
    org_id: UUID = connection.execute(text(f"SELECT {ORGANIZATION}")).scalar_one()
    return org_id


def _facts(connection: Connection, org_id: UUID) -> None:
    """As the rebuild would read them, but in one statement and without moving rollups row by row."""
    connection.execute(text("SELECT set_config('lodestar.org_id', :org, false)"), {"org": str(org_id)})
    connection.exec_driver_sql("SET session_replication_role = replica")
    columns = f"enrollment_id, {facts.NAMES}"
    connection.exec_driver_sql(
        f"INSERT INTO insights.enrollment_facts ({columns}) SELECT {columns} FROM ({EVERYBODY}) AS f"
    )
    connection.exec_driver_sql("SET session_replication_role = DEFAULT")
    connection.exec_driver_sql("VACUUM ANALYZE insights.enrollment_facts")


def _rolled_up_anew(org_id: UUID) -> float:
    """The second half of the nightly rebuild."""
    begin = clock.now()
    with work_for(org_id) as session:
        session.execute(REBUILDING, {"day": begin.date()})
    rebuilding.rebuild(org_id, begin.date())
    return (clock.now() - begin).total_seconds()


def _computed(connection: Connection, org_id: UUID) -> Result:
    statements = [text(raw(name)) for name in MetricName]

    def by_raw() -> None:
        for statement in statements:
            connection.execute(statement, {"org": org_id}).all()

    application = connect(engine())
    for limit in ("statement_timeout", "transaction_timeout"):
        application.cursor().execute(f"SET {limit} = 0")
    application.cursor().execute("SELECT backbone.enter(%s, %s, %s)", (org_id, NOBODY, True))
    result = compare(
        "P9", "11 metrics from their owners' views / raw SQL", baseline=by_raw,
        candidate=lambda: rows_of(application, COMPUTED), target=COMPUTED_TARGET, rounds=COMPUTED_ROUNDS,
    )  # fmt: skip
    application.close()
    return result


def _rolled_up(connection: Connection, org_id: UUID, name: MetricName) -> Result:
    statement = text(raw(name))
    query = MetricQuery.model_validate({})
    with work_for(org_id) as session:
        _without_limits(session)
        return compare(
            "P9", f"{name} from rollups / raw SQL (the worst of 11)",
            baseline=lambda: connection.execute(statement, {"org": org_id}).all(),
            candidate=lambda: metrics.sums(session, name, query), target=ROLLED_UP_TARGET, rounds=ROUNDS, calls=1,
        )  # fmt: skip


def _without_limits(session: Session) -> None:
    """Of time."""
    for setting in ("statement_timeout", "transaction_timeout", "idle_in_transaction_session_timeout"):
        session.execute(text(f"SET LOCAL {setting} = 0"))
