"""Learning: programs and their versions, enrollments, progress, stars, tiers, promotions, overrides, masterclasses.

A version is a set of rows: stages, modules and lessons carry `version_id` and keep their `id` from one version to the
next, so that what hangs on a module or a lesson elsewhere (assessments, progress) outlives a new version.
"""

from alembic import op

from tenancy import create_crossing_function, create_schema, drop_schema, let_cross, publish_view, secure

revision = "0003"
down_revision = "0002"

ID = "id uuid NOT NULL DEFAULT uuidv7()"
TENANT = """
  org_id uuid NOT NULL DEFAULT backbone.current_org(), created_at timestamptz NOT NULL DEFAULT now()"""
COLUMNS = f"id uuid PRIMARY KEY DEFAULT uuidv7(), {TENANT}"
EDITS = "version integer NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT now()"
VERSIONED = f"{COLUMNS}, {EDITS}"
KINDS = "('assessment', 'course', 'masterclass', 'project', 'interview')"
TIERS = "('bronze', 'silver', 'gold')"
SLUG = "~ '^[a-z0-9]+(-[a-z0-9]+)*$'"

PROGRAMS = f"""
CREATE TABLE learning.programs ({VERSIONED},
  key text NOT NULL CHECK (key {SLUG}), type text NOT NULL CHECK (type IN ('job_readiness', 'study')),
  title text NOT NULL, description text NOT NULL DEFAULT '', archived_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (org_id, key)
);
CREATE TABLE learning.program_versions ({VERSIONED},
  program_id uuid NOT NULL, number integer NOT NULL CHECK (number > 0), published_at timestamptz,
  tier_ranges jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(tier_ranges) = 'array'),
  promotion_enabled boolean NOT NULL DEFAULT false,
  promotion_after_stars jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(promotion_after_stars) = 'array'),
  edited_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (program_id, number), UNIQUE (program_id, id),
  FOREIGN KEY (org_id, program_id) REFERENCES learning.programs (org_id, id)
);
CREATE UNIQUE INDEX one_draft ON learning.program_versions (program_id) WHERE published_at IS NULL;
CREATE TABLE learning.stages ({VERSIONED},
  program_id uuid NOT NULL, version_id uuid NOT NULL, star integer NOT NULL CHECK (star BETWEEN 1 AND 5),
  kind text NOT NULL CHECK (kind IN {KINDS}), required_count integer CHECK (required_count > 0),
  title text NOT NULL, description text NOT NULL DEFAULT '', earned_text text NOT NULL DEFAULT '',
  UNIQUE (org_id, id), UNIQUE (version_id, star), UNIQUE (version_id, kind),
  CHECK ((kind = 'course') = (required_count IS NULL)),
  FOREIGN KEY (org_id, version_id) REFERENCES learning.program_versions (org_id, id)
);
CREATE TABLE learning.modules ({ID}, {TENANT}, {EDITS},
  program_id uuid NOT NULL, version_id uuid NOT NULL, kind text NOT NULL CHECK (kind IN {KINDS}),
  key text NOT NULL CHECK (key {SLUG}), title text NOT NULL, description text NOT NULL DEFAULT '',
  position integer NOT NULL DEFAULT 1 CHECK (position > 0), configuration jsonb NOT NULL,
  PRIMARY KEY (version_id, id), UNIQUE (version_id, key),
  FOREIGN KEY (org_id, version_id) REFERENCES learning.program_versions (org_id, id)
);
CREATE INDEX modules_by_id ON learning.modules (id);
CREATE INDEX modules_of_draft ON learning.modules (org_id, version_id, id);
CREATE TABLE learning.lessons ({ID}, {TENANT}, {EDITS},
  program_id uuid NOT NULL, version_id uuid NOT NULL, module_id uuid NOT NULL,
  key text NOT NULL CHECK (key {SLUG}), title text NOT NULL, summary text NOT NULL DEFAULT '',
  position integer NOT NULL DEFAULT 1 CHECK (position > 0), required boolean NOT NULL DEFAULT true,
  estimated_minutes integer CHECK (estimated_minutes > 0), asset_id uuid, body text,
  PRIMARY KEY (version_id, id), UNIQUE (version_id, module_id, key),
  FOREIGN KEY (version_id, module_id) REFERENCES learning.modules (version_id, id) ON DELETE CASCADE
);
CREATE INDEX lessons_by_id ON learning.lessons (id);
CREATE INDEX lessons_of_module ON learning.lessons (org_id, version_id, module_id, id);
CREATE INDEX lessons_of_asset ON learning.lessons (asset_id) WHERE asset_id IS NOT NULL;
CREATE TABLE learning.resources ({VERSIONED},
  program_id uuid NOT NULL, lesson_id uuid NOT NULL, title text NOT NULL, description text NOT NULL DEFAULT '',
  url text, asset_id uuid, position integer NOT NULL DEFAULT 1 CHECK (position > 0),
  UNIQUE (org_id, id), UNIQUE (org_id, lesson_id, title), CHECK ((url IS NULL) <> (asset_id IS NULL)),
  FOREIGN KEY (org_id, program_id) REFERENCES learning.programs (org_id, id)
);
CREATE INDEX resources_of_lesson ON learning.resources (lesson_id, position);
CREATE INDEX resources_of_asset ON learning.resources (asset_id) WHERE asset_id IS NOT NULL;
CREATE TABLE learning.masterclasses ({VERSIONED},
  program_id uuid NOT NULL, key text NOT NULL CHECK (key {SLUG}), title text NOT NULL,
  description text NOT NULL DEFAULT '', speaker text NOT NULL DEFAULT '',
  position integer NOT NULL DEFAULT 1 CHECK (position > 0), asset_id uuid, active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (program_id, key),
  FOREIGN KEY (org_id, program_id) REFERENCES learning.programs (org_id, id)
);
CREATE INDEX masterclasses_of_program ON learning.masterclasses (program_id, id) WHERE deleted_at IS NULL;
CREATE INDEX masterclasses_of_asset ON learning.masterclasses (asset_id) WHERE asset_id IS NOT NULL;
CREATE TABLE learning.program_assignments ({VERSIONED},
  owner_id uuid NOT NULL, program_id uuid NOT NULL, assigned_by uuid NOT NULL, ended_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (org_id, program_id),
  FOREIGN KEY (owner_id, program_id) REFERENCES learning.programs (org_id, id)
);
CREATE INDEX program_assignments_of_program ON learning.program_assignments (owner_id, program_id);
"""

