"""Learning's guards: published versions stay, stars and tiers follow from evidence, completions from coverage (JR-09).

They stand after every domain's tables, because they ask media and assessment through the functions those publish.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

VERSION_GUARDS = """
CREATE FUNCTION learning.edit_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE learning.program_versions SET edited_at = clock_timestamp()
  WHERE id = coalesce(OLD.version_id, NEW.version_id) AND published_at IS NULL;
  IF NOT FOUND OR (TG_OP = 'UPDATE' AND NEW.version_id <> OLD.version_id) THEN
    RAISE EXCEPTION 'A published version stays as it is; edit the draft.'
      USING ERRCODE = 'LS409', CONSTRAINT = 'version_published';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER only_the_draft BEFORE INSERT OR UPDATE OR DELETE ON learning.stages
  FOR EACH ROW EXECUTE FUNCTION learning.edit_draft();
CREATE TRIGGER only_the_draft BEFORE INSERT OR UPDATE OR DELETE ON learning.modules
  FOR EACH ROW EXECUTE FUNCTION learning.edit_draft();
CREATE TRIGGER only_the_draft BEFORE INSERT OR UPDATE OR DELETE ON learning.lessons
  FOR EACH ROW EXECUTE FUNCTION learning.edit_draft();

CREATE FUNCTION learning.keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A published version stays as it is; edit the draft.'
    USING ERRCODE = 'LS409', CONSTRAINT = 'version_published';
END $$;
CREATE TRIGGER published_for_good BEFORE UPDATE OR DELETE ON learning.program_versions
  FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION learning.keep_published();

CREATE FUNCTION learning.refuse_unpublished() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM learning.program_versions WHERE id = NEW.version_id AND published_at IS NOT NULL) THEN
    RAISE EXCEPTION 'Learners are enrolled on published versions only.'
      USING ERRCODE = 'LS409', CONSTRAINT = 'version_not_published';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER version_is_published BEFORE INSERT OR UPDATE OF version_id ON learning.enrollments
  FOR EACH ROW EXECUTE FUNCTION learning.refuse_unpublished();
"""

STAR_GUARDS = """
CREATE FUNCTION learning.stars_of(enrollment uuid) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT coalesce(max(star), 0) FROM learning.stage_awards
  WHERE enrollment_id = enrollment AND superseded_by IS NULL
$$;
GRANT EXECUTE ON FUNCTION learning.stars_of(uuid) TO lodestar_app;

CREATE FUNCTION learning.refuse_star_out_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.override_id IS NULL AND NEW.star <> learning.stars_of(NEW.enrollment_id) + 1 THEN
    RAISE EXCEPTION 'Star % cannot come before star %.', NEW.star, learning.stars_of(NEW.enrollment_id) + 1
      USING ERRCODE = 'LS409', CONSTRAINT = 'star_out_of_order';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stars_in_order BEFORE INSERT ON learning.stage_awards
  FOR EACH ROW EXECUTE FUNCTION learning.refuse_star_out_of_order();

CREATE FUNCTION learning.refuse_rewriting_awards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'An award is superseded by an override, never rewritten.'
    USING ERRCODE = 'LS409', CONSTRAINT = 'award_rewritten';
END $$;
CREATE TRIGGER awards_stay BEFORE UPDATE ON learning.stage_awards
  FOR EACH ROW WHEN (OLD.superseded_by IS NOT NULL OR NEW.superseded_by IS NULL
    OR (NEW.enrollment_id, NEW.star, NEW.evidence, NEW.override_id)
       IS DISTINCT FROM (OLD.enrollment_id, OLD.star, OLD.evidence, OLD.override_id))
  EXECUTE FUNCTION learning.refuse_rewriting_awards();

CREATE FUNCTION learning.refuse_tier_out_of_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  current text;
BEGIN
  SELECT tier INTO current FROM learning.enrollments WHERE id = NEW.enrollment_id;
  IF NEW.old_tier IS DISTINCT FROM current THEN
    RAISE EXCEPTION 'The tier is not % any more.', coalesce(NEW.old_tier, 'unset')
      USING ERRCODE = 'LS409', CONSTRAINT = 'tier_out_of_line';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER tiers_in_line BEFORE INSERT ON learning.tier_changes
  FOR EACH ROW EXECUTE FUNCTION learning.refuse_tier_out_of_line();

CREATE FUNCTION learning.refuse_unearned_standing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  earned text;
BEGIN
  SELECT new_tier INTO earned FROM learning.tier_changes
  WHERE org_id = NEW.org_id AND enrollment_id = NEW.id ORDER BY sequence DESC LIMIT 1;
  IF NEW.stars <> learning.stars_of(NEW.id) OR NEW.tier IS DISTINCT FROM earned THEN
    RAISE EXCEPTION 'Stars and tier follow from awards and tier changes; they are not set by hand.'
      USING ERRCODE = 'LS409', CONSTRAINT = 'standing_not_earned';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER standing_is_earned BEFORE INSERT OR UPDATE OF stars, tier ON learning.enrollments
  FOR EACH ROW EXECUTE FUNCTION learning.refuse_unearned_standing();
