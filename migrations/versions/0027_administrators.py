"""Administrators by API key: a limit and a warning for each key, what its calls were; an audit log to search and export.

A call by key takes its token, and is counted, in a transaction of its own that `lodestar.metering` sends ahead of the
request's: nobody waits for a key's bucket until a slow request ends, and what is refused was counted. Every filter of
the audit log has an index that ends in the list's order, by time; of `action` that is the whole word, or `area`, what
comes before its dot.
"""

from alembic import op

from tenancy import create_crossing_function, let_cross, secure

revision = "0027"
down_revision = "0026"

KEYS = """
ALTER TABLE identity.api_keys
  ADD COLUMN calls_per_minute integer NOT NULL DEFAULT 600 CHECK (calls_per_minute BETWEEN 1 AND 6000),
  ADD COLUMN warned_at timestamptz;
CREATE INDEX api_keys_ending ON identity.api_keys (expires_at)
  WHERE revoked_at IS NULL AND rotated_to IS NULL AND warned_at IS NULL;

CREATE TABLE backbone.api_key_calls (
  org_id uuid NOT NULL DEFAULT backbone.current_org(), api_key_id uuid NOT NULL, hour timestamptz NOT NULL,
  operation text NOT NULL, user_id uuid NOT NULL, calls integer NOT NULL, refused integer NOT NULL,
  PRIMARY KEY (org_id, api_key_id, hour, operation)
);
CREATE INDEX api_key_calls_by_hour ON backbone.api_key_calls (hour);
"""
# A crash of the server may forget the last calls' tokens and counts; nobody waits for the disk for them.
METER = """
CREATE FUNCTION backbone.meter_key(
  of_org uuid, of_user uuid, of_key uuid, a_minute integer, of_operation text,
  OUT wait_seconds numeric, OUT tokens_left integer
) LANGUAGE plpgsql AS $$
DECLARE
  of_bucket text := 'api_key:' || of_key;
BEGIN
  PERFORM backbone.enter(of_org, of_user, false), set_config('synchronous_commit', 'off', true);
  wait_seconds := backbone.spend_token(of_bucket, a_minute, 60);
  SELECT floor(b.tokens) INTO tokens_left FROM backbone.rate_buckets AS b
  WHERE b.org_id = of_org AND b.bucket = of_bucket;
  INSERT INTO backbone.api_key_calls AS known (api_key_id, hour, operation, user_id, calls, refused)
  VALUES (
    of_key, date_trunc('hour', now(), 'UTC'), of_operation, of_user, 1,
    CASE WHEN wait_seconds IS NULL THEN 0 ELSE 1 END
  )
  ON CONFLICT (org_id, api_key_id, hour, operation) DO UPDATE
  SET calls = known.calls + 1, refused = known.refused + excluded.refused;
END $$;
GRANT EXECUTE ON FUNCTION backbone.meter_key(uuid, uuid, uuid, integer, text) TO lodestar_app;
"""
HOURS_OVER = """
RETURNS TABLE (org_id uuid, user_id uuid, api_key_id uuid, hour timestamptz) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT c.org_id, c.user_id, c.api_key_id, c.hour FROM backbone.api_key_calls AS c
  WHERE c.hour < date_trunc('hour', now(), 'UTC')
  GROUP BY c.org_id, c.user_id, c.api_key_id, c.hour ORDER BY c.hour LIMIT 1000
$$"""
KEYS_ENDING = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT k.org_id, k.id FROM identity.api_keys AS k
  WHERE k.revoked_at IS NULL AND k.rotated_to IS NULL AND k.warned_at IS NULL
    AND k.expires_at > now() AND k.expires_at < now() + make_interval(days => within_days)
    AND k.expires_at - k.created_at > make_interval(days => within_days, hours => 1)
  ORDER BY k.expires_at LIMIT 1000
$$"""
RESOLVE_API_KEY = """
RETURNS TABLE (api_key_id uuid, user_id uuid, memberships jsonb, scopes jsonb, expires_at timestamptz{columns})
LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  WITH good AS (
    SELECT * FROM identity.api_keys AS k
    WHERE k.key_hash = wanted AND k.revoked_at IS NULL AND k.expires_at > now()
  ), noted AS (
    UPDATE identity.api_keys AS k SET last_used_at = now() FROM good
    WHERE k.id = good.id AND coalesce(good.last_used_at, '-infinity') < now() - interval '1 minute'
  )
  SELECT good.id, good.user_id,
    jsonb_build_object(good.org_id, identity.memberships_of(good.user_id) -> good.org_id::text),
    good.scopes, good.expires_at{values}
  FROM good WHERE identity.memberships_of(good.user_id) ? good.org_id::text
