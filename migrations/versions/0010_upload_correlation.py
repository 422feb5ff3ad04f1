"""An upload remembers the correlation of the request that opened it, because storage tells of its file by an event of
its own."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("ALTER TABLE media.uploads ADD COLUMN correlation_id text")


def downgrade() -> None:
    op.execute("ALTER TABLE media.uploads DROP COLUMN correlation_id")
