"""Backbone: roles' rights, the unit of work's context, outbox, inbox, idempotency, limits, operations, audit, AI runs."""

from alembic import op

from tenancy import create_crossing_function, create_schema, drop_schema, let_cross, secure

revision = "0001"
down_revision = None

CONTEXT = """
CREATE FUNCTION backbone.current_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('lodestar.org_id', true), '')::uuid;
CREATE FUNCTION backbone.current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('lodestar.user_id', true), '')::uuid;

-- Transaction-local, because SET would pin a connection of RDS Proxy.
CREATE FUNCTION backbone.enter(org_id uuid, user_id uuid, read_only boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('lodestar.org_id', org_id::text, true), set_config('lodestar.user_id', user_id::text, true);
  IF read_only THEN
    PERFORM set_config('transaction_read_only', 'on', true);
  END IF;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA backbone TO lodestar_app;
"""

TABLES = """
CREATE TABLE backbone.outbox (
  id uuid PRIMARY KEY, org_id uuid NOT NULL DEFAULT backbone.current_org(),
  name text NOT NULL, detail jsonb NOT NULL, occurred_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz, attempts integer NOT NULL DEFAULT 0, last_error text
);
CREATE INDEX outbox_unpublished ON backbone.outbox (attempts, occurred_at, id) WHERE published_at IS NULL;

CREATE TABLE backbone.inbox (
  event_id uuid NOT NULL, reaction text NOT NULL, org_id uuid NOT NULL DEFAULT backbone.current_org(),
  received_at timestamptz NOT NULL DEFAULT now(), processed_at timestamptz,
  attempts integer NOT NULL DEFAULT 1, last_error text,
  PRIMARY KEY (event_id, reaction)
);

CREATE TABLE backbone.idempotency_keys (
  org_id uuid NOT NULL DEFAULT backbone.current_org(), user_id uuid NOT NULL, route text NOT NULL, key text NOT NULL,
  fingerprint varchar(64) NOT NULL, status integer, body text, headers jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, user_id, route, key)
);
CREATE INDEX idempotency_keys_age ON backbone.idempotency_keys (created_at);

CREATE TABLE backbone.rate_buckets (
  org_id uuid NOT NULL DEFAULT backbone.current_org(), bucket text NOT NULL,
  tokens numeric NOT NULL, filled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, bucket)
);

CREATE TABLE backbone.operations (
  id uuid PRIMARY KEY, org_id uuid NOT NULL DEFAULT backbone.current_org(), user_id uuid NOT NULL, kind text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'succeeded', 'failed')),
  progress_percent integer NOT NULL DEFAULT 0 CHECK (progress_percent BETWEEN 0 AND 100),
  message text, subject_type text, subject_id uuid, result jsonb, problem jsonb,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX operations_of_user ON backbone.operations (org_id, user_id, created_at DESC, id DESC);

CREATE TABLE backbone.audit_events (
  id uuid PRIMARY KEY, org_id uuid NOT NULL DEFAULT backbone.current_org(), sequence bigint NOT NULL,
  action text NOT NULL, actor_id uuid NOT NULL, api_key_id uuid, subject_type text NOT NULL, subject_id uuid NOT NULL,
  before jsonb, after jsonb, reason text, correlation_id text NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT now(), previous_hash varchar(64) NOT NULL, hash varchar(64) NOT NULL,
  UNIQUE (org_id, sequence)
);
CREATE INDEX audit_events_of_subject ON backbone.audit_events (org_id, subject_type, subject_id, sequence);

CREATE TABLE backbone.ai_runs (
  id uuid PRIMARY KEY, org_id uuid NOT NULL DEFAULT backbone.current_org(), purpose text NOT NULL,
  subject_type text, subject_id uuid, model text NOT NULL, source text NOT NULL, prompt_version text,
  input_tokens integer, output_tokens integer, latency_ms integer NOT NULL, cost_usd_micros bigint,
  outcome text NOT NULL, error text, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ai_runs_recent ON backbone.ai_runs (org_id, created_at DESC, id DESC);
CREATE INDEX ai_runs_of_subject ON backbone.ai_runs (org_id, subject_type, subject_id);
"""

