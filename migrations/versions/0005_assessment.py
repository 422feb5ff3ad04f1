"""Assessment: banks and items, assessments, rubrics, prompts, backgrounds, attempts, grades, decisions, appeals."""

from alembic import op

from tenancy import create_crossing_function, create_schema, drop_schema, let_cross, publish_view, secure

revision = "0005"
down_revision = "0004"

COLUMNS = """
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now()"""
VERSIONED = f"{COLUMNS}, version integer NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT now()"
TIERS = "('bronze', 'silver', 'gold')"
SLUG = "~ '^[a-z0-9]+(-[a-z0-9]+)*$'"

ITEMS = f"""
CREATE TABLE assessment.item_banks ({VERSIONED},
  key text NOT NULL CHECK (key {SLUG}), title text NOT NULL, description text NOT NULL DEFAULT '',
  UNIQUE (org_id, id), UNIQUE (org_id, key)
);
CREATE TABLE assessment.items ({VERSIONED},
  bank_id uuid NOT NULL, key text NOT NULL CHECK (key {SLUG}),
  stem text NOT NULL, options jsonb NOT NULL, answer integer NOT NULL,
  explanation text NOT NULL, quote text,
  difficulty text NOT NULL DEFAULT 'medium' CHECK (difficulty IN ('easy', 'medium', 'hard')),
  active boolean NOT NULL DEFAULT true,
  UNIQUE (org_id, id), UNIQUE (org_id, bank_id, key),
  CHECK (jsonb_typeof(options) = 'array' AND jsonb_array_length(options) BETWEEN 2 AND 6),
  CHECK (answer >= 0 AND answer < jsonb_array_length(options)),
  FOREIGN KEY (org_id, bank_id) REFERENCES assessment.item_banks (org_id, id)
);
CREATE INDEX items_of_bank ON assessment.items (org_id, bank_id, id);
CREATE TABLE assessment.item_lesson_links ({COLUMNS},
  lesson_id uuid NOT NULL, item_id uuid NOT NULL, position integer NOT NULL,
  role text NOT NULL CHECK (role IN ('required', 'fallback')),
  UNIQUE (org_id, id), UNIQUE (org_id, lesson_id, item_id),
  FOREIGN KEY (org_id, item_id) REFERENCES assessment.items (org_id, id) ON DELETE CASCADE
);
CREATE INDEX item_lesson_links_of_item ON assessment.item_lesson_links (org_id, item_id);
CREATE INDEX item_lesson_links_of_lesson ON assessment.item_lesson_links (lesson_id, position);
"""

