"""Identity: organizations, users, memberships, invitations, role requests, API keys, consents, flags; the audit chain."""

from alembic import op

from tenancy import create_crossing_function, create_schema, drop_schema, let_cross, publish_view, secure

revision = "0002"
down_revision = "0001"

ROW = """
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  org_id uuid NOT NULL DEFAULT backbone.current_org() REFERENCES identity.organizations (id),
  created_at timestamptz NOT NULL DEFAULT now()"""
VERSIONED = f"{ROW}, version integer NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT now()"
ROLES = """('platform_admin', 'org_admin', 'org_staff', 'analyst', 'instructor', 'support_agent', 'learner',
    'interviewer', 'recruiter')"""

PEOPLE = f"""
CREATE TABLE identity.users (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  subject text UNIQUE,
  email text NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) <= 254),
  email_verified_at timestamptz,
  display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 200),
  time_zone text NOT NULL DEFAULT 'UTC',
  locale text NOT NULL DEFAULT 'en',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE identity.organizations (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  kind text NOT NULL CHECK (kind IN ('institution', 'employer', 'training_provider', 'partner', 'platform')),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  time_zone text NOT NULL DEFAULT 'UTC',
  state text NOT NULL DEFAULT 'verified' CHECK (state IN ('pending', 'verified', 'rejected')),
  founder_id uuid REFERENCES identity.users (id),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_platform ON identity.organizations (kind) WHERE kind = 'platform';
CREATE TABLE identity.org_settings (
  org_id uuid PRIMARY KEY DEFAULT backbone.current_org() REFERENCES identity.organizations (id),
  support_email text CHECK (length(support_email) <= 254),
  default_locale text NOT NULL DEFAULT 'en'
);
CREATE TABLE identity.memberships ({VERSIONED},
  user_id uuid NOT NULL REFERENCES identity.users (id),
  role text NOT NULL CHECK (role IN {ROLES}),
  ended_at timestamptz,
  UNIQUE (org_id, id)
);
CREATE UNIQUE INDEX memberships_active ON identity.memberships (org_id, user_id, role) WHERE ended_at IS NULL;
CREATE INDEX memberships_by_role ON identity.memberships (org_id, role, user_id) WHERE ended_at IS NULL;
CREATE INDEX memberships_of_user ON identity.memberships (user_id, org_id);
"""

REQUESTS = f"""
CREATE TABLE identity.invitations ({VERSIONED},
  email text NOT NULL CHECK (email = lower(email) AND length(email) <= 254),
  role text NOT NULL CHECK (role IN {ROLES}),
  token_hash varchar(64) NOT NULL UNIQUE,
  invited_by uuid NOT NULL REFERENCES identity.users (id),
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz, accepted_by uuid REFERENCES identity.users (id), revoked_at timestamptz,
  UNIQUE (org_id, id), CHECK (accepted_at IS NULL OR revoked_at IS NULL),
  CHECK ((accepted_at IS NULL) = (accepted_by IS NULL))
);
CREATE UNIQUE INDEX invitations_open ON identity.invitations (org_id, email, role)
  WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_by_creation ON identity.invitations (org_id, id DESC);
CREATE TABLE identity.role_requests ({VERSIONED},
  user_id uuid NOT NULL REFERENCES identity.users (id),
  role text NOT NULL CHECK (role IN {ROLES}),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'rejected')),
  decided_by uuid REFERENCES identity.users (id), decided_at timestamptz, decision_reason text,
  UNIQUE (org_id, id), CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX role_requests_open ON identity.role_requests (org_id, user_id, role) WHERE state = 'pending';
CREATE INDEX role_requests_of_user ON identity.role_requests (org_id, user_id);
CREATE INDEX role_requests_by_creation ON identity.role_requests (org_id, id DESC);
"""

RIGHTS = f"""
CREATE TABLE identity.api_keys ({VERSIONED},
  user_id uuid NOT NULL REFERENCES identity.users (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  prefix text NOT NULL, key_hash varchar(64) NOT NULL UNIQUE, scopes jsonb NOT NULL,
  expires_at timestamptz NOT NULL, revoked_at timestamptz, last_used_at timestamptz,
  rotated_to uuid,
  UNIQUE (org_id, id), CHECK (jsonb_typeof(scopes) = 'array'),
  FOREIGN KEY (org_id, rotated_to) REFERENCES identity.api_keys (org_id, id)
);
CREATE INDEX api_keys_of_user ON identity.api_keys (org_id, user_id, id DESC);
CREATE TABLE identity.consents ({ROW},
  user_id uuid NOT NULL REFERENCES identity.users (id),
  purpose text NOT NULL CHECK (purpose ~ '^[a-z]+(_[a-z]+)*$'),
  notice_version text NOT NULL CHECK (length(notice_version) BETWEEN 1 AND 50),
  withdrawn_at timestamptz,
  UNIQUE (org_id, id)
);
CREATE UNIQUE INDEX consents_standing ON identity.consents (org_id, user_id, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX consents_of_user ON identity.consents (org_id, user_id, id DESC);
CREATE TABLE identity.feature_flags ({VERSIONED},
  key text NOT NULL CHECK (key ~ '^[a-z0-9]+([-_][a-z0-9]+)*$'), enabled boolean NOT NULL, note text NOT NULL DEFAULT '',
  UNIQUE (org_id, id), UNIQUE (org_id, key)
);
"""

