"""Assessment's staff: what learners say of what they were given to do."""

from alembic import op

from tenancy import let_erase, publish_view, secure

revision = "0025"
down_revision = "0023"

RATINGS = """
CREATE TABLE assessment.attempt_ratings (
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now(), version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now(),
  attempt_id uuid NOT NULL, learner_id uuid NOT NULL REFERENCES identity.users (id),
  rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5), comment text NOT NULL DEFAULT '',
  rated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, id), UNIQUE (org_id, attempt_id),
  FOREIGN KEY (org_id, attempt_id) REFERENCES assessment.attempts (org_id, id)
);
CREATE INDEX attempt_ratings_by_time ON assessment.attempt_ratings (org_id, rated_at);
"""
V_ATTEMPT_RATINGS = """
SELECT r.attempt_id, r.org_id, r.learner_id, a.kind, a.background_id, a.program_id, r.rating, r.rated_at
FROM assessment.attempt_ratings AS r JOIN assessment.attempts AS a ON a.org_id = r.org_id AND a.id = r.attempt_id
"""


def upgrade() -> None:
    op.execute(RATINGS)
    secure("assessment.attempt_ratings", grants="SELECT, INSERT, UPDATE")
    let_erase("assessment.attempt_ratings")
    publish_view("assessment.v_attempt_ratings", V_ATTEMPT_RATINGS)


def downgrade() -> None:
    op.execute("DROP VIEW assessment.v_attempt_ratings")
    op.execute("DROP TABLE assessment.attempt_ratings")
