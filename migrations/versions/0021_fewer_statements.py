"""What a write did in two statements and can in one: leave an organization and keep its answer; open an invitation.

A write for another organization than its caller's entered the caller's again to keep its answer under the key. An
invitation's link led to its id, for which the organization was entered, to read it and to ask for its address; whoever
could ask that of an address by itself, could ask it of any.
"""

from alembic import op

from tenancy import create_crossing_function

revision = "0021"
down_revision = "0020"

# A statement of its own after `enter`, so that its policies read the organization that was entered.
SAVE_ANSWER = """
CREATE FUNCTION backbone.save_answer(
  of_org uuid, of_user uuid, of_route text, of_key text, of_holder uuid,
  new_status integer, new_body text, new_headers jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM backbone.enter(of_org, of_user, false);
  UPDATE backbone.idempotency_keys SET status = new_status, body = new_body, headers = new_headers
  WHERE user_id = of_user AND route = of_route AND key = of_key AND holder = of_holder;
  RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION
  backbone.save_answer(uuid, uuid, text, text, uuid, integer, text, jsonb) TO lodestar_app;
"""
INVITED = """
RETURNS TABLE (org_id uuid, id uuid, email text, expires_at timestamptz, accepted_at timestamptz,
  revoked_at timestamptz, is_member_somewhere boolean)
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT i.org_id, i.id, i.email, i.expires_at, i.accepted_at, i.revoked_at, EXISTS (
    SELECT FROM identity.users AS u JOIN identity.memberships AS m ON m.user_id = u.id
    WHERE u.email = lower(i.email) AND m.ended_at IS NULL
  )
  FROM identity.invitations AS i WHERE i.token_hash = hash
$$"""
INVITED_BEFORE = """
RETURNS TABLE (org_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT i.org_id, i.id FROM identity.invitations AS i WHERE i.token_hash = hash
$$"""
IS_MEMBER_SOMEWHERE = """
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT EXISTS (
    SELECT FROM identity.users AS u JOIN identity.memberships AS m ON m.user_id = u.id
    WHERE u.email = lower(address) AND m.ended_at IS NULL
  )
$$"""


def upgrade() -> None:
    op.execute(SAVE_ANSWER)
    op.execute("DROP FUNCTION identity.invitation_by_hash(text), identity.is_member_somewhere(text)")
    create_crossing_function("identity.invitation_by_hash(hash text)", INVITED)


def downgrade() -> None:
    op.execute("DROP FUNCTION identity.invitation_by_hash(text)")
    create_crossing_function("identity.invitation_by_hash(hash text)", INVITED_BEFORE)
    create_crossing_function("identity.is_member_somewhere(address text)", IS_MEMBER_SOMEWHERE)
    op.execute("DROP FUNCTION backbone.save_answer")