ASSESSMENTS = f"""
CREATE TABLE assessment.rubrics ({VERSIONED},
  key text NOT NULL CHECK (key {SLUG}), title text NOT NULL, criteria jsonb NOT NULL,
  UNIQUE (org_id, id), UNIQUE (org_id, key), CHECK (jsonb_typeof(criteria) = 'array')
);
CREATE TABLE assessment.prompt_templates ({VERSIONED},
  purpose text NOT NULL CHECK (purpose IN ('quiz', 'exam', 'project', 'interview_questions', 'grade_text',
    'grade_repository', 'grade_interview')),
  strategy text NOT NULL DEFAULT 'default' CHECK (strategy {SLUG}), revision integer NOT NULL,
  system_prompt text NOT NULL, input_prompt text NOT NULL, active boolean NOT NULL DEFAULT true,
  UNIQUE (org_id, id), UNIQUE (org_id, purpose, strategy, revision)
);
CREATE UNIQUE INDEX prompt_templates_active ON assessment.prompt_templates (org_id, purpose, strategy) WHERE active;
CREATE TABLE assessment.assessments ({VERSIONED},
  kind text NOT NULL CHECK (kind IN ('initial', 'quiz', 'promotion_exam', 'project', 'interview')),
  title text NOT NULL, description text NOT NULL DEFAULT '', instructions text NOT NULL DEFAULT '',
  program_id uuid, module_id uuid, bank_id uuid, rubric_id uuid,
  question_count integer CHECK (question_count BETWEEN 1 AND 50),
  passing_score numeric(5, 2) NOT NULL CHECK (passing_score BETWEEN 0 AND 100),
  time_limit_seconds integer CHECK (time_limit_seconds > 0),
  max_attempts integer CHECK (max_attempts > 0), attempt_window_days integer CHECK (attempt_window_days > 0),
  active boolean NOT NULL DEFAULT true,
  UNIQUE (org_id, id),
  CHECK ((kind = 'promotion_exam') = (module_id IS NULL)), CHECK (kind <> 'promotion_exam' OR program_id IS NOT NULL),
  CHECK (kind <> 'interview' OR time_limit_seconds BETWEEN 60 AND 300),
  FOREIGN KEY (org_id, bank_id) REFERENCES assessment.item_banks (org_id, id),
  FOREIGN KEY (org_id, rubric_id) REFERENCES assessment.rubrics (org_id, id)
);
CREATE UNIQUE INDEX assessments_of_module ON assessment.assessments (org_id, module_id) WHERE module_id IS NOT NULL;
CREATE UNIQUE INDEX promotion_exam_of_program ON assessment.assessments (org_id, program_id)
  WHERE kind = 'promotion_exam';
CREATE INDEX assessments_by_kind ON assessment.assessments (org_id, kind, id);
CREATE TABLE assessment.tier_templates ({VERSIONED},
  assessment_id uuid NOT NULL, tier text NOT NULL CHECK (tier IN {TIERS}),
  bank_id uuid, prompt_template_id uuid, guidance text NOT NULL DEFAULT '',
  question_count integer CHECK (question_count BETWEEN 1 AND 50),
  passing_score numeric(5, 2) CHECK (passing_score BETWEEN 0 AND 100),
  UNIQUE (org_id, id), UNIQUE (org_id, assessment_id, tier),
  FOREIGN KEY (org_id, assessment_id) REFERENCES assessment.assessments (org_id, id) ON DELETE CASCADE,
  FOREIGN KEY (org_id, bank_id) REFERENCES assessment.item_banks (org_id, id),
  FOREIGN KEY (org_id, prompt_template_id) REFERENCES assessment.prompt_templates (org_id, id)
);
"""

BACKGROUNDS = f"""
CREATE TABLE assessment.backgrounds ({VERSIONED},
  key text NOT NULL CHECK (key {SLUG}), title text NOT NULL, description text NOT NULL DEFAULT '',
  submission_kind text NOT NULL CHECK (submission_kind IN ('repository', 'text')),
  project_types jsonb NOT NULL, active boolean NOT NULL DEFAULT true,
  UNIQUE (org_id, id), UNIQUE (org_id, key), CHECK (jsonb_typeof(project_types) = 'array')
);
CREATE TABLE assessment.background_profiles ({VERSIONED},
  background_id uuid NOT NULL, kind text NOT NULL CHECK (kind IN ('project', 'interview')),
  type text NOT NULL CHECK (type ~ '^[a-z0-9]+(_[a-z0-9]+)*$'), tier text NOT NULL CHECK (tier IN {TIERS}),
  system_prompt text NOT NULL, input_prompt text NOT NULL, description_template text NOT NULL DEFAULT '',
  focus_area text NOT NULL DEFAULT '', rubric_id uuid NOT NULL, config jsonb NOT NULL DEFAULT '{{}}',
  UNIQUE (org_id, id), UNIQUE (org_id, background_id, kind, type, tier),
  FOREIGN KEY (org_id, background_id) REFERENCES assessment.backgrounds (org_id, id),
  FOREIGN KEY (org_id, rubric_id) REFERENCES assessment.rubrics (org_id, id)
);
CREATE TABLE assessment.fallback_contents ({VERSIONED},
  kind text NOT NULL CHECK (kind IN ('project', 'interview_questions')), key text NOT NULL CHECK (key {SLUG}),
  background_id uuid NOT NULL, tier text NOT NULL CHECK (tier IN {TIERS}), type text NOT NULL,
  body jsonb NOT NULL, active boolean NOT NULL DEFAULT true,
  UNIQUE (org_id, id), UNIQUE (org_id, key),
  FOREIGN KEY (org_id, background_id) REFERENCES assessment.backgrounds (org_id, id)
);
CREATE INDEX fallback_contents_for ON assessment.fallback_contents (background_id, kind, tier) WHERE active;
"""

