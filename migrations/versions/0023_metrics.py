"""Insights' activity events and metrics: one row of facts a learner and program, rolled up by day as it changes.

The database keeps the rollups itself: whatever writes or deletes facts (an event, the nightly rebuild, an erasure)
moves them by the difference, in the same transaction, so that they equal the facts at every moment. Analysts read
none of this but releases, made once a month (ADR 0014).
"""

from alembic import op

from tenancy import create_crossing_function, let_cross, let_erase, publish_view, secure

revision = "0023"
down_revision = "0022"

TENANT = "org_id uuid NOT NULL DEFAULT backbone.current_org() REFERENCES identity.organizations (id)"
MEASURES = """
  numerator bigint NOT NULL, denominator bigint NOT NULL, amount numeric NOT NULL, counted bigint NOT NULL"""

WORD = "~ '^[a-z]+(_[a-z]+)*$'"
ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

ACTIVITY = f"""
CREATE TABLE insights.activity_events (
  id uuid PRIMARY KEY, {TENANT}, created_at timestamptz NOT NULL DEFAULT now(),
  occurred_at timestamptz NOT NULL, verb text NOT NULL CHECK (verb {WORD}),
  object_type text NOT NULL CHECK (object_type {WORD}), object_id uuid NOT NULL,
  learner_id uuid NOT NULL REFERENCES identity.users (id), enrollment_id uuid, program_id uuid,
  result jsonb NOT NULL DEFAULT '{{}}', context jsonb NOT NULL DEFAULT '{{}}',
  UNIQUE (org_id, id)
);
CREATE INDEX activity_of_learner ON insights.activity_events (org_id, learner_id, id);
CREATE INDEX activity_by_verb ON insights.activity_events (org_id, verb, id);
CREATE INDEX activity_of_program ON insights.activity_events (org_id, program_id, id);
CREATE INDEX activity_by_age ON insights.activity_events (org_id, created_at);
"""

FACTS = f"""
CREATE TABLE insights.enrollment_facts (
  enrollment_id uuid PRIMARY KEY, {TENANT},
  learner_id uuid NOT NULL REFERENCES identity.users (id), program_id uuid NOT NULL,
  day date NOT NULL, cohort text NOT NULL CHECK (cohort ~ '^([0-9]{{4}}-[0-9]{{2}}|{ID})$'),
  tier text NOT NULL CHECK (tier IN ('none', 'bronze', 'silver', 'gold')),
  stars integer NOT NULL, possible integer NOT NULL,
  background text NOT NULL CHECK (background ~ '^(none|{ID})$'), star_days integer[] NOT NULL, modules uuid[] NOT NULL, modules_done uuid[] NOT NULL,
  exams_taken text[] NOT NULL, exams_passed text[] NOT NULL,
  project_score numeric, interview_score numeric, quiz_score numeric, project_rating numeric,
  project_begun boolean NOT NULL, project_submitted boolean NOT NULL,
  sources text[] NOT NULL, sources_clean text[] NOT NULL,
  UNIQUE (org_id, enrollment_id)
);
CREATE INDEX enrollment_facts_by_day ON insights.enrollment_facts (org_id, day);
CREATE INDEX enrollment_facts_of_learner ON insights.enrollment_facts (org_id, learner_id);
CREATE TABLE insights.daily_metrics (
  {TENANT}, metric text NOT NULL, day date NOT NULL, program_id uuid NOT NULL, cohort text NOT NULL,
  tier text NOT NULL, key text NOT NULL,{MEASURES},
  PRIMARY KEY (org_id, metric, day, program_id, cohort, tier, key)
);
CREATE TABLE insights.metric_rebuilds (
  org_id uuid PRIMARY KEY DEFAULT backbone.current_org() REFERENCES identity.organizations (id),
  day date NOT NULL, after uuid, facts_done boolean NOT NULL DEFAULT false, metric text, since date,
  repaired bigint NOT NULL DEFAULT 0, finished_at timestamptz, finished_day date, released_month date
);
CREATE TABLE insights.metric_releases (
  {TENANT}, metric text NOT NULL, program_id uuid NOT NULL, key text NOT NULL,
  month date NOT NULL, withheld boolean NOT NULL,{MEASURES},
  PRIMARY KEY (org_id, metric, program_id, key)
);
"""

