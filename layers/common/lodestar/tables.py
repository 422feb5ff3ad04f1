"""Backbone's tables, which `lodestar` writes in the caller's own transaction. No domain's nouns.

`purpose` is for docs/schema, as a model's docstring is.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="backbone")
_now = text("now()")
_org = text("backbone.current_org()")


def _time(name: str, *, required: bool = False) -> Column[object]:
    return Column(
        name, DateTime(timezone=True), nullable=not required, server_default=_now if required else None
    )


outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("org_id", Uuid, nullable=False, server_default=_org),
    Column("name", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    _time("occurred_at", required=True),
    _time("published_at"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    info={
        "purpose": "Events of committed transactions, until the bus has them; kept 30 days. `detail` is the event as it is published."
    },
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("reaction", Text, primary_key=True),
    Column("org_id", Uuid, nullable=False, server_default=_org),
    _time("received_at", required=True),
    _time("processed_at"),
    Column("attempts", Integer, nullable=False, server_default="1"),
    Column("last_error", Text),
    info={
        "purpose": "What a reaction has done for an event: it commits with the effect, so that a second delivery changes nothing."
    },
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("org_id", Uuid, primary_key=True, server_default=_org),
    Column("user_id", Uuid, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("intent_id", Uuid, nullable=False),
    Column("holder", Uuid, nullable=False),
    _time("leased_until", required=True),
    Column("status", Integer),
    Column("body", Text),
    Column("headers", JSONB),
    _time("created_at", required=True),
    info={
        "purpose": "The answers that a repeated request gets, for 72 hours. `holder` works on it until `leased_until`."
    },
)

rate_buckets = Table(
    "rate_buckets",
    metadata,
    Column("org_id", Uuid, primary_key=True, server_default=_org),
    Column("bucket", Text, primary_key=True),
    Column("tokens", Numeric, nullable=False),
    _time("filled_at", required=True),
    info={"purpose": "What a caller may still ask of what is dear or abusable."},
)

api_key_calls = Table(
    "api_key_calls",
    metadata,
    Column("org_id", Uuid, primary_key=True, server_default=_org),
    Column("api_key_id", Uuid, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    info={
        "purpose": "How often a key called an operation in an hour, and how many of those calls its limit refused."
    },
)

operations = Table(
    "operations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("org_id", Uuid, nullable=False, server_default=_org),
    Column("user_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("progress_percent", Integer, nullable=False, server_default="0"),
    Column("message", Text),
    Column("subject_type", Text),
    Column("subject_id", Uuid),
    Column("result", JSONB),
    Column("problem", JSONB),
    _time("created_at", required=True),
    _time("updated_at", required=True),
    info={"purpose": "Long work that was answered with 202, and how far it is."},
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("org_id", Uuid, nullable=False, server_default=_org),
    Column("sequence", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("area", Text, Computed("split_part(action, '.', 1)", persisted=True)),
    Column("actor_id", Uuid, nullable=False),
    Column("api_key_id", Uuid),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("reason", Text),
    Column("correlation_id", Text, nullable=False),
    _time("occurred_at", required=True),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    info={
        "purpose": "Who did what to which thing, before and after, and why. Each row's `hash` covers the one before it."
    },
)

ai_runs = Table(
    "ai_runs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("org_id", Uuid, nullable=False, server_default=_org),
    Column("purpose", Text, nullable=False),
    Column("subject_type", Text),
    Column("subject_id", Uuid),
    Column("model", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("prompt_version", Text),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("latency_ms", Integer, nullable=False),
    Column("cost_usd_micros", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("error", Text),
    _time("created_at", required=True),
    info={
        "purpose": "One call to a model: which, why, how long, how dear, and how it ended. Never what was sent or answered."
    },
)

privacy_answers = Table(
    "privacy_answers",
    metadata,
    Column("org_id", Uuid, primary_key=True, server_default=_org),
    Column("request_id", Uuid, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("report", JSONB, nullable=False),
    _time("answered_at", required=True),
    info={
        "purpose": "What a domain has said to a privacy request: rows erased, kept and exported, by table."
    },
)

privacy_pieces = Table(
    "privacy_pieces",
    metadata,
    Column("org_id", Uuid, primary_key=True, server_default=_org),
    Column("request_id", Uuid, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("table", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    info={"purpose": "A domain's rows for an export, until the archive is made."},
)
