"""Privacy: requests to export or erase, retention policies, legal holds; erasure as the only way to delete evidence."""

from alembic import op

from tenancy import create_crossing_function, forbid_erase, let_cross, let_erase, secure

revision = "0008"
down_revision = "0007"

ROW = """
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL DEFAULT backbone.current_org() REFERENCES identity.organizations (id),
  created_at timestamptz NOT NULL DEFAULT now(), version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now(), UNIQUE (org_id, id)"""

TABLES = f"""
CREATE TABLE identity.privacy_requests ({ROW},
  user_id uuid NOT NULL REFERENCES identity.users (id),
  requested_by uuid REFERENCES identity.users (id),
  kind text NOT NULL CHECK (kind IN ('export', 'erase')),
  state text NOT NULL CHECK (state IN ('pending', 'approved', 'running', 'completed', 'rejected', 'failed')),
  due_at timestamptz NOT NULL,
  decided_by uuid REFERENCES identity.users (id), decided_at timestamptz, decision_reason text,
  operation_id uuid NOT NULL,
  claimed_by text, claimed_at timestamptz, tries integer NOT NULL DEFAULT 0,
  export_key text, export_bytes bigint, export_expires_at timestamptz,
  certificate jsonb, completed_at timestamptz, problem_detail text,
  CHECK (kind = 'erase' OR state <> 'pending'),
  CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
  CHECK (kind = 'erase' OR certificate IS NULL)
);
CREATE UNIQUE INDEX privacy_requests_open ON identity.privacy_requests (org_id, user_id, kind)
  WHERE state IN ('pending', 'approved', 'running');
CREATE INDEX privacy_requests_of_user ON identity.privacy_requests (org_id, user_id, id);
CREATE INDEX privacy_requests_unfinished ON identity.privacy_requests (updated_at)
  WHERE state IN ('approved', 'running');
CREATE INDEX privacy_requests_archived ON identity.privacy_requests (export_expires_at) WHERE export_key IS NOT NULL;

CREATE TABLE identity.retention_policies ({ROW},
  category text NOT NULL CHECK (category ~ '^[a-z]+(_[a-z]+)*$'), days integer NOT NULL CHECK (days > 0),
  UNIQUE (org_id, category)
);
CREATE TABLE identity.legal_holds ({ROW},
  user_id uuid NOT NULL REFERENCES identity.users (id),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
  placed_by uuid NOT NULL REFERENCES identity.users (id),
  released_at timestamptz, released_by uuid REFERENCES identity.users (id),
  CHECK ((released_at IS NULL) = (released_by IS NULL))
);
CREATE UNIQUE INDEX legal_holds_standing ON identity.legal_holds (org_id, user_id) WHERE released_at IS NULL;
CREATE INDEX legal_holds_by_creation ON identity.legal_holds (org_id, id);

-- What each domain answered to a request, and the pieces of an export until its archive stands.
CREATE TABLE backbone.privacy_answers (
  org_id uuid NOT NULL DEFAULT backbone.current_org(), request_id uuid NOT NULL, domain text NOT NULL,
  report jsonb NOT NULL, answered_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, request_id, domain)
);
CREATE TABLE backbone.privacy_pieces (
  org_id uuid NOT NULL DEFAULT backbone.current_org(), request_id uuid NOT NULL, domain text NOT NULL,
  "table" text NOT NULL, number integer NOT NULL, body text NOT NULL,
  PRIMARY KEY (org_id, request_id, domain, "table", number)
);
"""

# Transaction-local, as the organization is; `identity.begin_erasure` and `lodestar.privacy` set it.
IS_ERASING = """
CREATE FUNCTION backbone.is_erasing() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('lodestar.erasing', true), '') IS NOT NULL;
CREATE FUNCTION backbone.begin_erasing(why text) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('lodestar.erasing', why, true)
$$;
GRANT EXECUTE ON FUNCTION backbone.is_erasing(), backbone.begin_erasing(text) TO lodestar_app;
"""

HOLDS = """
CREATE FUNCTION identity.is_held(person uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM identity.legal_holds
    WHERE user_id = person AND released_at IS NULL AND org_id = backbone.current_org()
  )
$$;
CREATE FUNCTION identity.holds_stand() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM identity.legal_holds WHERE released_at IS NULL AND org_id = backbone.current_org())
$$;
-- The person of a running erasure, from now on in this transaction; no row where none is running.
CREATE FUNCTION identity.begin_erasure(request uuid) RETURNS TABLE (person uuid, held boolean) LANGUAGE plpgsql AS $$
BEGIN
  SELECT r.user_id, identity.is_held(r.user_id) INTO person, held FROM identity.privacy_requests AS r
  WHERE r.id = request AND r.kind = 'erase' AND r.state = 'running' AND r.org_id = backbone.current_org();
  IF FOUND THEN
    IF NOT held THEN
      PERFORM backbone.begin_erasing('request ' || request);
    END IF;
    RETURN NEXT;
  END IF;
END $$;
-- The person of a running export.
CREATE FUNCTION identity.person_to_export(request uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT r.user_id FROM identity.privacy_requests AS r
  WHERE r.id = request AND r.kind = 'export' AND r.state = 'running' AND r.org_id = backbone.current_org()
$$;
GRANT EXECUTE ON FUNCTION
  identity.is_held(uuid), identity.holds_stand(), identity.begin_erasure(uuid), identity.person_to_export(uuid) TO lodestar_app;
"""

