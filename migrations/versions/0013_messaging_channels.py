"""Messaging: templates, reminders, deliveries on every channel, preferences, suppressions, webhooks both ways."""

from alembic import op

from tenancy import create_crossing_function, let_cross, let_erase, publish_view, secure

revision = "0013"
down_revision = "0012"

COLUMNS = """
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now()"""
VERSIONED = f"{COLUMNS}, version integer NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT now()"
CHANNEL = "channel text NOT NULL CHECK (channel IN ('in_app', 'email', 'whatsapp', 'voice'))"
CATEGORY = "category text NOT NULL CHECK (category IN ('transactional', 'operational', 'marketing'))"
KEY = "key text NOT NULL CHECK (key ~ '^[a-z0-9]+(-[a-z0-9]+)*$')"
# Whom a message is for: a member, whose address is looked up when it is sent, or an address.
RECIPIENT = """
  recipient_id uuid REFERENCES identity.users (id), address text, name text NOT NULL DEFAULT '',
  locale text, time_zone text, CHECK (recipient_id IS NOT NULL OR address IS NOT NULL)"""

WRITING = f"""
CREATE TABLE messaging.message_templates ({VERSIONED},
  {KEY}, {CHANNEL}, {CATEGORY}, locale text NOT NULL, revision integer NOT NULL CHECK (revision > 0),
  state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'active', 'retired')),
  subject text NOT NULL DEFAULT '', body_html text NOT NULL DEFAULT '', body_text text NOT NULL,
  variables jsonb NOT NULL DEFAULT '[]', vendor_template text,
  approval text NOT NULL DEFAULT 'not_needed' CHECK (approval IN ('not_needed', 'pending', 'approved', 'rejected')),
  UNIQUE (org_id, id), UNIQUE (org_id, key, channel, locale, revision)
);
CREATE UNIQUE INDEX message_templates_active ON messaging.message_templates (org_id, key, channel, locale)
  WHERE state = 'active';
"""

REMINDERS = f"""
CREATE TABLE messaging.reminder_policies ({VERSIONED},
  {KEY}, anchor_kind text NOT NULL CHECK (anchor_kind ~ '^[a-z_]+$'), offset_seconds integer NOT NULL,
  at_local_time time, audience text NOT NULL, channels text[] NOT NULL CHECK (cardinality(channels) > 0),
  template_key text NOT NULL, guard text NOT NULL DEFAULT 'none', {CATEGORY}, enabled boolean NOT NULL DEFAULT true,
  when_late text NOT NULL DEFAULT 'skip' CHECK (when_late IN ('skip', 'send')),
  UNIQUE (org_id, id), UNIQUE (org_id, key)
);
CREATE TABLE messaging.anchors ({VERSIONED},
  kind text NOT NULL CHECK (kind ~ '^[a-z_]+$'), subject_id uuid NOT NULL, at timestamptz NOT NULL,
  time_zone text NOT NULL, state text NOT NULL DEFAULT 'set' CHECK (state IN ('set', 'cancelled')),
  anchor_version integer NOT NULL DEFAULT 1, variables jsonb NOT NULL DEFAULT '{{}}',
  attachments jsonb NOT NULL DEFAULT '[]', told_at timestamptz NOT NULL,
  UNIQUE (org_id, id), UNIQUE (org_id, kind, subject_id)
);
CREATE TABLE messaging.anchor_recipients ({COLUMNS},
  anchor_id uuid NOT NULL, audience text NOT NULL, recipient_key text NOT NULL,
  recipient_id uuid REFERENCES identity.users (id), email text, phone text, name text NOT NULL DEFAULT '',
  locale text, time_zone text, variables jsonb NOT NULL DEFAULT '{{}}', stopped_at timestamptz, stopped_reason text,
  CHECK (num_nonnulls(recipient_id, email, phone) > 0),
  UNIQUE (org_id, id), UNIQUE (org_id, anchor_id, audience, recipient_key),
  FOREIGN KEY (org_id, anchor_id) REFERENCES messaging.anchors (org_id, id) ON DELETE CASCADE
);
CREATE INDEX anchor_recipients_of_person ON messaging.anchor_recipients (org_id, recipient_id);
CREATE TABLE messaging.scheduled_messages ({COLUMNS},
  anchor_id uuid NOT NULL, anchor_version integer NOT NULL, policy_key text NOT NULL,
  reminded_id uuid NOT NULL, {CHANNEL}, {CATEGORY}, template_key text NOT NULL,
  send_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'released', 'cancelled', 'skipped')),
  reason text, settled_at timestamptz, {RECIPIENT},
  UNIQUE (org_id, id),
  UNIQUE (org_id, anchor_id, policy_key, reminded_id, channel, anchor_version),
  FOREIGN KEY (org_id, anchor_id) REFERENCES messaging.anchors (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, reminded_id) REFERENCES messaging.anchor_recipients (org_id, id) ON DELETE CASCADE
);
CREATE INDEX scheduled_messages_due ON messaging.scheduled_messages (org_id, send_at, id) WHERE state = 'scheduled';
CREATE INDEX scheduled_messages_of_organization ON messaging.scheduled_messages (org_id, send_at, id);
CREATE INDEX scheduled_messages_of_person ON messaging.scheduled_messages (org_id, recipient_id);
"""

