"""A live API key's name is its organization's own; uploads that wait are looked after in turn.

An exclusion constraint over the time in which a key is good lets an expired one give its name free by itself.
"""

from alembic import op

from tenancy import create_crossing_function, let_cross

revision = "0014"
down_revision = "0013"

# Of live keys that share a name, all but the first get the end of their id behind it.
DISTINCT_NAMES = """
ALTER TABLE identity.api_keys NO FORCE ROW LEVEL SECURITY;
UPDATE identity.api_keys AS k SET name = left(k.name, 80) || ' ' || right(k.id::text, 12)
FROM (
  SELECT id, row_number() OVER (PARTITION BY org_id, name ORDER BY id) AS place FROM identity.api_keys
  WHERE revoked_at IS NULL AND rotated_to IS NULL
) AS live
WHERE live.id = k.id AND live.place > 1;
ALTER TABLE identity.api_keys FORCE ROW LEVEL SECURITY;
"""
NAMES = """
ALTER TABLE identity.api_keys
  ADD CONSTRAINT api_keys_live_name EXCLUDE USING gist (
    org_id WITH =, name WITH =, tstzrange(least(created_at, expires_at), expires_at) WITH &&
  ) WHERE (revoked_at IS NULL AND rotated_to IS NULL),
  ALTER CONSTRAINT api_keys_org_id_rotated_to_fkey DEFERRABLE INITIALLY DEFERRED;
"""
NO_NAMES = """
ALTER TABLE identity.api_keys
  DROP CONSTRAINT api_keys_live_name,
  ALTER CONSTRAINT api_keys_org_id_rotated_to_fkey NOT DEFERRABLE;
"""
TURNS = """
ALTER TABLE media.uploads ADD looked_after_at timestamptz;
CREATE INDEX uploads_in_turn ON media.uploads (coalesce(looked_after_at, created_at)) WHERE state = 'pending';
DROP INDEX media.uploads_pending;
DROP FUNCTION media.pending_uploads(integer);
"""
NO_TURNS = """
DROP FUNCTION media.pending_uploads(integer);
DROP POLICY crossing_update ON media.uploads;
REVOKE UPDATE ON media.uploads FROM lodestar_crossing;
CREATE INDEX uploads_pending ON media.uploads (created_at) WHERE state = 'pending';
DROP INDEX media.uploads_in_turn;
ALTER TABLE media.uploads DROP looked_after_at;
"""
PENDING_UPLOADS = "media.pending_uploads(older_than_seconds integer)"
IN_TURN = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  UPDATE media.uploads AS u SET looked_after_at = now() WHERE u.id IN (
    SELECT w.id FROM media.uploads AS w
    WHERE w.state = 'pending' AND w.created_at < now() - make_interval(secs => older_than_seconds)
    ORDER BY coalesce(w.looked_after_at, w.created_at) LIMIT 1000 FOR UPDATE SKIP LOCKED
  ) RETURNING u.org_id, u.id
$$"""
OLDEST = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT u.org_id, u.id FROM media.uploads AS u
  WHERE u.state = 'pending' AND u.created_at < now() - make_interval(secs => older_than_seconds)
  ORDER BY u.created_at LIMIT 1000
$$"""


def upgrade() -> None:
    op.execute(DISTINCT_NAMES)
    op.execute(NAMES)
    op.execute(TURNS)
    let_cross("media.uploads", "UPDATE")
    create_crossing_function(PENDING_UPLOADS, IN_TURN)


def downgrade() -> None:
    op.execute(NO_TURNS)
    create_crossing_function(PENDING_UPLOADS, OLDEST)
    op.execute(NO_NAMES)