# The platform's own organization sees every organization: its administrators verify them.
IS_PLATFORM = """
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT EXISTS (
    SELECT FROM identity.organizations WHERE kind = 'platform' AND id = backbone.current_org()
  )
$$"""

PEOPLES_POLICIES = """
ALTER TABLE identity.organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON identity.organizations FOR SELECT TO lodestar_app
  USING (id = backbone.current_org() OR (SELECT identity.is_platform()));
CREATE POLICY insertable ON identity.organizations FOR INSERT TO lodestar_app WITH CHECK (id = backbone.current_org());
CREATE POLICY updateable ON identity.organizations FOR UPDATE TO lodestar_app
  USING (id = backbone.current_org()) WITH CHECK (id = backbone.current_org());
GRANT SELECT, INSERT, UPDATE ON identity.organizations TO lodestar_app;

ALTER TABLE identity.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.users FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON identity.users FOR SELECT TO lodestar_app USING (
  id = backbone.current_user_id() OR EXISTS (
    SELECT FROM identity.memberships AS m WHERE m.user_id = users.id AND m.org_id = backbone.current_org()
  ) OR EXISTS (
    SELECT FROM identity.role_requests AS r WHERE r.user_id = users.id AND r.org_id = backbone.current_org()
  )
);
CREATE POLICY own ON identity.users FOR UPDATE TO lodestar_app
  USING (id = backbone.current_user_id()) WITH CHECK (id = backbone.current_user_id());
GRANT SELECT, UPDATE (display_name, time_zone, locale, version, updated_at) ON identity.users TO lodestar_app;
"""

V_MEMBERS = """
SELECT u.id AS user_id, u.display_name, u.email, u.time_zone FROM identity.users AS u
WHERE EXISTS (
  SELECT FROM identity.memberships AS m
  WHERE m.user_id = u.id AND m.org_id = backbone.current_org() AND m.ended_at IS NULL
)"""
V_MEMBERSHIPS = """
SELECT id AS membership_id, user_id, role FROM identity.memberships
WHERE org_id = backbone.current_org() AND ended_at IS NULL"""
V_CONSENTS = """
SELECT user_id, purpose, notice_version, created_at AS granted_at FROM identity.consents
WHERE org_id = backbone.current_org() AND withdrawn_at IS NULL"""

# What a person may be: {organization: [roles]}, in organizations that are not pending or rejected.
MEMBERSHIPS_OF = """
RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT coalesce(jsonb_object_agg(of_one.org_id, of_one.roles), '{}') FROM (
    SELECT m.org_id, jsonb_agg(m.role ORDER BY m.role) AS roles
    FROM identity.memberships AS m JOIN identity.organizations AS o ON o.id = m.org_id
    WHERE m.user_id = wanted AND m.ended_at IS NULL AND o.state = 'verified'
    GROUP BY m.org_id
  ) AS of_one
$$"""
RESOLVE_SUBJECT = """
RETURNS TABLE (user_id uuid, memberships jsonb) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT u.id, identity.memberships_of(u.id) FROM identity.users AS u WHERE u.subject = wanted
$$"""
RESOLVE_API_KEY = """
RETURNS TABLE (api_key_id uuid, user_id uuid, memberships jsonb, scopes jsonb, expires_at timestamptz)
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
    good.scopes, good.expires_at
  FROM good WHERE identity.memberships_of(good.user_id) ? good.org_id::text
$$"""
# First sight of an account whose e-mail the user pool has verified. A row that has an account keeps it.
LINK_SUBJECT = """
RETURNS uuid LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  UPDATE identity.users SET subject = wanted, email_verified_at = coalesce(email_verified_at, now())
  WHERE email = lower(verified_email) AND (subject IS NULL OR subject = wanted) RETURNING id
$$"""
ENSURE_USER = """
RETURNS uuid LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  INSERT INTO identity.users AS known (email, display_name, time_zone)
  VALUES (lower(address), full_name, zone)
  ON CONFLICT (email) DO UPDATE
    SET display_name = CASE WHEN known.subject IS NULL THEN excluded.display_name ELSE known.display_name END,
        time_zone = CASE WHEN known.subject IS NULL THEN excluded.time_zone ELSE known.time_zone END
  RETURNING known.id
$$"""
IS_MEMBER_SOMEWHERE = """
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT EXISTS (
    SELECT FROM identity.users AS u JOIN identity.memberships AS m ON m.user_id = u.id
    WHERE u.email = lower(address) AND m.ended_at IS NULL
  )
$$"""
INVITED = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT i.org_id, i.id FROM identity.invitations AS i WHERE i.token_hash = hash
$$"""
ORGANIZATIONS_OF_CALLER = """
RETURNS TABLE (id uuid, kind text, name text, slug text, state text, roles jsonb)
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT o.id, o.kind, o.name, o.slug, o.state,
    coalesce(jsonb_agg(m.role ORDER BY m.role) FILTER (WHERE m.id IS NOT NULL), '[]')
  FROM identity.organizations AS o
  LEFT JOIN identity.memberships AS m
    ON m.org_id = o.id AND m.user_id = backbone.current_user_id() AND m.ended_at IS NULL
  WHERE m.id IS NOT NULL OR (o.founder_id = backbone.current_user_id() AND o.state <> 'verified')
  GROUP BY o.id ORDER BY o.name, o.id LIMIT 100
