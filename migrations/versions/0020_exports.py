"""Insights' exports: a table of many learners, made in the background into a file that is kept for a week."""

from alembic import op

from tenancy import create_crossing_function, create_schema, drop_schema, let_cross, let_erase, secure

revision = "0020"
down_revision = "0019"

EXPORTS = """
CREATE TABLE insights.exports (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL DEFAULT backbone.current_org() REFERENCES identity.organizations (id),
  created_at timestamptz NOT NULL DEFAULT now(), version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now(),
  requested_by uuid NOT NULL REFERENCES identity.users (id),
  format text NOT NULL CHECK (format IN ('csv', 'xlsx')),
  filters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(filters) = 'object'),
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'completed', 'failed')),
  operation_id uuid NOT NULL, run_id uuid, tries integer NOT NULL DEFAULT 0,
  row_count integer NOT NULL DEFAULT 0 CHECK (row_count >= 0),
  byte_count bigint CHECK (byte_count >= 0), storage_key text, expires_at timestamptz,
  completed_at timestamptz, problem_detail text,
  UNIQUE (org_id, id), CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
  CHECK ((state = 'running') = (run_id IS NOT NULL)), CHECK (storage_key IS NULL OR expires_at IS NOT NULL)
);
CREATE UNIQUE INDEX exports_open ON insights.exports (org_id, requested_by, format, filters)
  WHERE state IN ('pending', 'running');
CREATE INDEX exports_by_state ON insights.exports (org_id, state, id);
CREATE INDEX exports_unfinished ON insights.exports (updated_at) WHERE state IN ('pending', 'running');
CREATE INDEX exports_kept ON insights.exports (expires_at) WHERE storage_key IS NOT NULL;
"""
STUCK_EXPORTS = """
RETURNS TABLE (org_id uuid, event_name text, data jsonb) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT e.org_id, 'insights.export_requested', jsonb_build_object('export_id', e.id)
  FROM insights.exports AS e
  WHERE e.state IN ('pending', 'running') AND e.updated_at < now() - make_interval(secs => older_than_seconds)
  ORDER BY e.updated_at LIMIT 1000
$$"""
EXPORTS_EXPIRED = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT e.org_id, e.id FROM insights.exports AS e
  WHERE e.storage_key IS NOT NULL AND e.expires_at < now() ORDER BY e.expires_at LIMIT 1000
$$"""


def upgrade() -> None:
    create_schema("insights")
    op.execute(EXPORTS)
    secure("insights.exports", grants="SELECT, INSERT, UPDATE")
    let_erase("insights.exports")
    let_cross("insights.exports")
    create_crossing_function("insights.stuck_exports(older_than_seconds integer)", STUCK_EXPORTS)
    create_crossing_function("insights.exports_expired()", EXPORTS_EXPIRED)


def downgrade() -> None:
    drop_schema("insights")