ENROLLMENTS = f"""
CREATE TABLE learning.enrollments ({VERSIONED},
  learner_id uuid NOT NULL REFERENCES identity.users (id),
  program_id uuid NOT NULL REFERENCES learning.programs (id), version_id uuid NOT NULL, background_id uuid,
  stars integer NOT NULL DEFAULT 0 CHECK (stars BETWEEN 0 AND 5), tier text CHECK (tier IN {TIERS}),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'completed', 'withdrawn')),
  completed_at timestamptz, progressed_at timestamptz NOT NULL DEFAULT now(), evidence_since timestamptz,
  UNIQUE (org_id, id), UNIQUE (org_id, learner_id, program_id),
  CHECK (status <> 'completed' OR completed_at IS NOT NULL),
  FOREIGN KEY (program_id, version_id) REFERENCES learning.program_versions (program_id, id)
);
CREATE INDEX enrollments_of_program ON learning.enrollments (org_id, program_id, id);
CREATE INDEX enrollments_of_version ON learning.enrollments (version_id);
CREATE TABLE learning.progress_overrides ({COLUMNS},
  enrollment_id uuid NOT NULL, decided_by uuid NOT NULL REFERENCES identity.users (id), reason text NOT NULL,
  old_star integer NOT NULL, new_star integer NOT NULL CHECK (new_star BETWEEN 0 AND 5),
  old_tier text CHECK (old_tier IN {TIERS}), new_tier text CHECK (new_tier IN {TIERS}),
  UNIQUE (org_id, id), CHECK (length(reason) > 0),
  FOREIGN KEY (org_id, enrollment_id) REFERENCES learning.enrollments (org_id, id)
);
CREATE INDEX progress_overrides_of_enrollment ON learning.progress_overrides (org_id, enrollment_id, id);
CREATE TABLE learning.stage_awards ({COLUMNS},
  enrollment_id uuid NOT NULL, star integer NOT NULL CHECK (star BETWEEN 1 AND 5), evidence jsonb NOT NULL,
  override_id uuid, superseded_by uuid,
  UNIQUE (org_id, id), CHECK (override_id IS NOT NULL OR evidence <> '{{}}'),
  FOREIGN KEY (org_id, enrollment_id) REFERENCES learning.enrollments (org_id, id),
  FOREIGN KEY (org_id, override_id) REFERENCES learning.progress_overrides (org_id, id),
  FOREIGN KEY (org_id, superseded_by) REFERENCES learning.progress_overrides (org_id, id)
);
CREATE UNIQUE INDEX one_award_a_star ON learning.stage_awards (org_id, enrollment_id, star)
  WHERE superseded_by IS NULL;
CREATE TABLE learning.tier_changes ({COLUMNS},
  sequence bigint GENERATED ALWAYS AS IDENTITY, enrollment_id uuid NOT NULL,
  old_tier text CHECK (old_tier IN {TIERS}), new_tier text NOT NULL CHECK (new_tier IN {TIERS}),
  cause text NOT NULL CHECK (cause IN ('initial', 'promotion', 'override')), star integer NOT NULL,
  attempt_id uuid, override_id uuid, evidence jsonb NOT NULL DEFAULT '{{}}',
  UNIQUE (org_id, id), CHECK ((cause = 'promotion') = (attempt_id IS NOT NULL)),
  CHECK ((cause = 'override') = (override_id IS NOT NULL)), CHECK ((cause = 'initial') <= (old_tier IS NULL)),
  CHECK (cause <> 'promotion' OR (old_tier, new_tier) IN (('bronze', 'silver'), ('silver', 'gold'))),
  FOREIGN KEY (org_id, enrollment_id) REFERENCES learning.enrollments (org_id, id),
  FOREIGN KEY (org_id, override_id) REFERENCES learning.progress_overrides (org_id, id)
);
CREATE INDEX tier_changes_of_enrollment ON learning.tier_changes (org_id, enrollment_id, sequence DESC);
CREATE UNIQUE INDEX one_change_an_exam ON learning.tier_changes (org_id, attempt_id) WHERE attempt_id IS NOT NULL;
CREATE TABLE learning.promotion_declines ({COLUMNS},
  enrollment_id uuid NOT NULL, star integer NOT NULL CHECK (star BETWEEN 1 AND 5),
  target_tier text NOT NULL CHECK (target_tier IN {TIERS}),
  UNIQUE (org_id, id), UNIQUE (org_id, enrollment_id, star),
  FOREIGN KEY (org_id, enrollment_id) REFERENCES learning.enrollments (org_id, id)
);
CREATE TABLE learning.lesson_progress ({COLUMNS},
  enrollment_id uuid NOT NULL, lesson_id uuid NOT NULL, last_opened_at timestamptz NOT NULL DEFAULT now(),
  read_at timestamptz, completed_at timestamptz,
  UNIQUE (org_id, id), UNIQUE (org_id, enrollment_id, lesson_id),
  FOREIGN KEY (org_id, enrollment_id) REFERENCES learning.enrollments (org_id, id)
);
CREATE TABLE learning.module_progress ({COLUMNS},
  enrollment_id uuid NOT NULL, module_id uuid NOT NULL, completed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, id), UNIQUE (org_id, enrollment_id, module_id),
  FOREIGN KEY (org_id, enrollment_id) REFERENCES learning.enrollments (org_id, id)
);
CREATE TABLE learning.masterclass_completions ({COLUMNS},
  enrollment_id uuid NOT NULL, masterclass_id uuid NOT NULL REFERENCES learning.masterclasses (id),
  completed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, id), UNIQUE (org_id, enrollment_id, masterclass_id),
  FOREIGN KEY (org_id, enrollment_id) REFERENCES learning.enrollments (org_id, id)
);
CREATE INDEX masterclass_completions_of ON learning.masterclass_completions (org_id, masterclass_id);
CREATE TABLE learning.nudges ({COLUMNS},
  learner_id uuid NOT NULL REFERENCES identity.users (id), enrollment_id uuid NOT NULL, kind text NOT NULL,
  dismissed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, id), FOREIGN KEY (org_id, enrollment_id) REFERENCES learning.enrollments (org_id, id)
);
CREATE INDEX nudges_of_learner ON learning.nudges (org_id, learner_id);
"""

