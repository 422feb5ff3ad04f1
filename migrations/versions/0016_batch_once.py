"""A batch that is on its way is there once: two clicks on "send" do not write to everybody twice."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    # The list of a segment is too long for an index of its own.
    op.execute("""
      CREATE UNIQUE INDEX message_batches_once ON messaging.message_batches
        (org_id, channel, template_key, md5(variables::text), md5(segment::text))
      WHERE state IN ('pending', 'expanding', 'sending')
    """)


def downgrade() -> None:
    op.execute("DROP INDEX messaging.message_batches_once")
