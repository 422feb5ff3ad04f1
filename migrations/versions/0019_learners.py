"""What staff see of their learners: views of standing and progress, a search by name or e-mail, an index a filter.

Names stand in identity alone and come by join. `progressed_at` is indexed although every activity changes it: who fell
silent is what staff look for, and sorting a million enrollments costs more than the index.
"""

from alembic import op

from tenancy import create_crossing_function, publish_view

revision = "0019"
down_revision = "0018"

INDEXES = """
CREATE INDEX enrollments_by_stars ON learning.enrollments (org_id, stars, id);
CREATE INDEX enrollments_by_tier ON learning.enrollments (org_id, tier, id);
CREATE INDEX enrollments_by_activity ON learning.enrollments (org_id, progressed_at, id);
CREATE INDEX enrollments_of_background ON learning.enrollments (org_id, background_id, id);
CREATE INDEX users_by_words ON identity.users USING gin (to_tsvector('simple', display_name || ' ' || email));
"""
NO_INDEXES = """
DROP INDEX learning.enrollments_by_stars, learning.enrollments_by_tier, learning.enrollments_by_activity,
  learning.enrollments_of_background, identity.users_by_words;
"""

ENROLLMENTS_BEFORE = """
SELECT learner_id AS user_id, program_id, status, tier FROM learning.enrollments
WHERE org_id = backbone.current_org()"""
V_ENROLLMENTS = """
SELECT learner_id AS user_id, program_id, status, tier, id AS enrollment_id, version_id, stars, background_id,
       progressed_at, completed_at, created_at AS enrolled_at
FROM learning.enrollments WHERE org_id = backbone.current_org()"""
V_VERSIONS = """
SELECT v.id AS version_id, v.program_id, p.title, v.number,
       (SELECT count(*) FROM learning.stages AS s WHERE s.version_id = v.id)::integer AS possible_stars,
       (SELECT count(*) FROM learning.modules AS m WHERE m.version_id = v.id)::integer AS modules
FROM learning.program_versions AS v JOIN learning.programs AS p ON p.id = v.program_id"""
V_STAGES = "SELECT version_id, star, kind, title FROM learning.stages"
V_STAGE_AWARDS = """
SELECT enrollment_id, star, created_at AS earned_at, override_id IS NOT NULL AS by_override
FROM learning.stage_awards WHERE org_id = backbone.current_org() AND superseded_by IS NULL"""
V_TIER_CHANGES = """
SELECT enrollment_id, sequence, old_tier, new_tier, cause, star, created_at AS changed_at
FROM learning.tier_changes WHERE org_id = backbone.current_org()"""
V_MODULE_PROGRESS = """
SELECT enrollment_id, module_id, completed_at FROM learning.module_progress
WHERE org_id = backbone.current_org()"""
V_BACKGROUND_TITLES = "SELECT id AS background_id, title FROM assessment.backgrounds"

# Those with all the words are found by an index, then those who are members here: a plan that begins with the members
# would read every one of them. Words are looked up by their beginning, so that the cost grows with what is found;
# trigrams cost as much as the rarest one of an address is frequent (4, 20 and 116 ms at 10k, 100k and 1M people).
MEMBERS_MATCHING = r"""
RETURNS TABLE (user_id uuid) LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 AS $$
  WITH words AS MATERIALIZED (
    SELECT string_agg('''' || replace(replace(w.lexeme, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery AS all_of
    FROM unnest(to_tsvector('simple', wanted)) AS w
  ), found AS MATERIALIZED (
    SELECT u.id FROM identity.users AS u
    WHERE to_tsvector('simple', u.display_name || ' ' || u.email) @@ (SELECT words.all_of FROM words)
  )
  SELECT f.id FROM found AS f WHERE EXISTS (
    SELECT FROM identity.memberships AS m
    WHERE m.user_id = f.id AND m.org_id = backbone.current_org() AND m.ended_at IS NULL
  )
$$"""

VIEWS = {
    "learning.v_versions": V_VERSIONS,
    "learning.v_stages": V_STAGES,
    "learning.v_stage_awards": V_STAGE_AWARDS,
    "learning.v_tier_changes": V_TIER_CHANGES,
    "learning.v_module_progress": V_MODULE_PROGRESS,
    "assessment.v_background_titles": V_BACKGROUND_TITLES,
}


def upgrade() -> None:
    op.execute(INDEXES)
    op.execute("DROP VIEW learning.v_enrollments")
    publish_view("learning.v_enrollments", V_ENROLLMENTS)
    for name, query in VIEWS.items():
        publish_view(name, query)
    create_crossing_function("identity.members_matching(wanted text)", MEMBERS_MATCHING)


def downgrade() -> None:
    op.execute("SET ROLE lodestar_crossing")
    op.execute("DROP FUNCTION identity.members_matching(text)")
    op.execute("SET ROLE lodestar_owner")
    for name in VIEWS:
        op.execute(f"DROP VIEW {name}")
    op.execute("DROP VIEW learning.v_enrollments")
    publish_view("learning.v_enrollments", ENROLLMENTS_BEFORE)
    op.execute(NO_INDEXES)
