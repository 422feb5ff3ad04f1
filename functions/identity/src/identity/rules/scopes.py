"""What an API key may be allowed: a domain's reads (GET), or its writes (every other method)."""

DOMAINS = (
    "identity", "learning", "assessment", "media", "messaging", "practice", "career", "live", "realtime",
    "credentials", "commerce", "talent", "engagement", "insights",
)  # fmt: skip
VERBS = ("read", "write")
PATTERN = f"^({'|'.join(DOMAINS)}):({'|'.join(VERBS)})$"
