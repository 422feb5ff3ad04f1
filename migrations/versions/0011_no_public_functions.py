"""No function is everybody's: PostgreSQL lets PUBLIC execute whatever is made, unless it is told not to."""

from alembic import op

revision = "0011"
down_revision = "0010"

# Those that have no grant of their own are triggers', which need none, or would be granted to nobody they serve.
REVOKE = """
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
DO $$
DECLARE made regprocedure;
BEGIN
  FOR made IN SELECT oid FROM pg_proc WHERE proowner = 'lodestar_owner'::regrole LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION backbone.current_org(), backbone.current_user_id() TO lodestar_crossing;
"""


def upgrade() -> None:
    op.execute(REVOKE)


def downgrade() -> None:
    op.execute("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC")
    op.execute(
        "REVOKE EXECUTE ON FUNCTION backbone.current_org(), backbone.current_user_id() FROM lodestar_crossing"
    )
