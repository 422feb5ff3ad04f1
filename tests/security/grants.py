"""Who may use what of the database: read from the catalogue, and declared where it crosses organizations."""

from sqlalchemy import Connection, text

FUNCTIONS = """
SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_arguments(p.oid)) AS signature,
  pg_get_function_result(p.oid) AS result, p.prosecdef AS crosses, pg_get_userbyid(p.proowner) AS owner,
  coalesce(p.proconfig::text, '') AS settings, p.prorettype = 'trigger'::regtype AS is_trigger,
  p.oid::regprocedure::text AS identity,
  ARRAY(
    SELECT CASE WHEN g.grantee = 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g
    WHERE g.grantee <> p.proowner ORDER BY 1
  )::text[] AS holders
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'public') ORDER BY 1
"""
TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) AS name,
  CASE WHEN g.grantee = 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END AS holder,
  array_agg(g.privilege_type ORDER BY g.privilege_type)::text[] AS verbs, bool_or(g.is_grantable) AS grantable
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS g
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND g.grantee <> c.relowner
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
GROUP BY 1, 2 ORDER BY 1, 2
"""
POLICIES = """
SELECT format('%I.%I', schemaname, tablename) AS name, array_agg(DISTINCT cmd ORDER BY cmd)::text[] AS verbs
FROM pg_policies WHERE 'lodestar_crossing' = ANY (roles) GROUP BY 1
"""
SCHEMAS = """
SELECT n.nspname AS name, CASE WHEN g.grantee = 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END AS holder,
  g.privilege_type AS verb
FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS g
WHERE g.grantee <> n.nspowner AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
APPLICATION, CROSSING, OWNER = "lodestar_app", "lodestar_crossing", "lodestar_owner"
VERBS = {"SELECT", "INSERT", "UPDATE", "DELETE"}
"""What the application may do to a table at most: it empties, references and alters none."""

CROSSING_FUNCTIONS = {
    "backbone.api_key_hours_over()": (
        "TABLE(org_id uuid, user_id uuid, api_key_id uuid, hour timestamp with time zone)"
    ),
    "identity.api_keys_ending(within_days integer)": "TABLE(org_id uuid, id uuid)",
    "identity.audit_exports_expired()": "TABLE(org_id uuid, id uuid)",
    "identity.platform_administrators()": "TABLE(org_id uuid, user_id uuid)",
    "identity.stuck_audit_exports(older_than_seconds integer)": (
        "TABLE(org_id uuid, event_name text, data jsonb)"
    ),
    "assessment.previews_expired()": "TABLE(org_id uuid, id uuid)",
    "assessment.stuck_previews(older_than_seconds integer)": "TABLE(org_id uuid, event_name text, data jsonb)",
    "assessment.stuck_attempts(older_than_seconds integer)": "TABLE(org_id uuid, event_name text, data jsonb)",
    "backbone.claim_outbox(wanted integer, older_than_seconds integer)": (
        "TABLE(id uuid, org_id uuid, name text, detail jsonb, occurred_at timestamp with time zone)"
    ),
    "backbone.forget_expired()": "TABLE(what text, removed bigint)",
    "backbone.mark_failed(ids uuid[], error text)": "void",
    "backbone.mark_published(ids uuid[])": "integer",
    "identity.account_to_erase(request uuid)": "TABLE(person uuid, email text, elsewhere boolean)",
    "identity.archives_expired()": "TABLE(org_id uuid, id uuid)",
    "identity.audited_organizations()": "TABLE(org_id uuid)",
    "identity.ensure_administrator(address text)": "uuid",
    "identity.ensure_user(address text, full_name text, zone text)": "uuid",
    "identity.erase_account(request uuid)": "boolean",
    "identity.invitation_by_hash(hash text)": (
        "TABLE(org_id uuid, id uuid, email text, expires_at timestamp with time zone,"
        " accepted_at timestamp with time zone, revoked_at timestamp with time zone, is_member_somewhere boolean)"
    ),
    "identity.is_platform()": "boolean",
    "identity.link_subject(wanted text, verified_email text)": "uuid",
    "identity.members_matching(wanted text)": "TABLE(user_id uuid)",
    "identity.memberships_of(wanted uuid)": "jsonb",
    "identity.organizations_of_caller()": (
        "TABLE(id uuid, kind text, name text, slug text, state text, roles jsonb)"
    ),
    "identity.resolve_api_key(wanted text)": (
        "TABLE(api_key_id uuid, user_id uuid, memberships jsonb, scopes jsonb,"
        " expires_at timestamp with time zone, calls_per_minute integer)"
    ),
    "identity.resolve_subject(wanted text)": "TABLE(user_id uuid, memberships jsonb)",
    "identity.retention_periods(wanted text, usual integer)": "TABLE(org_id uuid, days integer)",
    "identity.stuck_privacy_requests(older_than_seconds integer)": (
        "TABLE(org_id uuid, event_name text, data jsonb)"
    ),
    "insights.exports_expired()": "TABLE(org_id uuid, id uuid)",
    "insights.kpis_due(most integer)": "TABLE(org_id uuid)",
    "insights.metrics_due(most integer)": "TABLE(org_id uuid, day date)",
    "insights.released_everywhere(wanted text, of_program uuid)": (
        "TABLE(key text, withheld bigint, shown bigint, numerator bigint, denominator bigint, amount numeric,"
        " counted bigint, month date)"
    ),
    "insights.report_schedules_due()": "TABLE(org_id uuid, id uuid)",
    "insights.reports_expired()": "TABLE(org_id uuid, id uuid)",
    "insights.stuck_exports(older_than_seconds integer)": "TABLE(org_id uuid, event_name text, data jsonb)",
    "insights.stuck_reports(older_than_seconds integer)": "TABLE(org_id uuid, event_name text, data jsonb)",
    "learning.owner_of_program(wanted uuid)": "uuid",
    "media.pending_uploads(older_than_seconds integer)": "TABLE(org_id uuid, id uuid)",
    "media.retention_over()": "TABLE(org_id uuid, id uuid)",
    "messaging.delivery_of_phone(number text)": "TABLE(org_id uuid, id uuid)",
    "messaging.delivery_of_reference(reference uuid)": "TABLE(org_id uuid, id uuid)",
    "messaging.delivery_of_vendor(of_vendor text, message text)": "TABLE(org_id uuid, id uuid)",
    "messaging.organizations_with_work()": "TABLE(org_id uuid)",
    "media.stuck_assets(older_than_seconds integer)": "TABLE(org_id uuid, event_name text, data jsonb)",
}
"""Every function that looks across organizations, and exactly what it tells of them."""
NOT_THE_APPLICATIONS = {"identity.ensure_administrator(address text)"}
"""For the migrator only."""
TOLD_KEYS = {
    "attempt_id",
    "asset_id",
    "export_id",
    "request_id",
    "run_id",
    "preview_id",
    "kind",
    "submission_kind",
    "generation",
}
"""What the `data` of a sweep may hold: ids, which mean something only to whoever enters for the organization, and
which kind of work it is, tried how often."""