# Inlined where it is called: what each row of facts adds to which groups of which metric.
CELLS = """
CREATE FUNCTION insights.band(score numeric) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN score < 60 THEN '0' WHEN score < 80 THEN '60' ELSE '80' END
$$;
CREATE FUNCTION insights.cells(f insights.enrollment_facts)
RETURNS TABLE (metric text, key text, numerator integer, denominator integer, amount numeric, counted integer)
LANGUAGE sql IMMUTABLE AS $$
  SELECT 'star-acquisition', k::text, (f.star_days[k] IS NOT NULL)::integer, 1,
    coalesce(f.star_days[k], 0)::numeric, (f.star_days[k] IS NOT NULL)::integer
  FROM generate_series(1, f.possible) AS k
  UNION ALL SELECT 'tier-distribution', f.tier, 1, 1, 0, 0
  UNION ALL SELECT 'module-completion', m::text, (m = ANY (f.modules_done))::integer, 1, 0, 0
  FROM unnest(f.modules) AS m
  UNION ALL SELECT 'promotion-exams', t, (t = ANY (f.exams_passed))::integer, 1, 0, 0 FROM unnest(f.exams_taken) AS t
  UNION ALL SELECT 'project-quality', insights.band(f.project_score), 1, 1, f.project_score, 1
  WHERE f.project_score IS NOT NULL
  UNION ALL SELECT 'interview-performance', insights.band(f.interview_score), 1, 1, f.interview_score, 1
  WHERE f.interview_score IS NOT NULL
  UNION ALL SELECT v.metric, v.key, (f.possible > 0 AND f.stars >= f.possible)::integer, 1, f.stars, 1
  FROM (VALUES ('cohort-comparison', f.cohort), ('completion-rates', f.program_id::text)) AS v (metric, key)
  UNION ALL SELECT 'quiz-effectiveness', insights.band(f.quiz_score), coalesce(f.project_score >= 80, false)::integer, 1,
    coalesce(f.project_score, 0), (f.project_score IS NOT NULL)::integer
  WHERE f.quiz_score IS NOT NULL
  UNION ALL SELECT 'quiz-effectiveness', v.key, 0, 0, v.amount, 1
  FROM (VALUES ('_x', f.quiz_score), ('_y', f.project_score), ('_xx', f.quiz_score * f.quiz_score),
    ('_yy', f.project_score * f.project_score), ('_xy', f.quiz_score * f.project_score)) AS v (key, amount)
  WHERE f.quiz_score IS NOT NULL AND f.project_score IS NOT NULL
  UNION ALL SELECT 'project-relevance', f.background, f.project_submitted::integer, 1,
    coalesce(f.project_rating, 0), (f.project_rating IS NOT NULL)::integer
  WHERE f.project_begun
  UNION ALL SELECT 'ai-quality', s, (s = ANY (f.sources_clean))::integer, 1, 0, 0 FROM unnest(f.sources) AS s
$$;
GRANT EXECUTE ON FUNCTION insights.band(numeric), insights.cells(insights.enrollment_facts) TO lodestar_app;
"""

DIMENSIONS = "org_id, metric, day, program_id, cohort, tier, key"
COUNTED = "f.org_id, c.metric, f.day, f.program_id, f.cohort, f.tier, c.key"
ADDED = f"""
SELECT {COUNTED}, c.numerator, c.denominator, c.amount, c.counted FROM added AS f
CROSS JOIN LATERAL insights.cells(f::insights.enrollment_facts) AS c"""
TAKEN = f"""
SELECT {COUNTED}, -c.numerator, -c.denominator, -c.amount, -c.counted FROM taken AS f
CROSS JOIN LATERAL insights.cells(f::insights.enrollment_facts) AS c"""
CHANGES = {
    "insert": ("NEW TABLE AS added", ADDED),
    "update": ("OLD TABLE AS taken NEW TABLE AS added", f"{ADDED} UNION ALL {TAKEN}"),
    "delete": ("OLD TABLE AS taken", TAKEN),
}
EMPTIED = """
  DELETE FROM insights.daily_metrics AS d USING (SELECT DISTINCT org_id, day, program_id, cohort, tier FROM taken) AS f
  WHERE (d.org_id, d.day, d.program_id, d.cohort, d.tier) = (f.org_id, f.day, f.program_id, f.cohort, f.tier)
    AND d.metric = ANY (ARRAY(SELECT DISTINCT c.metric FROM taken AS t
      CROSS JOIN LATERAL insights.cells(t::insights.enrollment_facts) AS c))
    AND d.numerator = 0 AND d.denominator = 0 AND d.amount = 0 AND d.counted = 0;"""


def _roll_up(verb: str, tables: str, rows: str) -> str:
    """Sorted, so that two transactions take their locks in one order. Who is deleted leaves no empty group behind."""
    return f"""
CREATE FUNCTION insights.roll_up_{verb}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO insights.daily_metrics AS d ({DIMENSIONS}, numerator, denominator, amount, counted)
  SELECT {DIMENSIONS}, sum(numerator), sum(denominator), sum(amount), sum(counted)
  FROM ({rows}) AS moved ({DIMENSIONS}, numerator, denominator, amount, counted) GROUP BY {DIMENSIONS}
  HAVING sum(numerator) <> 0 OR sum(denominator) <> 0 OR sum(amount) <> 0 OR sum(counted) <> 0
  ORDER BY {DIMENSIONS}
  ON CONFLICT ({DIMENSIONS}) DO UPDATE SET
    numerator = d.numerator + excluded.numerator, denominator = d.denominator + excluded.denominator,
    amount = d.amount + excluded.amount, counted = d.counted + excluded.counted;{EMPTIED if verb == "delete" else ""}
  RETURN NULL;
END $$;
CREATE TRIGGER roll_up_{verb} AFTER {verb.upper()} ON insights.enrollment_facts REFERENCING {tables}
  FOR EACH STATEMENT EXECUTE FUNCTION insights.roll_up_{verb}();
"""