$$"""
PLATFORM_ADMINISTRATORS = """
RETURNS TABLE (org_id uuid, user_id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT m.org_id, m.user_id
  FROM identity.organizations AS o JOIN identity.memberships AS m ON m.org_id = o.id
  WHERE o.kind = 'platform' AND m.role = 'platform_admin' AND m.ended_at IS NULL
  ORDER BY m.user_id LIMIT 1000
$$"""

SEARCH = """
ALTER TABLE backbone.audit_events
  ADD COLUMN area text GENERATED ALWAYS AS (split_part(action, '.', 1)) STORED;
CREATE INDEX audit_by_time ON backbone.audit_events (org_id, occurred_at, sequence);
CREATE INDEX audit_by_actor ON backbone.audit_events (org_id, actor_id, occurred_at, sequence);
CREATE INDEX audit_by_key ON backbone.audit_events (org_id, api_key_id, occurred_at, sequence)
  WHERE api_key_id IS NOT NULL;
CREATE INDEX audit_by_action ON backbone.audit_events (org_id, action, occurred_at, sequence);
CREATE INDEX audit_by_area ON backbone.audit_events (org_id, area, occurred_at, sequence);
CREATE INDEX audit_by_subject_type ON backbone.audit_events (org_id, subject_type, occurred_at, sequence);
CREATE INDEX audit_by_subject ON backbone.audit_events (org_id, subject_id, occurred_at, sequence);
CREATE INDEX audit_by_request ON backbone.audit_events (org_id, correlation_id, occurred_at, sequence);
DROP INDEX backbone.audit_events_by_action, backbone.audit_events_of_actor, backbone.audit_events_by_subject_type,
  backbone.audit_events_by_subject;
"""
NO_SEARCH = """
CREATE INDEX audit_events_by_action ON backbone.audit_events (org_id, action, sequence);
CREATE INDEX audit_events_of_actor ON backbone.audit_events (org_id, actor_id, sequence);
CREATE INDEX audit_events_by_subject_type ON backbone.audit_events (org_id, subject_type, sequence);
CREATE INDEX audit_events_by_subject ON backbone.audit_events (org_id, subject_id, sequence);
DROP INDEX backbone.audit_by_time, backbone.audit_by_actor, backbone.audit_by_key, backbone.audit_by_action,
  backbone.audit_by_area, backbone.audit_by_subject_type, backbone.audit_by_subject, backbone.audit_by_request;
ALTER TABLE backbone.audit_events DROP COLUMN area;
"""
EXPORTS = """
CREATE TABLE identity.audit_exports (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL DEFAULT backbone.current_org() REFERENCES identity.organizations (id),
  created_at timestamptz NOT NULL DEFAULT now(), version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now(),
  requested_by uuid NOT NULL REFERENCES identity.users (id),
  format text NOT NULL CHECK (format IN ('jsonl', 'csv')),
  head_sequence bigint NOT NULL CHECK (head_sequence >= 0), head_hash varchar(64) NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'completed', 'failed')),
  operation_id uuid NOT NULL, tries integer NOT NULL DEFAULT 0,
  byte_count bigint CHECK (byte_count >= 0), storage_key text, expires_at timestamptz, completed_at timestamptz,
  UNIQUE (org_id, id), CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
  CHECK (storage_key IS NULL OR expires_at IS NOT NULL)
);
CREATE UNIQUE INDEX audit_exports_open ON identity.audit_exports (org_id, requested_by, format)
  WHERE state = 'pending';
CREATE INDEX audit_exports_unfinished ON identity.audit_exports (updated_at) WHERE state = 'pending';
CREATE INDEX audit_exports_kept ON identity.audit_exports (expires_at) WHERE storage_key IS NOT NULL;
"""
STUCK_EXPORTS = """
RETURNS TABLE (org_id uuid, event_name text, data jsonb) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT e.org_id, 'identity.audit_export_requested', jsonb_build_object('export_id', e.id)
  FROM identity.audit_exports AS e
  WHERE e.state = 'pending' AND e.updated_at < now() - make_interval(secs => older_than_seconds)
  ORDER BY e.updated_at LIMIT 1000
$$"""
EXPORTS_EXPIRED = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT e.org_id, e.id FROM identity.audit_exports AS e
  WHERE e.storage_key IS NOT NULL AND e.expires_at < now() ORDER BY e.expires_at LIMIT 1000
$$"""


def upgrade() -> None:
    op.execute(KEYS)
    secure("backbone.api_key_calls")
    let_cross("backbone.api_key_calls")
    op.execute(METER)
    create_crossing_function("backbone.api_key_hours_over()", HOURS_OVER)
    create_crossing_function("identity.api_keys_ending(within_days integer)", KEYS_ENDING)
    _resolve(columns=", calls_per_minute integer", values=", good.calls_per_minute")
    create_crossing_function("identity.platform_administrators()", PLATFORM_ADMINISTRATORS)
    op.execute(SEARCH)
    op.execute(EXPORTS)
    secure("identity.audit_exports", grants="SELECT, INSERT, UPDATE")
    let_cross("identity.audit_exports")
    create_crossing_function("identity.stuck_audit_exports(older_than_seconds integer)", STUCK_EXPORTS)
    create_crossing_function("identity.audit_exports_expired()", EXPORTS_EXPIRED)


def _resolve(*, columns: str, values: str) -> None:
    op.execute("DROP FUNCTION identity.resolve_api_key(text)")
    create_crossing_function(
        "identity.resolve_api_key(wanted text)",
        RESOLVE_API_KEY.replace("{columns}", columns).replace("{values}", values),
    )


def downgrade() -> None:
    op.execute("""
    DROP FUNCTION identity.audit_exports_expired(), identity.stuck_audit_exports(integer),
      identity.platform_administrators(), identity.api_keys_ending(integer), backbone.api_key_hours_over(),
      backbone.meter_key(uuid, uuid, uuid, integer, text);
    DROP TABLE identity.audit_exports, backbone.api_key_calls;
    """)
    op.execute(NO_SEARCH)
    _resolve(columns="", values="")
    op.execute("ALTER TABLE identity.api_keys DROP COLUMN calls_per_minute, DROP COLUMN warned_at")
