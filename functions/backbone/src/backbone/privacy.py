"""What backbone keeps of people for the domains: events on their way, saved answers, limits, operations, the audit log."""

from lodestar.privacy import LegalGround, PersonalData, PersonalTable, owned_by

TOLD = "{t}.published_at IS NOT NULL AND {t}.detail::text LIKE '%' || CAST(:person AS text) || '%'"
EVENTS = PersonalTable("backbone.outbox", TOLD)
OF_THEIR_EVENTS = f"{{t}}.event_id IN (SELECT o.id FROM backbone.outbox AS o WHERE {EVENTS.of_person('o')})"

PERSONAL_DATA = PersonalData(
    domain="backbone",
    tables=(
        EVENTS,
        PersonalTable("backbone.inbox", OF_THEIR_EVENTS),
        PersonalTable("backbone.idempotency_keys", owned_by("user_id")),
        PersonalTable("backbone.api_key_calls", owned_by("user_id")),
        PersonalTable("backbone.rate_buckets", "{t}.bucket LIKE '%:' || CAST(:person AS text)"),
        PersonalTable(
            "backbone.operations",
            "{t}.user_id = :person AND {t}.subject_type IS DISTINCT FROM 'privacy_request'",
        ),
        PersonalTable(
            "backbone.audit_events",
            "{t}.actor_id = :person OR {t}.subject_id = :person",
            kept=LegalGround.AUDIT,
        ),
    ),
    impersonal={
        "backbone.privacy_answers": "Counts by table, until the request they belong to is answered.",
        "backbone.privacy_pieces": "An export on its way to its archive; gone once that stands.",
    },
)
