"""Cohorts: intakes of an organization into a program, which its enrollments may belong to. Feature flags that hold.

`identity.v_feature_flags` has the default of every feature that the product knows. While Job Readiness is on, the views
of what is hidden look at that flag once a statement and at no other row.
"""

from alembic import op

from tenancy import let_erase, publish_view, secure

revision = "0026"
down_revision = "0025"

COHORTS = """
CREATE TABLE learning.cohorts (
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now(), version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now(),
  program_id uuid NOT NULL REFERENCES learning.programs (id), title text NOT NULL CHECK (length(title) > 0),
  starts_on date NOT NULL, ends_on date NOT NULL, capacity integer CHECK (capacity > 0),
  archived boolean NOT NULL DEFAULT false,
  UNIQUE (org_id, id), UNIQUE (org_id, program_id, id), UNIQUE (org_id, program_id, title),
  CHECK (ends_on >= starts_on)
);
CREATE INDEX cohorts_archived ON learning.cohorts (org_id, archived, id);
ALTER TABLE learning.enrollments ADD cohort_id uuid,
  ADD FOREIGN KEY (org_id, program_id, cohort_id) REFERENCES learning.cohorts (org_id, program_id, id);
CREATE INDEX enrollments_of_cohort ON learning.enrollments (org_id, cohort_id, id) WHERE cohort_id IS NOT NULL;
"""
# The cohort's row is locked before its learners are counted, so of two who want the last place one waits and is refused.
PLACES = """
CREATE FUNCTION learning.refuse_without_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanted record;
  joins boolean := TG_OP = 'INSERT' OR NEW.cohort_id IS DISTINCT FROM OLD.cohort_id;
BEGIN
  IF NOT joins AND OLD.status <> 'withdrawn' THEN
    RETURN NEW;
  END IF;
  SELECT capacity, archived INTO wanted FROM learning.cohorts
  WHERE org_id = NEW.org_id AND id = NEW.cohort_id FOR NO KEY UPDATE;
  IF joins AND wanted.archived THEN
    RAISE EXCEPTION 'This cohort is archived.' USING ERRCODE = 'LS409', CONSTRAINT = 'cohort_archived';
  END IF;
  IF wanted.capacity <= (
    SELECT count(*) FROM learning.enrollments
    WHERE org_id = NEW.org_id AND cohort_id = NEW.cohort_id AND status <> 'withdrawn' AND id <> NEW.id) THEN
    RAISE EXCEPTION 'Every place of this cohort is taken.' USING ERRCODE = 'LS409', CONSTRAINT = 'cohort_full';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cohort_has_place BEFORE INSERT OR UPDATE OF cohort_id, status ON learning.enrollments
  FOR EACH ROW WHEN (NEW.cohort_id IS NOT NULL AND NEW.status <> 'withdrawn')
  EXECUTE FUNCTION learning.refuse_without_place();
"""

ENROLLMENTS_BEFORE = """
SELECT learner_id AS user_id, program_id, status, tier, id AS enrollment_id, version_id, stars, background_id,
       progressed_at, completed_at, created_at AS enrolled_at
FROM learning.enrollments WHERE org_id = backbone.current_org()"""
V_ENROLLMENTS = ENROLLMENTS_BEFORE.replace("enrolled_at\n", "enrolled_at, cohort_id\n")
V_COHORTS = """
SELECT id AS cohort_id, org_id, program_id, title, starts_on, ends_on FROM learning.cohorts
WHERE org_id = backbone.current_org()"""

FEATURES = "(VALUES ('job_readiness', true)) AS known (key, by_default)"
V_FEATURE_FLAGS = f"""
SELECT key, enabled, note, updated_at, version FROM identity.feature_flags WHERE org_id = backbone.current_org()
UNION ALL
SELECT key, by_default, '', NULL, 0 FROM {FEATURES} WHERE NOT EXISTS (
  SELECT FROM identity.feature_flags AS f WHERE f.org_id = backbone.current_org() AND f.key = known.key)"""