PUBLISHED_FUNCTIONS = """
CREATE FUNCTION learning.content_owner_ids() RETURNS uuid[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(DISTINCT owner_id) || backbone.current_org()
  FROM learning.program_assignments WHERE org_id = backbone.current_org()
$$;

CREATE FUNCTION learning.promotion_is_used(enrollment uuid, at_star integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM assessment.v_attempts
    WHERE enrollment_id = enrollment AND kind = 'promotion_exam' AND star = at_star AND state <> 'failed');
END $$;
GRANT EXECUTE ON FUNCTION learning.content_owner_ids(), learning.promotion_is_used(uuid, integer) TO lodestar_app;
"""

OWNER_OF_PROGRAM = """
RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT org_id FROM learning.programs WHERE id = wanted AND archived_at IS NULL
$$"""

MODULE_IS_OPEN = """
CREATE FUNCTION learning.module_is_open(enrollment uuid, module uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(bool_or(open), false) FROM learning.v_module_access
  WHERE enrollment_id = enrollment AND module_id = module
$$;
GRANT EXECUTE ON FUNCTION learning.module_is_open(uuid, uuid) TO lodestar_app;
"""

LOCKED = """
       e.status <> 'withdrawn' AND e.stars >= s.star - 1 AS open,
       CASE WHEN e.status = 'withdrawn' THEN 'This enrollment has ended.'
            WHEN e.stars < s.star - 1 THEN format('Earn star %s first: it opens this part.', s.star - 1)
       END AS reason"""