V_MODULES = "SELECT version_id, id AS module_id, kind, title, position FROM learning.modules"
V_PROGRAM_TITLES = "SELECT id AS program_id, title FROM learning.programs"
EXPORTS = """
ALTER TABLE insights.exports
  ADD kind text NOT NULL DEFAULT 'learners' CHECK (kind IN ('learners', 'metric')),
  ADD metric text,
  ADD reading text NOT NULL DEFAULT 'exact' CHECK (reading IN ('exact', 'released', 'everywhere')),
  ADD CHECK ((kind = 'metric') = (metric IS NOT NULL)), ADD CHECK (kind = 'metric' OR reading = 'exact');
DROP INDEX insights.exports_open;
CREATE UNIQUE INDEX exports_open ON insights.exports
  (org_id, requested_by, format, kind, coalesce(metric, ''), reading, filters) WHERE state IN ('pending', 'running');
CREATE INDEX exports_of_asker ON insights.exports (org_id, requested_by, id);
"""
NO_EXPORTS = """
DELETE FROM insights.exports WHERE kind = 'metric';
DROP INDEX insights.exports_open, insights.exports_of_asker;
ALTER TABLE insights.exports DROP kind, DROP metric, DROP reading;
CREATE UNIQUE INDEX exports_open ON insights.exports (org_id, requested_by, format, filters)
  WHERE state IN ('pending', 'running');
"""
METRICS_DUE = """
RETURNS TABLE (org_id uuid, day date) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT o.id, (now() AT TIME ZONE o.time_zone)::date FROM identity.organizations AS o
  LEFT JOIN insights.metric_rebuilds AS r ON r.org_id = o.id
  WHERE r.finished_day IS NULL OR r.finished_day < (now() AT TIME ZONE o.time_zone)::date
  ORDER BY r.finished_at NULLS FIRST, o.id LIMIT most
$$"""
# Sums of what was released, and only to members of the platform's own organization: no organization can be told apart.
RELEASED_EVERYWHERE = """
RETURNS TABLE (key text, withheld bigint, shown bigint, numerator bigint, denominator bigint, amount numeric,
  counted bigint, month date)
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT r.key, count(*) FILTER (WHERE r.withheld), count(*) FILTER (WHERE NOT r.withheld),
    coalesce(sum(r.numerator) FILTER (WHERE NOT r.withheld), 0)::bigint,
    coalesce(sum(r.denominator) FILTER (WHERE NOT r.withheld), 0)::bigint,
    coalesce(sum(r.amount) FILTER (WHERE NOT r.withheld), 0),
    coalesce(sum(r.counted) FILTER (WHERE NOT r.withheld), 0)::bigint, min(r.month)
  FROM insights.metric_releases AS r
  WHERE r.metric = wanted AND (of_program IS NULL OR r.program_id = of_program)
    AND identity.is_platform()
  GROUP BY r.key
$$"""


def upgrade() -> None:
    for block in (ACTIVITY, FACTS, CELLS, EXPORTS):
        op.execute(block)
    for verb, (tables, rows) in CHANGES.items():
        op.execute(_roll_up(verb, tables, rows))
    secure("insights.activity_events", grants="SELECT, INSERT, UPDATE")
    let_erase("insights.activity_events")
    for table in ("enrollment_facts", "daily_metrics", "metric_rebuilds", "metric_releases"):
        secure(f"insights.{table}")
    publish_view("learning.v_modules", V_MODULES)
    publish_view("learning.v_program_titles", V_PROGRAM_TITLES)
    let_cross("insights.metric_rebuilds")
    let_cross("insights.metric_releases")
    create_crossing_function("insights.metrics_due(most integer)", METRICS_DUE)
    create_crossing_function(
        "insights.released_everywhere(wanted text, of_program uuid)", RELEASED_EVERYWHERE
    )


def downgrade() -> None:
    op.execute("SET ROLE lodestar_crossing")
    op.execute("DROP FUNCTION insights.metrics_due(integer), insights.released_everywhere(text, uuid)")
    op.execute("SET ROLE lodestar_owner")
    op.execute(NO_EXPORTS)
    op.execute("DROP VIEW learning.v_modules, learning.v_program_titles")
    op.execute(
        "DROP TABLE insights.activity_events, insights.daily_metrics, insights.metric_rebuilds,"
        " insights.metric_releases"
    )
    op.execute("DROP TABLE insights.enrollment_facts CASCADE")
    op.execute(
        "DROP FUNCTION insights.roll_up_insert(), insights.roll_up_update(), insights.roll_up_delete(),"
        " insights.band(numeric)"
    )
