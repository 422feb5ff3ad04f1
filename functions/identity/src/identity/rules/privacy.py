"""What is decided about privacy requests and retention without looking anything up."""

from datetime import timedelta

from lodestar.contracts.identity import RetentionCategory

ANSWERED_WITHIN = timedelta(days=30)
"""D-22, and GDPR Art. 12(3): one month."""
ARCHIVE_KEPT = timedelta(days=7)
LINK_SECONDS = 300
LEASE = timedelta(hours=1)
MOST_TRIES = 5
DOMAINS = frozenset({"assessment", "backbone", "identity", "insights", "learning", "media", "messaging"})
"""Who must answer before an archive or a certificate stands; an architecture test compares it with the tree."""
MEANINGS = {
    RetentionCategory.INTERVIEW_RECORDINGS: "Interview recordings, counted from the upload; transcripts stay as evidence.",
    RetentionCategory.MEMBER_RECORDS: "Everything kept of a person, counted from the end of their last membership.",
    RetentionCategory.NOTIFICATIONS: "Notifications, counted from the day they were written.",
    RetentionCategory.AI_RUNS: "The log of calls to AI models, counted from the call.",
    RetentionCategory.OPERATIONS: "Progress of long work, counted from its last change.",
}


def file_name(key: str, *, org_id: str) -> str:
    """Where an object stands in an archive: its key without the organization."""
    return f"files/{key.removeprefix(f'{org_id}/')}"