V_MODULE_ACCESS = f"""
SELECT e.id AS enrollment_id, e.learner_id, e.program_id, e.version_id, m.id AS module_id, m.kind, m.title,
       m.configuration, s.star - 1 AS required_star, e.stars, e.tier, e.background_id,{LOCKED}
FROM learning.enrollments AS e
JOIN learning.modules AS m ON m.version_id = e.version_id
JOIN learning.stages AS s ON s.version_id = m.version_id AND s.kind = m.kind
"""

V_LESSONS = """
SELECT DISTINCT ON (l.id) l.id AS lesson_id, l.module_id, l.title, l.asset_id
FROM learning.lessons AS l JOIN learning.program_versions AS v ON v.id = l.version_id
ORDER BY l.id, (v.published_at IS NOT NULL) DESC, v.number DESC
"""

V_WRITTEN = """
SELECT id, 'program' AS kind FROM learning.programs WHERE org_id = backbone.current_org() AND archived_at IS NULL
UNION ALL
SELECT DISTINCT id, 'module' FROM learning.modules WHERE org_id = backbone.current_org()
UNION ALL
SELECT DISTINCT id, 'lesson' FROM learning.lessons WHERE org_id = backbone.current_org()
"""

V_TAUGHT_ASSETS = """
SELECT l.asset_id FROM learning.lessons AS l JOIN learning.program_versions AS v ON v.id = l.version_id
WHERE l.asset_id IS NOT NULL AND v.published_at IS NOT NULL
UNION ALL
SELECT asset_id FROM learning.masterclasses WHERE asset_id IS NOT NULL AND active AND deleted_at IS NULL
UNION ALL
SELECT asset_id FROM learning.resources WHERE asset_id IS NOT NULL
"""

