"""Policies find out the organization once a statement, where they did for every row.

In a condition that is no index's, `backbone.current_org()` costs 0.3 us a row: of 30,000 messages of the outbox five
milliseconds of six. Content that is the organization's or assigned to it was asked row by row until a page was full, for
a small organization through much of the table (docs/adr/0016).

And lists read what they show. A search for learners reads whom it found, where it read every member of the organization:
once VACUUM has been there the planner prefers that, for it reckons with 5,000 people of a million for any words. A
learner's content was looked for among everybody's enrollments of its version (818 pages of memory for two resources, of
100,000 enrollments; now 36), and a person's requests for a role were all read to order them.
"""

from alembic import op

from tenancy import ENTERED, ONCE, create_crossing_function, entered_or

revision = "0028"
down_revision = "0027"

ASSIGNED = (
    "ANY (ARRAY(SELECT program_id FROM learning.program_assignments WHERE org_id = backbone.current_org()))"
)
TAUGHT = "(taught AND org_id = ANY ((SELECT learning.content_owner_ids())::uuid[]))"
AS_ITS_ASSET = "EXISTS (SELECT FROM media.media_assets AS a WHERE a.id = asset_id)"
OTHERS = {
    "learning.programs": f"id = {ASSIGNED}",
    **dict.fromkeys(
        (
            "learning.program_versions",
            "learning.stages",
            "learning.modules",
            "learning.lessons",
            "learning.resources",
            "learning.masterclasses",
        ),
        f"program_id = {ASSIGNED}",
    ),
    "media.media_assets": TAUGHT,
}
ASSETS_PARTS = ("media.transcripts", "media.captions")
UNINDEXED = ("backbone.outbox", "backbone.inbox")
INDEXES = """
DROP INDEX learning.enrollments_of_version, identity.role_requests_of_user;
CREATE INDEX enrollments_of_version ON learning.enrollments (version_id, learner_id);
CREATE INDEX role_requests_of_user ON identity.role_requests (org_id, user_id, id);
"""
INDEXES_BEFORE = """
DROP INDEX learning.enrollments_of_version, identity.role_requests_of_user;
CREATE INDEX enrollments_of_version ON learning.enrollments (version_id);
CREATE INDEX role_requests_of_user ON identity.role_requests (org_id, user_id);
"""

# OFFSET 0 keeps the members from being joined as a set.
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
    OFFSET 0
  )
$$"""


def upgrade() -> None:
    """What the policies let through stays the same."""
    for table, others in OTHERS.items():
        op.execute(f"ALTER POLICY readable ON {table} USING ({entered_or(others)})")
    _ask(ONCE)
    _search(MEMBERS_MATCHING)
    op.execute(INDEXES)


def downgrade() -> None:
    for table, others in OTHERS.items():
        op.execute(f"ALTER POLICY readable ON {table} USING ({ENTERED} OR {others})")
    _ask("backbone.current_org()")
    _search(MEMBERS_MATCHING.replace("    OFFSET 0\n", ""))
    op.execute(INDEXES_BEFORE)


def _search(members_matching: str) -> None:
    op.execute("DROP FUNCTION identity.members_matching(text)")
    create_crossing_function("identity.members_matching(wanted text)", members_matching)


def _ask(organization: str) -> None:
    """Where the planner need not know the organization: no index holds it, or rows are looked up by another key."""
    for table in UNINDEXED:
        op.execute(f"ALTER POLICY tenant ON {table} USING (org_id = {organization})")
    for table in ASSETS_PARTS:
        op.execute(f"ALTER POLICY readable ON {table} USING (org_id = {organization} OR {AS_ITS_ASSET})")
    op.execute(
        "ALTER POLICY readable ON identity.organizations"
        f" USING (id = {organization} OR (SELECT identity.is_platform()))"
    )
