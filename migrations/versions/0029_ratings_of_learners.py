"""A learner's ratings are found by the learner: metrics read them with each event of theirs, an erasure takes them."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("CREATE INDEX attempt_ratings_of_learner ON assessment.attempt_ratings (org_id, learner_id)")


def downgrade() -> None:
    op.execute("DROP INDEX assessment.attempt_ratings_of_learner")
