"""Messaging: the notifications that people find in the product."""

from alembic import op

from tenancy import create_schema, drop_schema, secure

revision = "0006"
down_revision = "0005"

NOTIFICATIONS = """
CREATE TABLE messaging.notifications (
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now(),
  version integer NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT now(),
  recipient_id uuid NOT NULL REFERENCES identity.users (id),
  type text NOT NULL CHECK (type ~ '^[a-z_]+$'), title text NOT NULL, body text NOT NULL,
  target_type text NOT NULL, target_id uuid NOT NULL, dedupe_key text NOT NULL, read_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (org_id, recipient_id, dedupe_key)
);
CREATE INDEX notifications_of_recipient ON messaging.notifications (org_id, recipient_id, id);
CREATE INDEX notifications_unread ON messaging.notifications (org_id, recipient_id, id) WHERE read_at IS NULL;
"""


def upgrade() -> None:
    create_schema("messaging")
    op.execute(NOTIFICATIONS)
    secure("messaging.notifications", grants="SELECT, INSERT, UPDATE")


def downgrade() -> None:
    drop_schema("messaging")
