"""Lists that read more the more there is: a learner's attempts in one state, the prompt templates in use.

A learner's attempts in an unfinished state were found among everybody's unfinished ones, of which there is an index;
the active templates were all read and then ordered.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

SQL = """
CREATE INDEX attempts_of_learner_by_state ON assessment.attempts (org_id, learner_id, state, id);
CREATE INDEX prompt_templates_in_use ON assessment.prompt_templates (org_id, id) WHERE active;
"""


def upgrade() -> None:
    """Each of them ends with the id, in which its list is ordered."""
    op.execute(SQL)


def downgrade() -> None:
    """Without them only the time is lost."""
    op.execute("DROP INDEX assessment.attempts_of_learner_by_state, assessment.prompt_templates_in_use")
