"""Assessment's staff: samples of what learners would be given, and what learners say of what they were given to do."""

from alembic import op

from tenancy import create_crossing_function, let_cross, let_erase, publish_view, secure

revision = "0025"
down_revision = "0024"

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

PREVIEWS = """
CREATE TABLE assessment.previews (
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now(), version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now(),
  requested_by uuid NOT NULL REFERENCES identity.users (id),
  subject_type text NOT NULL CHECK (subject_type IN ('assessment', 'background_profile', 'prompt_template')),
  subject_id uuid NOT NULL, draft jsonb NOT NULL CHECK (jsonb_typeof(draft) = 'object'), digest text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'completed', 'failed')),
  operation_id uuid NOT NULL, run_id uuid, tries integer NOT NULL DEFAULT 0,
  result jsonb, problem_detail text, completed_at timestamptz,
  expires_at timestamptz NOT NULL DEFAULT now() + interval '1 day',
  UNIQUE (org_id, id), CHECK ((state = 'completed') = (result IS NOT NULL)),
  CHECK ((state = 'completed') = (completed_at IS NOT NULL)), CHECK ((state = 'running') = (run_id IS NOT NULL)),
  CHECK ((state = 'failed') = (problem_detail IS NOT NULL))
);
CREATE UNIQUE INDEX previews_open ON assessment.previews (org_id, requested_by, subject_id, digest)
  WHERE state IN ('pending', 'running');
CREATE INDEX previews_unfinished ON assessment.previews (updated_at) WHERE state IN ('pending', 'running');
CREATE INDEX previews_by_end ON assessment.previews (expires_at);
"""
STUCK_PREVIEWS = """
RETURNS TABLE (org_id uuid, event_name text, data jsonb) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT p.org_id, 'assessment.preview_requested', jsonb_build_object('preview_id', p.id)
  FROM assessment.previews AS p
  WHERE p.state IN ('pending', 'running') AND p.updated_at < now() - make_interval(secs => older_than_seconds)
  ORDER BY p.updated_at LIMIT 1000
$$"""
PREVIEWS_EXPIRED = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT p.org_id, p.id FROM assessment.previews AS p WHERE p.expires_at < now() ORDER BY p.expires_at LIMIT 10000
$$"""
V_MODULE_CONFIGURATIONS = """
SELECT DISTINCT ON (m.id) m.id AS module_id, m.kind, m.title, m.configuration
FROM learning.modules AS m JOIN learning.program_versions AS v ON v.id = m.version_id
ORDER BY m.id, (v.published_at IS NOT NULL) DESC, v.number DESC
"""

RUBRIC_VERSIONS = """
CREATE TABLE assessment.rubric_versions (
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now(),
  rubric_id uuid NOT NULL, version integer NOT NULL CHECK (version > 0), title text NOT NULL,
  criteria jsonb NOT NULL CHECK (jsonb_typeof(criteria) = 'array'),
  UNIQUE (org_id, id), UNIQUE (org_id, rubric_id, version),
  FOREIGN KEY (org_id, rubric_id) REFERENCES assessment.rubrics (org_id, id)
);
CREATE FUNCTION assessment.keep_rubric_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO assessment.rubric_versions (org_id, rubric_id, version, title, criteria)
  VALUES (NEW.org_id, NEW.id, NEW.version, NEW.title, NEW.criteria);
  RETURN NULL;
END $$;
ALTER TABLE assessment.attempts ADD COLUMN rubric_id uuid, ADD COLUMN rubric_version integer;
CREATE INDEX attempts_of_rubric ON assessment.attempts (org_id, rubric_id, id) WHERE rubric_id IS NOT NULL;
"""
KEEP_RUBRIC_VERSIONS = """
CREATE TRIGGER versions_are_kept AFTER INSERT OR UPDATE OF version ON assessment.rubrics
  FOR EACH ROW EXECUTE FUNCTION assessment.keep_rubric_version();
"""
BACKFILL = """
ALTER TABLE assessment.rubrics NO FORCE ROW LEVEL SECURITY;
ALTER TABLE assessment.rubric_versions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE assessment.attempts NO FORCE ROW LEVEL SECURITY;
INSERT INTO assessment.rubric_versions (org_id, rubric_id, version, title, criteria, created_at)
  SELECT org_id, id, version, title, criteria, updated_at FROM assessment.rubrics;
UPDATE assessment.attempts SET rubric_id = (rubric ->> 'id')::uuid, rubric_version = (rubric ->> 'version')::integer
  WHERE rubric ? 'id';
ALTER TABLE assessment.rubrics FORCE ROW LEVEL SECURITY;
ALTER TABLE assessment.rubric_versions FORCE ROW LEVEL SECURITY;
ALTER TABLE assessment.attempts FORCE ROW LEVEL SECURITY;
"""
REVIEWS = """
CREATE INDEX attempts_graded_by_model ON assessment.attempts (org_id, id)
  WHERE state = 'graded' AND submission_kind <> 'answers';
CREATE INDEX attempts_of_program ON assessment.attempts (org_id, program_id, id);
"""


def upgrade() -> None:
    op.execute(RATINGS)
    secure("assessment.attempt_ratings", grants="SELECT, INSERT, UPDATE")
    let_erase("assessment.attempt_ratings")
    publish_view("assessment.v_attempt_ratings", V_ATTEMPT_RATINGS)
    op.execute(PREVIEWS)
    op.execute(REVIEWS)
    op.execute(RUBRIC_VERSIONS)
    secure("assessment.rubric_versions", grants="SELECT, INSERT")
    op.execute(BACKFILL)
    op.execute(KEEP_RUBRIC_VERSIONS)
    secure("assessment.previews")
    let_cross("assessment.previews")
    create_crossing_function("assessment.stuck_previews(older_than_seconds integer)", STUCK_PREVIEWS)
    create_crossing_function("assessment.previews_expired()", PREVIEWS_EXPIRED)
    publish_view("learning.v_module_configurations", V_MODULE_CONFIGURATIONS)


def downgrade() -> None:
    op.execute("DROP TRIGGER versions_are_kept ON assessment.rubrics")
    op.execute("DROP FUNCTION assessment.keep_rubric_version()")
    op.execute("DROP TABLE assessment.rubric_versions")
    op.execute("ALTER TABLE assessment.attempts DROP COLUMN rubric_id, DROP COLUMN rubric_version")
    op.execute("DROP INDEX assessment.attempts_graded_by_model, assessment.attempts_of_program")
    op.execute("DROP VIEW learning.v_module_configurations")
    op.execute("DROP FUNCTION assessment.stuck_previews(integer), assessment.previews_expired()")
    op.execute("DROP TABLE assessment.previews")
    op.execute("DROP VIEW assessment.v_attempt_ratings")
    op.execute("DROP TABLE assessment.attempt_ratings")
