"""What an API key may be allowed: a domain's reads (GET), or its writes (every other method)."""

DOMAINS = (
    "identity", "learning", "assessment", "media", "messaging", "practice", "career", "live", "realtime",
    "credentials", "commerce", "talent", "engagement", "insights",
)  # fmt: skip
VERBS = ("read", "write")
PATTERN = f"^({'|'.join(DOMAINS)}):({'|'.join(VERBS)})$"
READING, WRITING = ("GET",), ("POST", "PUT", "PATCH", "DELETE")
MOST_CALLS_PER_MINUTE = 6000
"""A hundred a second, which is what the stage of a domain's API takes from everybody together."""
OWNED = {
    "identity": "organizations, members, invitations, role requests, consents, feature flags, the audit log",
    "learning": "programs, lessons, enrollments, stars and tiers, overrides",
    "assessment": "assessments, item banks, attempts, results, reviews, appeals",
    "media": "uploads, recordings, transcripts, captions",
    "messaging": "templates, reminders, messages and their deliveries, webhooks",
    "practice": "practice sessions and problems",
    "career": "jobs, applications, interviews to come",
    "live": "bookings, class sessions, interviewers",
    "realtime": "tickets for the socket",
    "credentials": "completion claims and credentials",
    "commerce": "offers, orders, payments, payouts",
    "talent": "talent profiles and requests for them",
    "engagement": "contacts, campaigns, conversations, tickets",
    "insights": "learners' progress, metrics, exports",
}
PERSONS_ONLY = (
    "POST /v1/identity/api-keys",
    "POST /v1/identity/api-keys/{key_id}/rotations",
    "DELETE /v1/identity/api-keys/{key_id}",
    "POST /v1/identity/privacy-requests",
    "POST /v1/identity/privacy-requests/{request_id}/decisions",
)
"""What no key does: it makes no further keys, and nobody's data is handed out or erased by it."""


def catalogue() -> list[dict[str, object]]:
    """Each scope with the methods and the paths that it opens."""
    return [
        {
            "scope": f"{domain}:{verb}",
            "description": f"{verb.capitalize()} {OWNED[domain]}.",
            "methods": list(READING if verb == "read" else WRITING),
            "path_prefix": f"/v1/{domain}/",
        }
        for domain in DOMAINS
        for verb in VERBS
    ]
