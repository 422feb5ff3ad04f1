"""When a reminder goes out."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_SECONDS = 86_400
URGENT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom to remind of which moment, when, how and of what."""

    key: str
    anchor_kind: str
    offset_seconds: int
    audience: str
    channels: tuple[str, ...]
    template_key: str
    category: str
    at_local_time: time | None = None
    guard: str = "none"
    enabled: bool = True
    when_late: str = "skip"
    version: int = 0


def send_at(policy: Policy, at: datetime, zone: ZoneInfo) -> datetime:
    """The moment in UTC. With a local time, so many whole days from the anchor's day where the recipient lives.

    A local time that a change of clocks leaves out is the one an hour later; of one that comes twice, the first.
    """
    if policy.at_local_time is None:
        return at.astimezone(UTC) + timedelta(seconds=policy.offset_seconds)
    day = at.astimezone(zone).date() + timedelta(days=policy.offset_seconds // DAY_SECONDS)
    return datetime.combine(day, policy.at_local_time, tzinfo=zone).astimezone(UTC)


def is_too_late(policy: Policy, moment: datetime, *, at: datetime, now: datetime) -> bool:
    """Whether it is not sent any more when first heard of at `now`: its time is past and the policy does not send
    late, or what it reminds of has begun."""
    if moment >= now:
        return False
    return policy.when_late == "skip" or (policy.offset_seconds < 0 and at <= now)


def is_urgent(offset_seconds: int) -> bool:
    """Whether it is sent within the last two hours before its moment: quiet hours do not hold for it (D-21)."""
    return -URGENT <= timedelta(seconds=offset_seconds) < timedelta()