$$"""
AUDITED_ORGANIZATIONS = """
RETURNS TABLE (org_id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT a.org_id FROM backbone.audit_events AS a WHERE a.sequence = 1 ORDER BY a.org_id
$$"""
ENSURE_ADMINISTRATOR = """
RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  platform uuid;
  administrator uuid;
BEGIN
  -- Only the first one: whoever administers the platform already invites the others.
  INSERT INTO identity.organizations (kind, name, slug) VALUES ('platform', 'Lodestar', 'lodestar')
  ON CONFLICT DO NOTHING;
  SELECT o.id INTO STRICT platform FROM identity.organizations AS o WHERE o.kind = 'platform';
  SELECT m.user_id INTO administrator FROM identity.memberships AS m
  WHERE m.org_id = platform AND m.role = 'platform_admin' AND m.ended_at IS NULL LIMIT 1;
  IF administrator IS NULL THEN
    administrator := identity.ensure_user(address, split_part(address, '@', 1), 'UTC');
    INSERT INTO identity.memberships (org_id, user_id, role) VALUES (platform, administrator, 'platform_admin');
  END IF;
  RETURN administrator;
END $$"""

APPEND_ONLY = """
CREATE FUNCTION identity.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit log is append-only.' USING ERRCODE = 'LS409';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON backbone.audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION identity.refuse_change();
"""


def upgrade() -> None:
    create_schema("identity")
    op.execute(PEOPLE)
    op.execute(REQUESTS)
    op.execute(RIGHTS)
    let_cross("identity.organizations", "SELECT, INSERT")
    let_cross("identity.users", "SELECT, INSERT, UPDATE")
    let_cross("identity.memberships", "SELECT, INSERT")
    let_cross("identity.invitations", "SELECT")
    let_cross("identity.api_keys", "SELECT, UPDATE")
    let_cross("backbone.audit_events", "SELECT")
    create_crossing_function("identity.is_platform()", IS_PLATFORM)
    op.execute(PEOPLES_POLICIES)
    secure("identity.org_settings", grants="SELECT, INSERT, UPDATE")
    secure("identity.memberships", grants="SELECT, INSERT, UPDATE")
    secure("identity.invitations", grants="SELECT, INSERT, UPDATE")
    secure("identity.role_requests", grants="SELECT, INSERT, UPDATE")
    secure("identity.api_keys", grants="SELECT, INSERT, UPDATE")
    secure("identity.consents", grants="SELECT, INSERT, UPDATE")
    secure("identity.feature_flags", grants="SELECT, INSERT, UPDATE")
    publish_view("identity.v_members", V_MEMBERS)
    publish_view("identity.v_memberships", V_MEMBERSHIPS)
    publish_view("identity.v_consents", V_CONSENTS)
    create_crossing_function("identity.memberships_of(wanted uuid)", MEMBERSHIPS_OF)
    create_crossing_function("identity.resolve_subject(wanted text)", RESOLVE_SUBJECT)
    create_crossing_function("identity.resolve_api_key(wanted text)", RESOLVE_API_KEY)
    create_crossing_function("identity.link_subject(wanted text, verified_email text)", LINK_SUBJECT)
    create_crossing_function("identity.ensure_user(address text, full_name text, zone text)", ENSURE_USER)
    create_crossing_function("identity.is_member_somewhere(address text)", IS_MEMBER_SOMEWHERE)
    create_crossing_function("identity.invitation_by_hash(hash text)", INVITED)
    create_crossing_function("identity.organizations_of_caller()", ORGANIZATIONS_OF_CALLER)
    create_crossing_function("identity.audited_organizations()", AUDITED_ORGANIZATIONS)
    create_crossing_function(
        "identity.ensure_administrator(address text)", ENSURE_ADMINISTRATOR, to="lodestar_owner"
    )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.execute("DROP POLICY crossing_select ON backbone.audit_events")
    op.execute("REVOKE SELECT ON backbone.audit_events FROM lodestar_crossing")
    drop_schema("identity")