V_ASSET_ACCESS = f"""
SELECT l.asset_id, e.id AS enrollment_id, e.learner_id, s.star - 1 AS required_star,{LOCKED}
FROM learning.enrollments AS e
JOIN learning.lessons AS l ON l.version_id = e.version_id AND l.asset_id IS NOT NULL
JOIN learning.modules AS m ON m.version_id = l.version_id AND m.id = l.module_id
JOIN learning.stages AS s ON s.version_id = m.version_id AND s.kind = m.kind
UNION ALL
SELECT r.asset_id, e.id, e.learner_id, s.star - 1,{LOCKED}
FROM learning.enrollments AS e
JOIN learning.lessons AS l ON l.version_id = e.version_id
JOIN learning.resources AS r ON r.lesson_id = l.id AND r.asset_id IS NOT NULL
JOIN learning.modules AS m ON m.version_id = l.version_id AND m.id = l.module_id
JOIN learning.stages AS s ON s.version_id = m.version_id AND s.kind = m.kind
UNION ALL
SELECT c.asset_id, e.id, e.learner_id, s.star - 1,{LOCKED}
FROM learning.enrollments AS e
JOIN learning.masterclasses AS c
  ON c.program_id = e.program_id AND c.asset_id IS NOT NULL AND c.active AND c.deleted_at IS NULL
JOIN learning.stages AS s ON s.version_id = e.version_id AND s.kind = 'masterclass'
"""

V_PROMOTION_ELIGIBILITY = """
SELECT e.id AS enrollment_id, e.learner_id, e.program_id, e.stars AS star, e.tier AS current_tier,
       CASE e.tier WHEN 'bronze' THEN 'silver' ELSE 'gold' END AS target_tier
FROM learning.enrollments AS e JOIN learning.program_versions AS v ON v.id = e.version_id
WHERE e.status <> 'withdrawn' AND e.tier IN ('bronze', 'silver')
  AND v.promotion_enabled AND v.promotion_after_stars @> to_jsonb(e.stars)
  AND NOT EXISTS (
    SELECT FROM learning.promotion_declines AS d
    WHERE d.org_id = e.org_id AND d.enrollment_id = e.id AND d.star = e.stars)
  AND NOT learning.promotion_is_used(e.id, e.stars)
"""

OWN = "org_id = backbone.current_org()"
ASSIGNED = "(SELECT program_id FROM learning.program_assignments WHERE org_id = backbone.current_org())"
SHARED_TABLES = ("program_versions", "stages", "modules", "lessons", "resources", "masterclasses")
OWN_TABLES = ("enrollments", "lesson_progress", "nudges")
LASTING_TABLES = (
    "progress_overrides",
    "tier_changes",
    "promotion_declines",
    "module_progress",
    "masterclass_completions",
)


def upgrade() -> None:
    create_schema("learning")
    op.execute(PROGRAMS)
    op.execute(ENROLLMENTS)
    op.execute(PUBLISHED_FUNCTIONS)
    secure("learning.program_assignments", grants="SELECT, INSERT, UPDATE")
    secure("learning.programs", visible=f"{OWN} OR id IN {ASSIGNED}", grants="SELECT, INSERT, UPDATE")
    for table in SHARED_TABLES:
        secure(f"learning.{table}", visible=f"{OWN} OR program_id IN {ASSIGNED}")
    for table in OWN_TABLES:
        secure(f"learning.{table}", grants="SELECT, INSERT, UPDATE")
    secure("learning.stage_awards", grants="SELECT, INSERT, UPDATE")
    for table in LASTING_TABLES:
        secure(f"learning.{table}", grants="SELECT, INSERT")
    let_cross("learning.programs")
    create_crossing_function("learning.owner_of_program(wanted uuid)", OWNER_OF_PROGRAM)
    publish_view("learning.v_module_access", V_MODULE_ACCESS)
    op.execute(MODULE_IS_OPEN)
    publish_view("learning.v_lessons", V_LESSONS)
    publish_view("learning.v_written", V_WRITTEN)
    publish_view("learning.v_taught_assets", V_TAUGHT_ASSETS)
    publish_view("learning.v_asset_access", V_ASSET_ACCESS)
    publish_view("learning.v_promotion_eligibility", V_PROMOTION_ELIGIBILITY)


def downgrade() -> None:
    drop_schema("learning")
