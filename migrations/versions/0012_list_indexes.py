"""Lists cost the same however long they are: an index a filter, and policies whose reach the planner can estimate.

`id IN (SELECT ...)` beside an OR counts as half of the table, for which the planner reads all of it; an array counts as
the few programs that it holds.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

INDEXES = """
CREATE INDEX ai_runs_by_purpose ON backbone.ai_runs (org_id, purpose, created_at, id);
CREATE INDEX ai_runs_by_outcome ON backbone.ai_runs (org_id, outcome, created_at, id);
CREATE INDEX audit_events_by_action ON backbone.audit_events (org_id, action, sequence);
CREATE INDEX audit_events_of_actor ON backbone.audit_events (org_id, actor_id, sequence);
CREATE INDEX audit_events_by_subject_type ON backbone.audit_events (org_id, subject_type, sequence);
CREATE INDEX audit_events_by_subject ON backbone.audit_events (org_id, subject_id, sequence);
CREATE INDEX memberships_standing ON identity.memberships (org_id, role, id) WHERE ended_at IS NULL;
CREATE INDEX privacy_requests_by_kind ON identity.privacy_requests (org_id, kind, id);
CREATE INDEX privacy_requests_by_state ON identity.privacy_requests (org_id, state, id);
CREATE INDEX role_requests_by_state ON identity.role_requests (org_id, state, id);
CREATE INDEX programs_by_type ON learning.programs (org_id, type, id);
CREATE INDEX modules_of_organization ON learning.modules (org_id, id);
CREATE INDEX modules_of_program ON learning.modules (org_id, program_id, id);
CREATE INDEX modules_by_kind ON learning.modules (org_id, kind, id);
CREATE INDEX lessons_of_organization ON learning.lessons (org_id, id);
CREATE INDEX lessons_by_module ON learning.lessons (org_id, module_id, id);
CREATE INDEX enrollments_by_status ON learning.enrollments (org_id, status, id);
CREATE INDEX media_assets_by_state ON media.media_assets (org_id, state, id);
CREATE INDEX assessments_of_program ON assessment.assessments (org_id, program_id, id);
CREATE INDEX attempts_by_kind ON assessment.attempts (org_id, kind, id);
CREATE INDEX attempts_of_assessment ON assessment.attempts (org_id, assessment_id, id);
CREATE INDEX attempts_of_lesson ON assessment.attempts (org_id, lesson_id, id) WHERE lesson_id IS NOT NULL;
CREATE INDEX items_by_key ON assessment.items (org_id, key);
CREATE INDEX items_retired ON assessment.items (org_id, id) WHERE NOT active;
CREATE INDEX prompt_templates_by_purpose ON assessment.prompt_templates (org_id, purpose, id);
CREATE INDEX prompt_templates_by_strategy ON assessment.prompt_templates (org_id, strategy, id);
CREATE INDEX fallback_contents_by_kind ON assessment.fallback_contents (org_id, kind, id);
CREATE INDEX fallback_contents_by_tier ON assessment.fallback_contents (org_id, tier, id);
CREATE INDEX fallback_contents_of_background ON assessment.fallback_contents (org_id, background_id, id);
DROP INDEX backbone.audit_events_of_subject;
"""
NO_INDEXES = """
DROP INDEX backbone.ai_runs_by_purpose, backbone.ai_runs_by_outcome, backbone.audit_events_by_action,
  backbone.audit_events_of_actor, backbone.audit_events_by_subject_type, backbone.audit_events_by_subject,
  identity.memberships_standing, identity.privacy_requests_by_kind, identity.privacy_requests_by_state,
  identity.role_requests_by_state, learning.programs_by_type, learning.modules_of_organization,
  learning.modules_of_program, learning.modules_by_kind, learning.lessons_of_organization, learning.lessons_by_module,
  learning.enrollments_by_status, media.media_assets_by_state, assessment.assessments_of_program,
  assessment.attempts_by_kind, assessment.attempts_of_assessment, assessment.attempts_of_lesson,
  assessment.items_by_key, assessment.items_retired, assessment.prompt_templates_by_purpose,
  assessment.prompt_templates_by_strategy, assessment.fallback_contents_by_kind,
  assessment.fallback_contents_by_tier, assessment.fallback_contents_of_background;
CREATE INDEX audit_events_of_subject ON backbone.audit_events (org_id, subject_type, subject_id, sequence);
"""
ASSIGNED = "SELECT program_id FROM learning.program_assignments WHERE org_id = backbone.current_org()"
PROGRAM_OF = {
    "programs": "id",
    **dict.fromkeys(
        ("program_versions", "stages", "modules", "lessons", "resources", "masterclasses"), "program_id"
    ),
}


def upgrade() -> None:
    op.execute(INDEXES)
    _admit(f"ANY (ARRAY({ASSIGNED}))", operator="=")


def downgrade() -> None:
    _admit(f"({ASSIGNED})", operator="IN")
    op.execute(NO_INDEXES)


def _admit(assigned: str, *, operator: str) -> None:
    for table, column in PROGRAM_OF.items():
        condition = f"org_id = backbone.current_org() OR {column} {operator} {assigned}"
        op.execute(f"ALTER POLICY readable ON learning.{table} USING ({condition})")
