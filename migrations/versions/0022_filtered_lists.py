"""Lists with a filter that had no index: a page went through what the filter leaves out.

A webhook endpoint's deliveries in a state that few are in were all read: 19,171 pages of memory of a million rows, now
7. The last page of the others went through the primary key, and so through every organization's rows.
"""

from alembic import op

revision = "0022"
down_revision = "0021"

SQL = """
CREATE INDEX webhook_deliveries_by_state ON messaging.webhook_deliveries (org_id, endpoint_id, state, id);
CREATE INDEX deliveries_of_template ON messaging.deliveries (org_id, template_key, id);
CREATE INDEX suppressions_by_reason ON messaging.suppressions (org_id, reason, id);
CREATE INDEX suppressions_by_channel ON messaging.suppressions (org_id, channel, id);
CREATE INDEX message_templates_by_channel ON messaging.message_templates (org_id, channel, id);
CREATE INDEX message_templates_by_state ON messaging.message_templates (org_id, state, id);
"""


def upgrade() -> None:
    """Each of them ends with the id, in which its list is ordered."""
    op.execute(SQL)


def downgrade() -> None:
    """Without them only the time is lost."""
    op.execute("""
    DROP INDEX messaging.webhook_deliveries_by_state, messaging.deliveries_of_template,
      messaging.suppressions_by_reason, messaging.suppressions_by_channel, messaging.message_templates_by_channel,
      messaging.message_templates_by_state
    """)