RETENTION_PERIODS = """
RETURNS TABLE (org_id uuid, days integer) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT o.id, coalesce(p.days, usual) FROM identity.organizations AS o
  LEFT JOIN identity.retention_policies AS p ON p.org_id = o.id AND p.category = wanted
  ORDER BY o.id
$$"""
ARCHIVES_EXPIRED = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT r.org_id, r.id FROM identity.privacy_requests AS r
  WHERE r.export_key IS NOT NULL AND r.export_expires_at < now() ORDER BY r.export_expires_at LIMIT 1000
$$"""
STUCK_REQUESTS = """
RETURNS TABLE (org_id uuid, event_name text, data jsonb) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT r.org_id, CASE r.kind WHEN 'export' THEN 'identity.export_requested' ELSE 'identity.erasure_requested' END,
    jsonb_build_object('request_id', r.id)
  FROM identity.privacy_requests AS r
  WHERE r.state IN ('approved', 'running')
    AND greatest(r.updated_at, r.claimed_at) < now() - make_interval(secs => older_than_seconds)
  ORDER BY r.updated_at LIMIT 1000
$$"""
# The account of a running erasure's person, for as long as it runs and to its own organization only. `elsewhere`
# says that another organization knows the person too, and so the account stays.
ACCOUNT_TO_ERASE = """
RETURNS TABLE (person uuid, email text, elsewhere boolean) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT u.id, u.email, EXISTS (
      SELECT FROM identity.memberships AS m WHERE m.user_id = u.id AND m.org_id <> r.org_id
    ) OR EXISTS (
      SELECT FROM identity.role_requests AS q WHERE q.user_id = u.id AND q.org_id <> r.org_id
    ) OR EXISTS (
      SELECT FROM identity.organizations AS o WHERE o.founder_id = u.id AND o.id <> r.org_id AND o.state = 'pending'
    )
  FROM identity.privacy_requests AS r JOIN identity.users AS u ON u.id = r.user_id
  WHERE r.id = request AND r.org_id = backbone.current_org() AND r.kind = 'erase' AND r.state = 'running'
$$"""
ERASE_ACCOUNT = """
RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
  UPDATE identity.users AS u SET
    subject = NULL, email = 'erased-' || u.id || '@erased.invalid', email_verified_at = NULL,
    display_name = 'Erased person', time_zone = 'UTC', locale = 'en', version = u.version + 1, updated_at = now()
  FROM identity.account_to_erase(request) AS account
  WHERE u.id = account.person AND NOT account.elsewhere;
  RETURN FOUND;
END $$"""

ERASABLE = (
    "identity.memberships", "identity.invitations", "identity.role_requests", "identity.api_keys",
    "learning.enrollments", "learning.progress_overrides", "learning.stage_awards", "learning.tier_changes",
    "learning.promotion_declines", "learning.lesson_progress", "learning.module_progress",
    "learning.masterclass_completions", "learning.nudges",
    "assessment.attempts", "assessment.responses", "assessment.grades", "assessment.grade_evidence",
    "assessment.attempt_decisions", "assessment.appeals", "assessment.submitted_works",
    "assessment.integrity_signals",
    "media.recording_consents", "media.playback_completions",
    "messaging.notifications",
)  # fmt: skip
CROSSING = (
    "identity.erase_account(uuid)", "identity.account_to_erase(uuid)", "identity.stuck_privacy_requests(integer)",
    "identity.archives_expired()", "identity.retention_periods(text, integer)",
)  # fmt: skip


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(IS_ERASING)
    op.execute(HOLDS)
    for table in ("privacy_requests", "legal_holds"):
        secure(f"identity.{table}", grants="SELECT, INSERT, UPDATE")
    secure("identity.retention_policies")
    for table in ("privacy_answers", "privacy_pieces"):
        secure(f"backbone.{table}")
    let_cross("identity.privacy_requests")
    let_cross("identity.retention_policies")
    let_cross("identity.role_requests")
    let_erase(*ERASABLE)
    create_crossing_function("identity.retention_periods(wanted text, usual integer)", RETENTION_PERIODS)
    create_crossing_function("identity.archives_expired()", ARCHIVES_EXPIRED)
    create_crossing_function("identity.stuck_privacy_requests(older_than_seconds integer)", STUCK_REQUESTS)
    create_crossing_function("identity.account_to_erase(request uuid)", ACCOUNT_TO_ERASE)
    create_crossing_function("identity.erase_account(request uuid)", ERASE_ACCOUNT)


def downgrade() -> None:
    forbid_erase(*ERASABLE)
    op.execute("SET ROLE lodestar_crossing")
    for function in CROSSING:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("SET ROLE lodestar_owner")
    op.execute(
        "DROP FUNCTION identity.begin_erasure(uuid), identity.person_to_export(uuid), identity.is_held(uuid)"
    )
    op.execute("DROP TABLE identity.privacy_requests, identity.retention_policies, identity.legal_holds")
    op.execute("DROP TABLE backbone.privacy_answers, backbone.privacy_pieces")
    op.execute("DROP FUNCTION backbone.is_erasing(), backbone.begin_erasing(text)")
    op.execute("DROP POLICY crossing_select ON identity.role_requests")
    op.execute("REVOKE SELECT ON identity.role_requests FROM lodestar_crossing")
