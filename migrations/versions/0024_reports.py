"""Insights' scheduled reports: what is sent to whom when, and every run of it, one a period; and what dashboards count.

Of a dashboard's figures those are kept each night of which no row tells how they stood a week ago.
"""

from alembic import op

from tenancy import create_crossing_function, let_cross, let_erase, publish_view, secure

revision = "0024"
down_revision = "0023"

COLUMNS = """
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL DEFAULT backbone.current_org() REFERENCES identity.organizations (id),
  created_at timestamptz NOT NULL DEFAULT now()"""
VERSIONED = f"{COLUMNS}, version integer NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT now()"

# `next_at` is the moment of the next run, as of `armed_at`: a run whose moment is not after that was made before.
SCHEDULES = f"""
CREATE TABLE insights.report_schedules ({VERSIONED},
  title text NOT NULL, metrics text[] NOT NULL CHECK (cardinality(metrics) > 0), filters jsonb NOT NULL DEFAULT '{{}}',
  cadence text NOT NULL DEFAULT 'weekly' CHECK (cadence IN ('daily', 'weekly', 'monthly')),
  weekday text NOT NULL DEFAULT 'monday' CHECK (weekday IN
    ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday')),
  local_time time NOT NULL DEFAULT '07:00', time_zone text, zone_in_use text NOT NULL,
  format text NOT NULL CHECK (format IN ('csv', 'xlsx')), with_learners boolean NOT NULL DEFAULT false,
  active boolean NOT NULL DEFAULT true, next_at timestamptz, armed_at timestamptz NOT NULL DEFAULT now(),
  created_by uuid REFERENCES identity.users (id), deleted_at timestamptz,
  UNIQUE (org_id, id), CHECK (jsonb_typeof(filters) = 'object'),
  CHECK ((next_at IS NOT NULL) = (active AND deleted_at IS NULL))
);
CREATE UNIQUE INDEX report_schedules_titled ON insights.report_schedules (org_id, lower(title)) WHERE deleted_at IS NULL;
CREATE INDEX report_schedules_listed ON insights.report_schedules (org_id, id) WHERE deleted_at IS NULL;
CREATE INDEX report_schedules_due ON insights.report_schedules (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE insights.report_recipients ({COLUMNS},
  schedule_id uuid NOT NULL, user_id uuid NOT NULL REFERENCES identity.users (id),
  UNIQUE (org_id, id), UNIQUE (org_id, schedule_id, user_id),
  FOREIGN KEY (org_id, schedule_id) REFERENCES insights.report_schedules (org_id, id) ON DELETE CASCADE
);
CREATE INDEX report_recipients_of_person ON insights.report_recipients (org_id, user_id);
"""
RUNS = f"""
CREATE TABLE insights.report_runs ({VERSIONED},
  schedule_id uuid NOT NULL, occasion text NOT NULL DEFAULT 'scheduled' CHECK (occasion IN ('scheduled', 'asked')),
  period_from date NOT NULL, period_to date NOT NULL, time_zone text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'sent', 'skipped', 'failed')),
  run_id uuid, tries integer NOT NULL DEFAULT 0, asked_by uuid REFERENCES identity.users (id),
  reason text, problem_detail text, files jsonb NOT NULL DEFAULT '[]', expires_at timestamptz, completed_at timestamptz,
  UNIQUE (org_id, id), CHECK (period_from <= period_to), CHECK (jsonb_typeof(files) = 'array'),
  CHECK ((state = 'running') = (run_id IS NOT NULL)),
  CHECK ((state IN ('sent', 'skipped', 'failed')) = (completed_at IS NOT NULL)),
  CHECK ((state IN ('skipped', 'failed')) = (reason IS NOT NULL)), CHECK (files = '[]' OR expires_at IS NOT NULL),
  FOREIGN KEY (org_id, schedule_id) REFERENCES insights.report_schedules (org_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX report_runs_of_period ON insights.report_runs (org_id, schedule_id, period_from, period_to)
  WHERE occasion = 'scheduled';
CREATE UNIQUE INDEX report_runs_asked ON insights.report_runs (org_id, schedule_id)
  WHERE occasion = 'asked' AND state IN ('pending', 'running');
CREATE INDEX report_runs_of_schedule ON insights.report_runs (org_id, schedule_id, id);
CREATE INDEX report_runs_by_state ON insights.report_runs (org_id, schedule_id, state, id);
CREATE INDEX report_runs_failed ON insights.report_runs (org_id, completed_at) WHERE state = 'failed';
CREATE INDEX exports_failed ON insights.exports (org_id, updated_at) WHERE state = 'failed';
CREATE INDEX report_runs_unfinished ON insights.report_runs (updated_at) WHERE state IN ('pending', 'running');
CREATE INDEX report_runs_kept ON insights.report_runs (expires_at) WHERE files <> '[]';
CREATE TABLE insights.report_run_recipients ({COLUMNS},
  run_id uuid NOT NULL, user_id uuid NOT NULL REFERENCES identity.users (id),
  outcome text NOT NULL CHECK (outcome IN ('sent', 'skipped')), reason text,
  UNIQUE (org_id, id), UNIQUE (org_id, run_id, user_id), CHECK ((outcome = 'skipped') = (reason IS NOT NULL)),
  FOREIGN KEY (org_id, run_id) REFERENCES insights.report_runs (org_id, id) ON DELETE CASCADE
);
CREATE INDEX report_run_recipients_of_person ON insights.report_run_recipients (org_id, user_id);
"""
SCHEDULES_DUE = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT s.org_id, s.id FROM insights.report_schedules AS s WHERE s.next_at <= now() ORDER BY s.next_at LIMIT 1000
$$"""
STUCK_REPORTS = """
RETURNS TABLE (org_id uuid, event_name text, data jsonb) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT r.org_id, 'insights.report_requested', jsonb_build_object('run_id', r.id)
  FROM insights.report_runs AS r
  WHERE r.state IN ('pending', 'running') AND r.updated_at < now() - make_interval(secs => older_than_seconds)
  ORDER BY r.updated_at LIMIT 1000
