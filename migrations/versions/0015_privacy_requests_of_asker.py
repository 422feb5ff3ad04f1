"""Whose privacy requests concern them or were made by them are found by two indexes, not by reading the organization's."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX privacy_requests_of_asker ON identity.privacy_requests (org_id, requested_by, id)"
    )


def downgrade() -> None:
    op.execute("DROP INDEX identity.privacy_requests_of_asker")