"""

COMPLETION_GUARDS = """
CREATE FUNCTION learning.refuse_undone_lesson() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  enrolled learning.enrollments;
  lesson record;
BEGIN
  SELECT * INTO enrolled FROM learning.enrollments WHERE id = NEW.enrollment_id;
  SELECT l.module_id, l.asset_id, coalesce((m.configuration ->> 'enable_ai_quizzes')::boolean, false) AS quiz
  INTO lesson FROM learning.lessons AS l
  JOIN learning.modules AS m ON m.version_id = l.version_id AND m.id = l.module_id
  WHERE l.version_id = enrolled.version_id AND l.id = NEW.lesson_id;
  IF lesson IS NULL OR NOT learning.module_is_open(NEW.enrollment_id, lesson.module_id) THEN
    RAISE EXCEPTION 'The module of this lesson is locked.' USING ERRCODE = 'LS409', CONSTRAINT = 'module_locked';
  END IF;
  IF NEW.completed_at IS NULL THEN
    RETURN NEW;
  END IF;
  IF (lesson.asset_id IS NULL AND NEW.read_at IS NULL) OR (lesson.asset_id IS NOT NULL
    AND NOT coalesce(media.playback_is_complete(lesson.asset_id, enrolled.learner_id), false)) THEN
    RAISE EXCEPTION 'A lesson is done when it was watched or read to the end.'
      USING ERRCODE = 'LS409', CONSTRAINT = 'lesson_not_covered';
  END IF;
  IF lesson.quiz AND NOT coalesce(assessment.quiz_is_passed(NEW.enrollment_id, NEW.lesson_id), false) THEN
    RAISE EXCEPTION 'A lesson with a quiz is done when the quiz is passed.'
      USING ERRCODE = 'LS409', CONSTRAINT = 'quiz_not_passed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lesson_is_done BEFORE INSERT ON learning.lesson_progress
  FOR EACH ROW EXECUTE FUNCTION learning.refuse_undone_lesson();
CREATE TRIGGER lesson_is_done_later BEFORE UPDATE ON learning.lesson_progress
  FOR EACH ROW WHEN (NEW.completed_at IS DISTINCT FROM OLD.completed_at
    OR (NEW.enrollment_id, NEW.lesson_id) IS DISTINCT FROM (OLD.enrollment_id, OLD.lesson_id))
  EXECUTE FUNCTION learning.refuse_undone_lesson();

CREATE FUNCTION learning.refuse_locked_module() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT learning.module_is_open(NEW.enrollment_id, NEW.module_id) THEN
    RAISE EXCEPTION 'This module is locked.' USING ERRCODE = 'LS409', CONSTRAINT = 'module_locked';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER module_is_open BEFORE INSERT OR UPDATE ON learning.module_progress
  FOR EACH ROW EXECUTE FUNCTION learning.refuse_locked_module();

CREATE FUNCTION learning.refuse_unwatched_masterclass() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asset uuid;
  learner uuid;
BEGIN
  SELECT c.asset_id, e.learner_id INTO asset, learner
  FROM learning.enrollments AS e
  JOIN learning.stages AS s ON s.version_id = e.version_id AND s.kind = 'masterclass' AND e.stars >= s.star - 1
  JOIN learning.masterclasses AS c ON c.program_id = e.program_id AND c.id = NEW.masterclass_id
  WHERE e.id = NEW.enrollment_id AND e.status <> 'withdrawn';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'The masterclasses are locked.' USING ERRCODE = 'LS409', CONSTRAINT = 'module_locked';
  END IF;
  IF asset IS NULL OR NOT coalesce(media.playback_is_complete(asset, learner), false) THEN
    RAISE EXCEPTION 'A masterclass is done when 95 percent of it was watched.'
      USING ERRCODE = 'LS409', CONSTRAINT = 'masterclass_not_covered';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER masterclass_is_watched BEFORE INSERT OR UPDATE ON learning.masterclass_completions
  FOR EACH ROW EXECUTE FUNCTION learning.refuse_unwatched_masterclass();
"""

FUNCTIONS = (
    "learning.edit_draft",
    "learning.keep_published",
    "learning.refuse_unpublished",
    "learning.stars_of",
    "learning.refuse_star_out_of_order",
    "learning.refuse_rewriting_awards",
    "learning.refuse_tier_out_of_line",
    "learning.refuse_unearned_standing",
    "learning.refuse_undone_lesson",
    "learning.refuse_locked_module",
    "learning.refuse_unwatched_masterclass",
)


def upgrade() -> None:
    for block in (VERSION_GUARDS, STAR_GUARDS, COMPLETION_GUARDS):
        op.execute(block)


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")