def faults(connection: Connection) -> list[str]:
    """Every right that is not as declared."""
    return [*_of_functions(connection), *_of_tables(connection), *_of_schemas(connection)]


def _of_functions(connection: Connection) -> list[str]:
    found, seen = list[str](), dict[str, str]()
    for f in connection.execute(text(FUNCTIONS)):
        if f.crosses:
            seen[f.signature] = f.result
            wanted = [OWNER if f.signature in NOT_THE_APPLICATIONS else APPLICATION]
            found += [f"{f.signature} is for {f.holders}"] if f.holders != wanted else []
            found += [f"{f.signature} belongs to {f.owner}"] if f.owner != CROSSING else []
            found += [f"{f.signature} has {f.settings}"] if f.settings != '{"search_path=\\"\\""}' else []
        else:
            allowed = set() if f.is_trigger else {APPLICATION, CROSSING}
            found += [f"{f.signature} is for {h}" for h in f.holders if h not in allowed]
            found += [f"{f.signature} belongs to {f.owner}"] if f.owner != OWNER else []
    declared = CROSSING_FUNCTIONS.items()
    found += [f"{name} -> {result} is not declared" for name, result in seen.items() - declared]
    return found + [f"{name} -> {result} is not there" for name, result in declared - seen.items()]


def _of_tables(connection: Connection) -> list[str]:
    found = []
    policies = {name: set(verbs) for name, verbs in connection.execute(text(POLICIES))}
    crossed = dict[str, set[str]]()
    for table in connection.execute(text(TABLES)):
        verbs = set(table.verbs)
        found += [f"{table.holder} may grant {table.name}"] if table.grantable else []
        if table.holder == CROSSING:
            crossed[table.name] = verbs
        elif table.holder != APPLICATION or verbs - VERBS:
            found.append(f"{table.holder} may {sorted(verbs)} {table.name}")
    for name in policies.keys() | crossed.keys():
        if policies.get(name) != crossed.get(name):
            found.append(f"{CROSSING} may {crossed.get(name)} {name}, its policies say {policies.get(name)}")
    return found


def _of_schemas(connection: Connection) -> list[str]:
    expected = {(APPLICATION, "USAGE"), (CROSSING, "USAGE")}
    return [
        f"{holder} has {verb} on the schema {name}"
        for name, holder, verb in connection.execute(text(SCHEMAS))
        if (holder, verb) not in expected and (name, holder, verb) != ("public", "public", "USAGE")
    ]