SENDING = f"""
CREATE TABLE messaging.message_batches ({VERSIONED},
  {CHANNEL}, {CATEGORY}, template_key text NOT NULL, variables jsonb NOT NULL DEFAULT '{{}}', segment jsonb NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'expanding', 'sending', 'completed', 'failed')),
  expanded_after text, total integer NOT NULL DEFAULT 0, operation_id uuid NOT NULL,
  created_by uuid REFERENCES identity.users (id), completed_at timestamptz, problem_detail text,
  UNIQUE (org_id, id)
);
CREATE INDEX message_batches_unfinished ON messaging.message_batches (org_id, updated_at)
  WHERE state IN ('pending', 'expanding', 'sending');
CREATE TABLE messaging.deliveries ({VERSIONED},
  {CHANNEL}, {CATEGORY}, template_key text NOT NULL, template_id uuid, template_revision integer,
  variables jsonb NOT NULL DEFAULT '{{}}', attachments jsonb NOT NULL DEFAULT '[]', dedupe_key text NOT NULL,
  scheduled_message_id uuid, batch_id uuid, target_type text, target_id uuid, {RECIPIENT},
  state text NOT NULL DEFAULT 'queued' CHECK (state IN (
    'queued', 'deferred', 'sending', 'sent', 'delivered', 'read', 'replied', 'failed', 'skipped', 'unknown')),
  reason text, detail text, attempts integer NOT NULL DEFAULT 0, not_before timestamptz NOT NULL DEFAULT now(),
  claimed_until timestamptz, vendor text, vendor_message_id text, sent_at timestamptz, settled_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (org_id, dedupe_key),
  FOREIGN KEY (org_id, batch_id) REFERENCES messaging.message_batches (org_id, id)
);
CREATE INDEX deliveries_waiting ON messaging.deliveries (org_id, not_before, id) WHERE state IN ('queued', 'deferred');
CREATE INDEX deliveries_unsettled ON messaging.deliveries (org_id, claimed_until, id) WHERE state IN ('sending', 'unknown');
CREATE INDEX deliveries_of_batch ON messaging.deliveries (org_id, batch_id, state) WHERE batch_id IS NOT NULL;
CREATE INDEX deliveries_of_person ON messaging.deliveries (org_id, recipient_id, id);
CREATE INDEX deliveries_of_vendor ON messaging.deliveries (vendor, vendor_message_id)
  WHERE vendor_message_id IS NOT NULL;
CREATE INDEX deliveries_of_number ON messaging.deliveries (address, sent_at)
  WHERE channel = 'whatsapp' AND address IS NOT NULL;
CREATE INDEX deliveries_of_schedule ON messaging.deliveries (org_id, scheduled_message_id)
  WHERE scheduled_message_id IS NOT NULL;
CREATE INDEX deliveries_of_organization ON messaging.deliveries (org_id, state, id);
-- What a frequency cap counts.
CREATE INDEX deliveries_marketing ON messaging.deliveries (org_id, coalesce(recipient_id::text, address), sent_at)
  WHERE category = 'marketing' AND sent_at IS NOT NULL;
CREATE TABLE messaging.delivery_events ({COLUMNS},
  delivery_id uuid NOT NULL, kind text NOT NULL CHECK (kind ~ '^[a-z_]+$'), occurred_at timestamptz NOT NULL,
  vendor text, vendor_event_id text, detail jsonb NOT NULL DEFAULT '{{}}',
  UNIQUE (org_id, id), UNIQUE (org_id, vendor, vendor_event_id),
  FOREIGN KEY (org_id, delivery_id) REFERENCES messaging.deliveries (org_id, id) ON DELETE CASCADE
);
CREATE INDEX delivery_events_of_delivery ON messaging.delivery_events (org_id, delivery_id, occurred_at, id);
"""

