"""A request of several transactions holds its Idempotency-Key by a lease, so that its twins wait for it."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
    ALTER TABLE backbone.idempotency_keys
      ADD COLUMN intent_id uuid NOT NULL DEFAULT gen_random_uuid(),
      ADD COLUMN holder uuid NOT NULL DEFAULT gen_random_uuid(),
      ADD COLUMN leased_until timestamptz NOT NULL DEFAULT now()
    """)


def downgrade() -> None:
    op.execute("""
    ALTER TABLE backbone.idempotency_keys
      DROP COLUMN intent_id, DROP COLUMN holder, DROP COLUMN leased_until
    """)