V_HIDDEN_PROGRAMS = """
SELECT id AS program_id FROM learning.programs
WHERE type = 'job_readiness' AND NOT (SELECT enabled FROM identity.v_feature_flags WHERE key = 'job_readiness')"""
V_HIDDEN_MODULES = """
SELECT m.id AS module_id FROM learning.modules AS m JOIN learning.programs AS p ON p.id = m.program_id
WHERE p.type = 'job_readiness' AND NOT (SELECT enabled FROM identity.v_feature_flags WHERE key = 'job_readiness')"""
ELIGIBLE_BEFORE = """
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
ELIGIBLE = f"{ELIGIBLE_BEFORE} AND NOT EXISTS (SELECT FROM learning.v_hidden_programs AS h WHERE h.program_id = e.program_id)"
CLICKS = """
CREATE TABLE media.playback_clicks (
  id uuid PRIMARY KEY DEFAULT uuidv7(), org_id uuid NOT NULL DEFAULT backbone.current_org(),
  created_at timestamptz NOT NULL DEFAULT now(), asset_id uuid NOT NULL,
  learner_id uuid NOT NULL REFERENCES identity.users (id),
  UNIQUE (org_id, id)
);
CREATE INDEX playback_clicks_of ON media.playback_clicks (org_id, asset_id, learner_id);
CREATE INDEX playback_clicks_of_learner ON media.playback_clicks (org_id, learner_id, id);
"""
V_ASSESSED_MODULES = "SELECT module_id FROM assessment.assessments WHERE active AND module_id IS NOT NULL"
V_BACKGROUND_PROFILES = "SELECT background_id, kind, type, tier FROM assessment.background_profiles"


def upgrade() -> None:
    op.execute(COHORTS)
    op.execute(PLACES)
    secure("learning.cohorts", grants="SELECT, INSERT, UPDATE")
    _replace_view("learning.v_enrollments", V_ENROLLMENTS)
    publish_view("learning.v_cohorts", V_COHORTS)
    publish_view("identity.v_feature_flags", V_FEATURE_FLAGS)
    publish_view("learning.v_hidden_programs", V_HIDDEN_PROGRAMS)
    publish_view("learning.v_hidden_modules", V_HIDDEN_MODULES)
    _replace_view("learning.v_promotion_eligibility", ELIGIBLE)
    op.execute("ALTER TABLE media.media_assets ADD poster_key text")
    op.execute(CLICKS)
    secure("media.playback_clicks", grants="SELECT, INSERT")
    let_erase("media.playback_clicks")
    publish_view("assessment.v_assessed_modules", V_ASSESSED_MODULES)
    publish_view("assessment.v_background_profiles", V_BACKGROUND_PROFILES)


def _replace_view(name: str, query: str) -> None:
    """In place, with the columns that it has and perhaps more behind them: what hangs on it stays."""
    op.execute(f"CREATE OR REPLACE VIEW {name} WITH (security_invoker = true) AS {query}")


def downgrade() -> None:
    op.execute("DROP TABLE media.playback_clicks")
    op.execute("ALTER TABLE media.media_assets DROP poster_key")
    op.execute("DROP VIEW assessment.v_background_profiles, assessment.v_assessed_modules")
    _replace_view("learning.v_promotion_eligibility", ELIGIBLE_BEFORE)
    op.execute("DROP VIEW learning.v_hidden_modules, learning.v_hidden_programs, identity.v_feature_flags")
    op.execute("DROP VIEW learning.v_cohorts, learning.v_enrollments")
    publish_view("learning.v_enrollments", ENROLLMENTS_BEFORE)
    op.execute("DROP TRIGGER cohort_has_place ON learning.enrollments")
    op.execute("DROP FUNCTION learning.refuse_without_place")
    op.execute("ALTER TABLE learning.enrollments DROP cohort_id")
    op.execute("DROP TABLE learning.cohorts")