WISHES = f"""
CREATE TABLE messaging.preferences ({VERSIONED},
  user_id uuid NOT NULL REFERENCES identity.users (id), email boolean NOT NULL DEFAULT true,
  whatsapp boolean NOT NULL DEFAULT true, voice boolean NOT NULL DEFAULT true, marketing boolean NOT NULL DEFAULT true,
  phone text, locale text, quiet_from time, quiet_until time,
  UNIQUE (org_id, id), UNIQUE (org_id, user_id), CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
CREATE TABLE messaging.suppressions ({COLUMNS},
  {CHANNEL}, address text NOT NULL, user_id uuid REFERENCES identity.users (id),
  reason text NOT NULL CHECK (reason IN ('hard_bounce', 'complaint', 'unsubscribe', 'manual')),
  evidence jsonb NOT NULL DEFAULT '{{}}', created_by uuid REFERENCES identity.users (id),
  UNIQUE (org_id, id), UNIQUE (org_id, channel, address, reason)
);
CREATE INDEX preferences_phone ON messaging.preferences (phone) WHERE phone IS NOT NULL;
CREATE INDEX suppressions_of_person ON messaging.suppressions (org_id, user_id);
CREATE TABLE messaging.whatsapp_windows ({COLUMNS},
  address text NOT NULL, last_inbound_at timestamptz NOT NULL, UNIQUE (org_id, id), UNIQUE (org_id, address)
);
"""

# A vendor's call does not know whose it is until it is read: its row belongs to the organization of nobody, whose rows
# only work for no tenant sees.
INBOUND = f"""
CREATE TABLE messaging.inbound_events ({COLUMNS},
  vendor text NOT NULL, event_key text NOT NULL, body bytea NOT NULL, headers jsonb NOT NULL DEFAULT '{{}}',
  state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'processed', 'ignored', 'failed')),
  attempts integer NOT NULL DEFAULT 0, last_error text, processed_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (vendor, event_key)
);
CREATE INDEX inbound_events_waiting ON messaging.inbound_events (created_at) WHERE state IN ('received', 'failed');
"""

OUTBOUND = f"""
CREATE TABLE messaging.webhook_endpoints ({VERSIONED},
  url text NOT NULL, description text NOT NULL DEFAULT '', secret_generation integer NOT NULL DEFAULT 1, secret_rotated_at timestamptz,
  event_types text[] NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')), disabled_reason text,
  created_by uuid REFERENCES identity.users (id), deleted_at timestamptz,
  UNIQUE (org_id, id)
);
CREATE UNIQUE INDEX webhook_endpoints_url ON messaging.webhook_endpoints (org_id, url) WHERE deleted_at IS NULL;
CREATE TABLE messaging.webhook_deliveries ({VERSIONED},
  endpoint_id uuid NOT NULL, event_id uuid NOT NULL, event_type text NOT NULL, payload jsonb NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0, next_at timestamptz NOT NULL DEFAULT now(), claimed_until timestamptz,
  last_status integer, last_error text, delivered_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (org_id, endpoint_id, event_id),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES messaging.webhook_endpoints (org_id, id)
);
CREATE INDEX webhook_deliveries_due ON messaging.webhook_deliveries (org_id, next_at, id) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_of_endpoint ON messaging.webhook_deliveries (org_id, endpoint_id, id);
"""