$$"""
REPORTS_EXPIRED = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT r.org_id, r.id FROM insights.report_runs AS r
  WHERE r.files <> '[]' AND r.expires_at < now() ORDER BY r.expires_at LIMIT 1000
$$"""
KPIS = """
CREATE TABLE insights.kpi_snapshots (
  org_id uuid NOT NULL DEFAULT backbone.current_org() REFERENCES identity.organizations (id),
  name text NOT NULL, day date NOT NULL, value bigint NOT NULL, PRIMARY KEY (org_id, name, day)
);
"""
KPIS_DUE = """
RETURNS TABLE (org_id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT o.id FROM identity.organizations AS o
  WHERE NOT EXISTS (
    SELECT FROM insights.kpi_snapshots AS s
    WHERE s.org_id = o.id AND s.name = 'active-learners' AND s.day = (now() AT TIME ZONE o.time_zone)::date
  ) ORDER BY o.id LIMIT most
$$"""
# What each counts is found by (org_id, state, id): few attempts wait, few messages fail.
VIEWS = {
    "assessment.v_reviews_waiting": """
SELECT id AS attempt_id, kind FROM assessment.attempts
WHERE org_id = backbone.current_org() AND state = 'needs_review'""",
    "assessment.v_open_appeals": """
SELECT id AS appeal_id FROM assessment.appeals WHERE org_id = backbone.current_org() AND state = 'open'""",
    "messaging.v_failed_deliveries": """
SELECT id AS delivery_id, channel FROM messaging.deliveries
WHERE org_id = backbone.current_org() AND state = 'failed'""",
}
SWEPT = ("report_schedules", "report_runs", "kpi_snapshots")


def upgrade() -> None:
    op.execute(SCHEDULES)
    op.execute(RUNS)
    op.execute(KPIS)
    for name, query in VIEWS.items():
        publish_view(name, query)
    for table in ("report_schedules", "report_runs", "report_run_recipients"):
        secure(f"insights.{table}", grants="SELECT, INSERT, UPDATE")
        let_erase(f"insights.{table}")
    for table in ("report_recipients", "kpi_snapshots"):
        secure(f"insights.{table}")
    for table in SWEPT:
        let_cross(f"insights.{table}")
    create_crossing_function("insights.report_schedules_due()", SCHEDULES_DUE)
    create_crossing_function("insights.stuck_reports(older_than_seconds integer)", STUCK_REPORTS)
    create_crossing_function("insights.reports_expired()", REPORTS_EXPIRED)
    create_crossing_function("insights.kpis_due(most integer)", KPIS_DUE)


def downgrade() -> None:
    for function in (
        "report_schedules_due()",
        "stuck_reports(integer)",
        "reports_expired()",
        "kpis_due(integer)",
    ):
        op.execute(f"DROP FUNCTION insights.{function}")
    for view in VIEWS:
        op.execute(f"DROP VIEW {view}")
    op.execute("DROP INDEX insights.exports_failed")
    op.execute("""
    DROP TABLE insights.report_run_recipients, insights.report_runs, insights.report_recipients,
      insights.report_schedules, insights.kpi_snapshots
    """)