OPEN_STATES = "('preparing', 'draft', 'in_progress', 'submitted', 'grading', 'needs_review')"
ATTEMPTS = f"""
CREATE TABLE assessment.attempts ({VERSIONED},
  learner_id uuid NOT NULL REFERENCES identity.users (id), enrollment_id uuid NOT NULL, program_id uuid NOT NULL,
  assessment_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('initial', 'quiz', 'promotion_exam', 'project', 'interview')),
  module_id uuid, lesson_id uuid, background_id uuid, title text NOT NULL,
  star integer CHECK (star BETWEEN 0 AND 5), tier_used text CHECK (tier_used IN {TIERS}),
  target_tier text CHECK (target_tier IN {TIERS}),
  number integer NOT NULL DEFAULT 1 CHECK (number > 0),
  submission_kind text NOT NULL CHECK (submission_kind IN ('answers', 'repository', 'text', 'video')),
  state text NOT NULL CHECK (state IN ('preparing', 'draft', 'in_progress', 'submitted', 'grading', 'needs_review',
    'graded', 'decided', 'failed', 'expired')),
  question_count integer, passing_score numeric(5, 2) NOT NULL CHECK (passing_score BETWEEN 0 AND 100),
  time_limit_seconds integer,
  generation integer NOT NULL DEFAULT 0 CHECK (generation >= 0),
  source text CHECK (source IN ('model', 'bank', 'generic', 'person')), model text,
  provenance jsonb NOT NULL DEFAULT '{{}}', content jsonb, answer_key jsonb, rubric jsonb, content_hash text,
  draft jsonb NOT NULL DEFAULT '{{}}', submission jsonb, feedback jsonb,
  review_accepted boolean NOT NULL DEFAULT false, review_reason text, failure_code text, failure_detail text,
  claimed_by text, claimed_at timestamptz,
  started_at timestamptz, deadline_at timestamptz, submitted_at timestamptz, ended_at timestamptz,
  score numeric(5, 2) CHECK (score BETWEEN 0 AND 100), passed boolean,
  UNIQUE (org_id, id),
  CHECK ((kind = 'promotion_exam') = (target_tier IS NOT NULL)), CHECK ((kind = 'quiz') = (lesson_id IS NOT NULL)),
  CHECK (kind = 'promotion_exam' OR module_id IS NOT NULL), CHECK (kind <> 'promotion_exam' OR star IS NOT NULL),
  CHECK ((score IS NULL) = (passed IS NULL)), CHECK (state NOT IN ('graded', 'decided') OR score IS NOT NULL),
  CHECK ((started_at IS NULL) OR content_hash IS NOT NULL)
);
CREATE UNIQUE INDEX one_open_attempt ON assessment.attempts (org_id, enrollment_id, assessment_id, lesson_id)
  NULLS NOT DISTINCT WHERE state IN {OPEN_STATES};
CREATE UNIQUE INDEX one_promotion_exam_a_jump ON assessment.attempts (org_id, enrollment_id, star, target_tier)
  WHERE kind = 'promotion_exam' AND state <> 'failed';
CREATE UNIQUE INDEX one_graded_initial ON assessment.attempts (org_id, enrollment_id, assessment_id)
  WHERE kind = 'initial' AND state IN ('graded', 'decided');
CREATE INDEX attempts_of_learner ON assessment.attempts (org_id, learner_id, id);
CREATE INDEX attempts_of_enrollment ON assessment.attempts (org_id, enrollment_id, assessment_id, lesson_id, id);
CREATE INDEX attempts_by_state ON assessment.attempts (org_id, state, id);
CREATE INDEX attempts_unfinished ON assessment.attempts (updated_at)
  WHERE state IN ('preparing', 'submitted', 'grading');
CREATE TABLE assessment.responses ({COLUMNS},
  attempt_id uuid NOT NULL, question_id text NOT NULL, item_id uuid, chosen integer, correct boolean NOT NULL,
  UNIQUE (org_id, id), UNIQUE (org_id, attempt_id, question_id),
  FOREIGN KEY (org_id, attempt_id) REFERENCES assessment.attempts (org_id, id)
);
CREATE INDEX responses_of_item ON assessment.responses (org_id, item_id) WHERE item_id IS NOT NULL;
"""