# Which organizations have something to do now; each is then worked on in a unit of work of its own. One probe of an index
# an organization and kind of work, however much of it there is.
DUE = """
RETURNS TABLE (org_id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT o.id FROM identity.organizations AS o
  WHERE EXISTS (SELECT FROM messaging.scheduled_messages AS s
      WHERE s.org_id = o.id AND s.state = 'scheduled' AND s.send_at <= now())
    OR EXISTS (SELECT FROM messaging.deliveries AS d
      WHERE d.org_id = o.id AND d.state IN ('queued', 'deferred') AND d.not_before <= now())
    OR EXISTS (SELECT FROM messaging.deliveries AS d
      WHERE d.org_id = o.id AND d.state IN ('sending', 'unknown') AND d.claimed_until <= now())
    OR EXISTS (SELECT FROM messaging.message_batches AS b
      WHERE b.org_id = o.id AND b.state IN ('pending', 'expanding', 'sending')
        AND (b.state = 'sending' OR b.updated_at < now() - interval '2 minutes'))
    OR EXISTS (SELECT FROM messaging.webhook_deliveries AS w
      WHERE w.org_id = o.id AND w.state = 'pending' AND w.next_at <= now())
$$"""
DELIVERY_OF_REFERENCE = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT org_id, id FROM messaging.deliveries WHERE id = reference
$$"""
DELIVERY_OF_VENDOR = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT org_id, id FROM messaging.deliveries WHERE vendor = of_vendor AND vendor_message_id = message LIMIT 1
$$"""

# Whoever answers without quoting a message answers the last one that went to their number.
DELIVERY_OF_PHONE = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT found.org_id, found.id FROM (
    SELECT d.org_id, d.id, d.sent_at FROM messaging.deliveries AS d
    WHERE d.channel = 'whatsapp' AND d.address = number AND d.sent_at IS NOT NULL
    UNION ALL
    SELECT d.org_id, d.id, d.sent_at FROM messaging.preferences AS p
    JOIN messaging.deliveries AS d ON d.org_id = p.org_id AND d.recipient_id = p.user_id
    WHERE p.phone = number AND d.channel = 'whatsapp' AND d.sent_at IS NOT NULL
  ) AS found ORDER BY found.sent_at DESC, found.id DESC LIMIT 1
$$"""

TENANT_TABLES = (
    "message_templates", "reminder_policies", "anchors", "anchor_recipients", "scheduled_messages",
    "message_batches", "deliveries", "delivery_events", "preferences", "suppressions", "whatsapp_windows",
    "inbound_events", "webhook_endpoints", "webhook_deliveries",
)  # fmt: skip
# What was sent, and why not, is deleted by an erasure or a retention period only.
HISTORY = (
    "scheduled_messages", "message_batches", "deliveries", "delivery_events", "inbound_events", "webhook_deliveries",
)  # fmt: skip
SWEPT = ("scheduled_messages", "deliveries", "message_batches", "webhook_deliveries", "preferences")
FUNCTIONS = (
    "messaging.organizations_with_work()", "messaging.delivery_of_reference(uuid)",
    "messaging.delivery_of_vendor(text, text)", "messaging.delivery_of_phone(text)",
)  # fmt: skip


V_ENROLLMENTS = """
SELECT learner_id AS user_id, program_id, status, tier FROM learning.enrollments WHERE org_id = backbone.current_org()"""
V_ORGANIZATION = "SELECT name, time_zone FROM identity.organizations WHERE id = backbone.current_org()"


def upgrade() -> None:
    publish_view("identity.v_organization", V_ORGANIZATION)
    publish_view("learning.v_enrollments", V_ENROLLMENTS)
    for tables in (WRITING, REMINDERS, SENDING, WISHES, INBOUND, OUTBOUND):
        op.execute(tables)
    for table in TENANT_TABLES:
        if table in HISTORY:
            secure(f"messaging.{table}", grants="SELECT, INSERT, UPDATE")
        else:
            secure(f"messaging.{table}")
    let_erase(*(f"messaging.{table}" for table in HISTORY))
    for table in SWEPT:
        let_cross(f"messaging.{table}")
    create_crossing_function("messaging.organizations_with_work()", DUE)
    create_crossing_function("messaging.delivery_of_reference(reference uuid)", DELIVERY_OF_REFERENCE)
    create_crossing_function("messaging.delivery_of_vendor(of_vendor text, message text)", DELIVERY_OF_VENDOR)
    create_crossing_function("messaging.delivery_of_phone(number text)", DELIVERY_OF_PHONE)


def downgrade() -> None:
    op.execute("SET ROLE lodestar_crossing")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("SET ROLE lodestar_owner")
    for table in reversed(TENANT_TABLES):
        op.execute(f"DROP TABLE messaging.{table}")
    op.execute("DROP VIEW identity.v_organization, learning.v_enrollments")
