"""What every migration says alike: schemas, tenant tables, functions that may cross tenants."""

from alembic import op

ENTERED = "org_id = backbone.current_org()"
"""Where an index holds the organization: the planner knows its share of the rows, and the index is asked once."""
ONCE = "(SELECT backbone.current_org())"
"""Where none does: found out once a statement and not once a row, by a planner that does not know it (docs/adr/0016)."""


def entered_or(others: str) -> str:
    """The organization's own rows and those that `others` lets in.

    No index answers an OR in a list's order, so every row on the way is asked. The first half turns nearly all of them
    away cheaply, and says nothing to the planner, which counts it as half of the table; the second half is what it
    plans by, and is asked of the rows that are left.
    """
    return f"coalesce(org_id = {ONCE} OR {others}, false) AND ({ENTERED} OR {others})"


def create_schema(name: str) -> None:
    """A domain's schema, used by the application role."""
    op.execute(f"CREATE SCHEMA {name} AUTHORIZATION lodestar_owner")
    op.execute(f"GRANT USAGE ON SCHEMA {name} TO lodestar_app, lodestar_crossing")


def secure(table: str, *, visible: str | None = None, grants: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Force row-level security on a tenant table: its organization writes; readers see `visible`, by default
    their organization's rows (`entered_or` adds others to them). `grants` is what the application role may do at all."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    if visible is None:
        op.execute(
            f"CREATE POLICY tenant ON {table} TO lodestar_app USING ({ENTERED}) WITH CHECK ({ENTERED})"
        )
    else:
        op.execute(f"CREATE POLICY readable ON {table} FOR SELECT TO lodestar_app USING ({visible})")
        for verb, check in (
            ("INSERT", f"WITH CHECK ({ENTERED})"),
            ("UPDATE", f"USING ({ENTERED}) WITH CHECK ({ENTERED})"),
            ("DELETE", f"USING ({ENTERED})"),
        ):
            op.execute(f"CREATE POLICY {verb.lower()}able ON {table} FOR {verb} TO lodestar_app {check}")
    op.execute(f"GRANT {grants} ON {table} TO lodestar_app")


def let_erase(*tables: str) -> None:
    """Let the application role delete rows for good: while it fulfils an erasure or a retention period, and never
    otherwise. Tables whose rows it may always delete do not need it."""
    for table in tables:
        op.execute(f"GRANT DELETE ON {table} TO lodestar_app")
        op.execute(
            f"CREATE POLICY erasing_only ON {table} AS RESTRICTIVE FOR DELETE TO lodestar_app"
            " USING ((SELECT backbone.is_erasing()))"
        )


def forbid_erase(*tables: str) -> None:
    """The downgrade of `let_erase`."""
    for table in tables:
        op.execute(f"DROP POLICY erasing_only ON {table}")
        op.execute(f"REVOKE DELETE ON {table} FROM lodestar_app")


def let_cross(table: str, verbs: str = "SELECT") -> None:
    """Let functions owned by `lodestar_crossing` use the table across tenants (`verbs`: `SELECT, UPDATE`)."""
    op.execute(f"GRANT {verbs} ON {table} TO lodestar_crossing")
    for verb in (v.strip() for v in verbs.split(",")):
        check = "WITH CHECK (true)" if verb == "INSERT" else "USING (true)"
        op.execute(
            f"CREATE POLICY crossing_{verb.lower()} ON {table} FOR {verb} TO lodestar_crossing {check}"
        )


def create_crossing_function(signature: str, returns_and_body: str, *, to: str = "lodestar_app") -> None:
    """A SECURITY DEFINER function that may look across tenants, and only the role `to` may call.

    `signature` is `learning.owners(org uuid)`; `returns_and_body` goes from RETURNS to the body. Its search_path is
    empty: name every object with its schema.
    """
    schema = signature.partition(".")[0]
    op.execute(
        f"CREATE FUNCTION {signature} {returns_and_body}".replace(
            "SECURITY DEFINER", "SECURITY DEFINER SET search_path = ''"
        )
    )
    identity = _identity(signature)
    op.execute(f"GRANT CREATE ON SCHEMA {schema} TO lodestar_crossing")
    op.execute(f"ALTER FUNCTION {identity} OWNER TO lodestar_crossing")
    op.execute(f"REVOKE CREATE ON SCHEMA {schema} FROM lodestar_crossing")
    # Only a function's owner changes its rights: anybody else's REVOKE is a warning and no more.
    op.execute("SET ROLE lodestar_crossing")
    op.execute(f"REVOKE ALL ON FUNCTION {identity} FROM public")
    op.execute(f"GRANT EXECUTE ON FUNCTION {identity} TO {to}")
    op.execute("SET ROLE lodestar_owner")


def publish_view(name: str, query: str) -> None:
    """A view of the domain's published language, which obeys the reader's own row-level security."""
    op.execute(f"CREATE VIEW {name} WITH (security_invoker = true) AS {query}")
    op.execute(f"GRANT SELECT ON {name} TO lodestar_app")


def drop_schema(name: str) -> None:
    """The downgrade of a migration that made a schema."""
    op.execute(f"DROP SCHEMA {name} CASCADE")


def _identity(signature: str) -> str:
    name, _, arguments = signature.partition("(")
    types = [
        a.strip().split(" ", 1)[-1].partition(" DEFAULT")[0]
        for a in arguments.rstrip(")").split(",")
        if a.strip()
    ]
    return f"{name}({', '.join(types)})"