GRADES = f"""
CREATE TABLE assessment.grades ({COLUMNS},
  attempt_id uuid NOT NULL, run integer NOT NULL CHECK (run > 0), strategy text NOT NULL,
  source text NOT NULL CHECK (source IN ('model', 'person')), model text NOT NULL, prompt_version text NOT NULL,
  score numeric(5, 2) NOT NULL CHECK (score BETWEEN 0 AND 100), passed boolean NOT NULL,
  summary text NOT NULL DEFAULT '', doubts jsonb NOT NULL DEFAULT '[]', settled boolean NOT NULL DEFAULT false,
  UNIQUE (org_id, id), UNIQUE (org_id, attempt_id, run),
  FOREIGN KEY (org_id, attempt_id) REFERENCES assessment.attempts (org_id, id)
);
CREATE UNIQUE INDEX one_settled_grade ON assessment.grades (org_id, attempt_id) WHERE settled;
CREATE TABLE assessment.grade_evidence ({COLUMNS},
  grade_id uuid NOT NULL, criterion text NOT NULL, points numeric(6, 2) NOT NULL CHECK (points >= 0),
  possible numeric(6, 2) NOT NULL CHECK (possible > 0), quote text, location text, verified boolean NOT NULL,
  comment text NOT NULL DEFAULT '',
  UNIQUE (org_id, id), CHECK (points <= possible), CHECK (points = 0 OR verified),
  FOREIGN KEY (org_id, grade_id) REFERENCES assessment.grades (org_id, id)
);
CREATE INDEX grade_evidence_of_grade ON assessment.grade_evidence (org_id, grade_id);
CREATE TABLE assessment.attempt_decisions ({COLUMNS},
  attempt_id uuid NOT NULL, decided_by uuid NOT NULL REFERENCES identity.users (id),
  outcome text NOT NULL CHECK (outcome IN ('approved', 'rejected')),
  score numeric(5, 2) NOT NULL CHECK (score BETWEEN 0 AND 100), feedback text NOT NULL,
  previous jsonb NOT NULL DEFAULT '{{}}',
  UNIQUE (org_id, id), FOREIGN KEY (org_id, attempt_id) REFERENCES assessment.attempts (org_id, id)
);
CREATE INDEX attempt_decisions_of_attempt ON assessment.attempt_decisions (org_id, attempt_id, id);
CREATE TABLE assessment.appeals ({VERSIONED},
  attempt_id uuid NOT NULL, learner_id uuid NOT NULL REFERENCES identity.users (id), reason text NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'dismissed')),
  decided_by uuid REFERENCES identity.users (id), decided_at timestamptz, answer text,
  UNIQUE (org_id, id), UNIQUE (org_id, attempt_id),
  CHECK ((state = 'open') = (decided_at IS NULL)),
  FOREIGN KEY (org_id, attempt_id) REFERENCES assessment.attempts (org_id, id)
);
CREATE INDEX appeals_by_state ON assessment.appeals (org_id, state, id);
CREATE INDEX appeals_of_learner ON assessment.appeals (org_id, learner_id, id);
CREATE TABLE assessment.submitted_works ({COLUMNS},
  attempt_id uuid NOT NULL, origin text NOT NULL, parts jsonb NOT NULL, left_out jsonb NOT NULL DEFAULT '[]',
  UNIQUE (org_id, id), UNIQUE (org_id, attempt_id), CHECK (jsonb_typeof(parts) = 'array'),
  FOREIGN KEY (org_id, attempt_id) REFERENCES assessment.attempts (org_id, id)
);
CREATE TABLE assessment.integrity_signals ({COLUMNS},
  attempt_id uuid NOT NULL, kind text NOT NULL, detail jsonb NOT NULL DEFAULT '{{}}',
  UNIQUE (org_id, id), UNIQUE (org_id, attempt_id, kind),
  FOREIGN KEY (org_id, attempt_id) REFERENCES assessment.attempts (org_id, id)
);
"""

