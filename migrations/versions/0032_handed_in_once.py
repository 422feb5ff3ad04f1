"""An attempt is handed in once, however often its event is told: reconcile tells it again, to have it graded."""

from alembic import op

revision = "0032"
down_revision = "0031"

TOLD_AGAIN = """
ALTER TABLE insights.activity_events NO FORCE ROW LEVEL SECURITY;
DELETE FROM insights.activity_events AS a USING insights.activity_events AS earlier
WHERE a.verb = 'submitted' AND earlier.verb = 'submitted' AND a.org_id = earlier.org_id
  AND a.object_id = earlier.object_id AND a.id > earlier.id;
ALTER TABLE insights.activity_events FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    op.execute(TOLD_AGAIN)
    op.execute(
        "CREATE UNIQUE INDEX activity_handed_in ON insights.activity_events (org_id, object_id) WHERE verb = 'submitted'"
    )


def downgrade() -> None:
    op.execute("DROP INDEX insights.activity_handed_in")
