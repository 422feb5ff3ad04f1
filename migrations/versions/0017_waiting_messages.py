"""Scheduled messages that wait for their time stand in a table of their own, so that releasing one deletes a narrow row.

To mark a scheduled message as released wrote it anew with an entry in each of its indexes: the condition of the index of
those that wait named the state, which rules out a HOT update. It is released, now, when it waits no more.
"""

from alembic import op

from tenancy import let_cross, secure

revision = "0017"
down_revision = "0016"

# Its key is the order in which messages fall due, and what a deleted message takes its row along by.
WAITING = """
DROP INDEX messaging.scheduled_messages_of_organization;
ALTER TABLE messaging.scheduled_messages
  ADD CONSTRAINT scheduled_messages_of_organization UNIQUE (org_id, send_at, id);
CREATE TABLE messaging.waiting_messages (
  org_id uuid NOT NULL DEFAULT backbone.current_org(), send_at timestamptz NOT NULL, id uuid NOT NULL,
  PRIMARY KEY (org_id, send_at, id),
  FOREIGN KEY (org_id, send_at, id) REFERENCES messaging.scheduled_messages (org_id, send_at, id)
    ON DELETE CASCADE ON UPDATE CASCADE
);
"""
FILL = """
ALTER TABLE messaging.scheduled_messages NO FORCE ROW LEVEL SECURITY;
INSERT INTO messaging.waiting_messages (org_id, send_at, id)
  SELECT org_id, send_at, id FROM messaging.scheduled_messages WHERE state = 'scheduled';
ALTER TABLE messaging.scheduled_messages FORCE ROW LEVEL SECURITY;
DROP INDEX messaging.scheduled_messages_due;
"""
EMPTY = """
ALTER TABLE messaging.scheduled_messages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE messaging.waiting_messages NO FORCE ROW LEVEL SECURITY;
UPDATE messaging.scheduled_messages AS s SET state = 'released' WHERE state = 'scheduled' AND NOT EXISTS (
  SELECT FROM messaging.waiting_messages AS w WHERE w.org_id = s.org_id AND w.send_at = s.send_at AND w.id = s.id);
ALTER TABLE messaging.scheduled_messages FORCE ROW LEVEL SECURITY;
DROP TABLE messaging.waiting_messages;
ALTER TABLE messaging.scheduled_messages DROP CONSTRAINT scheduled_messages_of_organization;
CREATE INDEX scheduled_messages_of_organization ON messaging.scheduled_messages (org_id, send_at, id);
CREATE INDEX scheduled_messages_due ON messaging.scheduled_messages (org_id, send_at, id) WHERE state = 'scheduled';
"""
DUE = """
CREATE OR REPLACE FUNCTION messaging.organizations_with_work()
RETURNS TABLE (org_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT o.id FROM identity.organizations AS o
  WHERE EXISTS (SELECT FROM messaging.{scheduled} AS s WHERE s.org_id = o.id AND s.send_at <= now(){waits})
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


def upgrade() -> None:
    op.execute(WAITING)
    op.execute(FILL)
    secure("messaging.waiting_messages")
    let_cross("messaging.waiting_messages")
    _look_for_due(DUE.format(scheduled="waiting_messages", waits=""))


def downgrade() -> None:
    _look_for_due(DUE.format(scheduled="scheduled_messages", waits=" AND s.state = 'scheduled'"))
    op.execute(EMPTY)


def _look_for_due(function: str) -> None:
    op.execute("GRANT CREATE ON SCHEMA messaging TO lodestar_crossing")
    op.execute("SET ROLE lodestar_crossing")
    op.execute(function)
    op.execute("SET ROLE lodestar_owner")
    op.execute("REVOKE CREATE ON SCHEMA messaging FROM lodestar_crossing")