GUARDS = """
CREATE FUNCTION assessment.refuse_locked_module() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind <> 'promotion_exam' AND NOT coalesce(learning.module_is_open(NEW.enrollment_id, NEW.module_id), false)
  THEN
    RAISE EXCEPTION 'The module of this attempt is locked.' USING ERRCODE = 'LS409', CONSTRAINT = 'module_locked';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER module_is_open BEFORE INSERT ON assessment.attempts
  FOR EACH ROW EXECUTE FUNCTION assessment.refuse_locked_module();

CREATE FUNCTION assessment.refuse_thawing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'What an attempt asks is frozen once it has started.'
    USING ERRCODE = 'LS409', CONSTRAINT = 'content_frozen';
END $$;
CREATE TRIGGER content_is_frozen BEFORE UPDATE ON assessment.attempts FOR EACH ROW
  WHEN (OLD.started_at IS NOT NULL AND (
    (NEW.content, NEW.answer_key, NEW.rubric, NEW.content_hash, NEW.started_at, NEW.deadline_at, NEW.tier_used)
    IS DISTINCT FROM
    (OLD.content, OLD.answer_key, OLD.rubric, OLD.content_hash, OLD.started_at, OLD.deadline_at, OLD.tier_used)))
  EXECUTE FUNCTION assessment.refuse_thawing();
"""

PUBLISHED = """
CREATE FUNCTION assessment.quiz_is_passed(enrollment uuid, lesson uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM assessment.attempts
    WHERE enrollment_id = enrollment AND lesson_id = lesson AND kind = 'quiz' AND passed
      AND state IN ('graded', 'decided'))
$$;
GRANT EXECUTE ON FUNCTION assessment.quiz_is_passed(uuid, uuid) TO lodestar_app;
"""

V_ATTEMPTS = """
SELECT id AS attempt_id, enrollment_id, learner_id, kind, assessment_id, module_id, lesson_id,
       CASE WHEN state = 'in_progress' AND deadline_at < now() THEN 'expired' ELSE state END AS state, source,
       tier_used, star, target_tier, score, passed, created_at, ended_at
FROM assessment.attempts
"""

V_BACKGROUNDS = """
SELECT id AS background_id, title, submission_kind FROM assessment.backgrounds WHERE active
"""

STUCK_ATTEMPTS = """
RETURNS TABLE (org_id uuid, event_name text, data jsonb) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT a.org_id,
    CASE a.state WHEN 'preparing' THEN 'assessment.content_requested' ELSE 'assessment.attempt_submitted' END,
    CASE a.state
      WHEN 'preparing' THEN jsonb_build_object('attempt_id', a.id, 'kind', a.kind, 'generation', a.generation)
      ELSE jsonb_build_object('attempt_id', a.id, 'kind', a.kind, 'submission_kind', a.submission_kind)
    END
  FROM assessment.attempts AS a
  WHERE a.state IN ('preparing', 'submitted', 'grading')
    AND a.updated_at < now() - make_interval(secs => older_than_seconds)
    AND coalesce(a.claimed_at, a.updated_at) < now() - make_interval(secs => older_than_seconds)
  ORDER BY a.updated_at LIMIT 1000
$$"""

SHARED = "org_id = ANY ((SELECT learning.content_owner_ids())::uuid[])"
CONTENT_TABLES = (
    "item_banks", "items", "item_lesson_links", "rubrics", "prompt_templates", "assessments", "tier_templates",
    "backgrounds", "background_profiles", "fallback_contents",
)  # fmt: skip
WORK_TABLES = ("attempts", "appeals")
LASTING_TABLES = ("responses", "grade_evidence", "attempt_decisions", "submitted_works", "integrity_signals")


def upgrade() -> None:
    create_schema("assessment")
    for block in (ITEMS, ASSESSMENTS, BACKGROUNDS, ATTEMPTS, GRADES, GUARDS):
        op.execute(block)
    for table in CONTENT_TABLES:
        secure(f"assessment.{table}", visible=SHARED)
    for table in WORK_TABLES:
        secure(f"assessment.{table}", grants="SELECT, INSERT, UPDATE")
    for table in LASTING_TABLES:
        secure(f"assessment.{table}", grants="SELECT, INSERT")
    secure("assessment.grades", grants="SELECT, INSERT, UPDATE")
    op.execute(PUBLISHED)
    publish_view("assessment.v_attempts", V_ATTEMPTS)
    publish_view("assessment.v_backgrounds", V_BACKGROUNDS)
    let_cross("assessment.attempts")
    create_crossing_function("assessment.stuck_attempts(older_than_seconds integer)", STUCK_ATTEMPTS)


def downgrade() -> None:
    drop_schema("assessment")