TAKE_FROM_BUCKET = """
CREATE FUNCTION backbone.spend_token(bucket_name text, capacity integer, seconds integer) RETURNS numeric
LANGUAGE plpgsql AS $$
DECLARE
  rate numeric := capacity::numeric / seconds;
  available numeric;
BEGIN
  -- The seconds to wait for the next token; NULL when one was taken.
  INSERT INTO backbone.rate_buckets AS held (bucket, tokens, filled_at) VALUES (bucket_name, capacity - 1, now())
  ON CONFLICT (org_id, bucket) DO UPDATE SET
    tokens = least(capacity, held.tokens + extract(epoch FROM now() - held.filled_at) * rate) - 1,
    filled_at = now()
    WHERE least(capacity, held.tokens + extract(epoch FROM now() - held.filled_at) * rate) >= 1
  RETURNING held.tokens INTO available;
  IF available IS NOT NULL THEN
    RETURN NULL;
  END IF;
  SELECT (1 - held.tokens) / rate - extract(epoch FROM now() - held.filled_at) INTO available
  FROM backbone.rate_buckets AS held WHERE held.bucket = bucket_name;
  RETURN greatest(available, 1);
END $$;
GRANT EXECUTE ON FUNCTION backbone.spend_token(text, integer, integer) TO lodestar_app;
"""

CLAIM_OUTBOX = """
RETURNS TABLE (id uuid, org_id uuid, name text, detail jsonb, occurred_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  SELECT o.id, o.org_id, o.name, o.detail, o.occurred_at FROM backbone.outbox AS o
  WHERE o.published_at IS NULL AND o.occurred_at < now() - make_interval(secs => older_than_seconds)
  ORDER BY o.attempts, o.occurred_at, o.id
  LIMIT least(wanted, 1000)
  FOR UPDATE SKIP LOCKED
$$"""

MARK_PUBLISHED = """
RETURNS integer LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  WITH marked AS (
    UPDATE backbone.outbox SET published_at = now() WHERE id = ANY (ids) AND published_at IS NULL RETURNING 1
  ) SELECT count(*)::integer FROM marked
$$"""

MARK_FAILED = """
RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  UPDATE backbone.outbox SET attempts = attempts + 1, last_error = error WHERE id = ANY (ids)
$$"""

FORGET = """
RETURNS TABLE (what text, removed bigint) LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  WITH keys AS (
    DELETE FROM backbone.idempotency_keys WHERE created_at < now() - interval '72 hours' RETURNING 1
  ), sent AS (
    DELETE FROM backbone.outbox WHERE published_at < now() - interval '30 days' RETURNING 1
  ), buckets AS (
    DELETE FROM backbone.rate_buckets WHERE filled_at < now() - interval '1 day' RETURNING 1
  )
  SELECT 'idempotency_keys', count(*) FROM keys UNION ALL SELECT 'outbox', count(*) FROM sent
  UNION ALL SELECT 'rate_buckets', count(*) FROM buckets
$$"""


def upgrade() -> None:
    create_schema("backbone")
    op.execute(CONTEXT)
    op.execute(TABLES)
    for table in ("outbox", "inbox", "idempotency_keys", "rate_buckets", "operations", "ai_runs"):
        secure(f"backbone.{table}")
    secure("backbone.audit_events", grants="SELECT, INSERT")
    op.execute(TAKE_FROM_BUCKET)
    let_cross("backbone.outbox", "SELECT, UPDATE, DELETE")
    let_cross("backbone.idempotency_keys", "SELECT, DELETE")
    let_cross("backbone.rate_buckets", "SELECT, DELETE")
    create_crossing_function(
        "backbone.claim_outbox(wanted integer, older_than_seconds integer)", CLAIM_OUTBOX
    )
    create_crossing_function("backbone.mark_published(ids uuid[])", MARK_PUBLISHED)
    create_crossing_function("backbone.mark_failed(ids uuid[], error text)", MARK_FAILED)
    create_crossing_function("backbone.forget_expired()", FORGET)


def downgrade() -> None:
    drop_schema("backbone")
