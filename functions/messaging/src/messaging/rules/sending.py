"""Whether a message goes out now, later, or not at all: every rule, in its order, with its words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
"""D-21: no WhatsApp message and no call between these hours, where the recipient lives."""
WINDOW = timedelta(hours=24)
LOUD = frozenset({"whatsapp", "voice"})
CHANNEL_WORDS = {"email": "e-mail", "whatsapp": "WhatsApp", "voice": "telephone", "in_app": "in the product"}


class Action(StrEnum):
    """What becomes of a delivery now."""

    SEND = "send"
    DEFER = "defer"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Wishes:
    """A member's preferences."""

    email: bool = True
    whatsapp: bool = True
    voice: bool = True
    marketing: bool = True
    quiet_from: time | None = None
    quiet_until: time | None = None


@dataclass(frozen=True, slots=True)
class Caps:
    """How many marketing messages a person gets in a rolling day and week."""

    day: int = 1
    week: int = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides. `useful_until` is the moment that it reminds of; `stopped` says why nobody wants it sent any
    more. `reasons` are those for which the address is suppressed. `zone_is_known` is false when the organization's
    zone stands in for the recipient's."""

    channel: str
    category: str
    address: str | None
    zone: ZoneInfo
    now: datetime
    zone_is_known: bool = True
    is_urgent: bool = False
    useful_until: datetime | None = None
    stopped: tuple[str, str] | None = None
    reasons: frozenset[str] = frozenset()
    wishes: Wishes = field(default_factory=Wishes)
    has_text: bool = True
    is_approved: bool = True
    last_inbound_at: datetime | None = None
    marketing_day: int = 0
    marketing_week: int = 0
    caps: Caps = field(default_factory=Caps)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says; `passed` when it has nothing against sending. `words` are for a person."""

    rule: str
    words: str
    action: Action = Action.SEND
    until: datetime | None = None

    @property
    def passed(self) -> bool:
        """Whether the next rule is asked."""
        return self.action is Action.SEND


def decide(facts: Facts) -> list[Verdict]:
    """The rules' verdicts in their order; the last one decides, and is the first that objects if any does."""
    found = list[Verdict]()
    for rule in RULES:
        for verdict in rule(facts):
            found.append(verdict)
            if not verdict.passed:
                return found
    return found


def _wanted(facts: Facts) -> Iterator[Verdict]:
    if facts.stopped:
        yield Verdict(*facts.stopped, action=Action.SKIP)
    if facts.useful_until is not None and facts.useful_until <= facts.now:
        words = f"What it reminds of began at {local(facts.useful_until, facts.zone)}; it is too late."
        yield Verdict("too_late", words, Action.SKIP)


def _reachable(facts: Facts) -> Iterator[Verdict]:
    channel = CHANNEL_WORDS[facts.channel]
    if not facts.has_text:
        yield Verdict("no_template", f"There is no active template of this key for {channel}.", Action.SKIP)
    if facts.channel == "in_app":
        yield Verdict("address", "What is told in the product reaches every member.")
    else:
        if facts.address is None:
            words = f"No valid address for {channel} is known of the recipient."
            yield Verdict("no_address", words, Action.SKIP)
        yield Verdict("address", f"The recipient can be reached by {channel}.")


def _not_suppressed(facts: Facts) -> Iterator[Verdict]:
    if "hard_bounce" in facts.reasons:
        words = "An earlier message to this address bounced for good; nothing is sent there any more."
        yield Verdict("suppressed_hard_bounce", words, Action.SKIP)
    others = {
        "complaint": "The recipient marked an earlier message as spam.",
        "unsubscribe": "The recipient unsubscribed.",
        "manual": "Somebody of staff put this address on the list of those that get nothing.",
    }
    for reason in sorted(facts.reasons & set(others)):
        if facts.category == "transactional":
            words = f"{others[reason]} This message is transactional, so it goes out all the same."
            yield Verdict(f"suppressed_{reason}", words)
        else:
            yield Verdict(f"suppressed_{reason}", others[reason], Action.SKIP)
    if not facts.reasons and facts.channel != "in_app":
        yield Verdict("not_suppressed", "The address is on no list of suppressed addresses.")


def _wished(facts: Facts) -> Iterator[Verdict]:
    if facts.channel == "in_app":
        return
    if not getattr(facts.wishes, facts.channel):
        words = f"The recipient switched {CHANNEL_WORDS[facts.channel]} off in their preferences."
        yield Verdict("preference_channel", words, Action.SKIP)
    if facts.category == "marketing" and not facts.wishes.marketing:
        yield Verdict("preference_marketing", "The recipient wants no marketing messages.", Action.SKIP)
    yield Verdict("preferences", "The recipient's preferences allow it.")


def _in_whatsapp_window(facts: Facts) -> Iterator[Verdict]:
    if facts.channel != "whatsapp":
        return
    if facts.is_approved:
        yield Verdict("whatsapp_template", "The template is approved, so it may be sent at any time.")
    elif facts.last_inbound_at is None or facts.now - facts.last_inbound_at > WINDOW:
        words = (
            "The template is not approved, and the recipient has not written within the last 24 hours: WhatsApp "
            "allows only approved templates then."
        )
        yield Verdict("whatsapp_window", words, Action.SKIP)
    else:
        yield Verdict("whatsapp_window", "The recipient wrote within the last 24 hours.")


def _not_quiet(facts: Facts) -> Iterator[Verdict]:
    quiet = quiet_hours(facts)
    if quiet is None:
        return
    begin, end = quiet
    over = quiet_until(facts.now, facts.zone, begin=begin, end=end)
    here = f"{begin:%H:%M} to {end:%H:%M} in {facts.zone.key}"
    if not facts.zone_is_known:
        here += ", the organization's zone, because the recipient's is not known"
    if over is None:
        yield Verdict("quiet_hours", f"It is outside the quiet hours ({here}).")
    elif facts.is_urgent:
        words = f"It is within the quiet hours ({here}); what is due within two hours goes out all the same."
        yield Verdict("quiet_hours", words)
    elif facts.useful_until is not None and facts.useful_until <= over:
        words = f"It is within the quiet hours ({here}), and after them it would be too late."
        yield Verdict("quiet_hours", words, Action.SKIP)
    else:
        words = f"It is within the quiet hours ({here}); it waits until {local(over, facts.zone)}."
        yield Verdict("quiet_hours", words, Action.DEFER, over)


def _not_too_often(facts: Facts) -> Iterator[Verdict]:
    if facts.category != "marketing" or facts.channel == "in_app":
        return
    for count, cap, span in (
        (facts.marketing_day, facts.caps.day, "day"),
        (facts.marketing_week, facts.caps.week, "week"),
    ):
        if count >= cap:
            words = f"The recipient got {count} marketing messages within a {span}; at most {cap} are sent."
            yield Verdict("frequency_cap", words, Action.SKIP)
    yield Verdict("frequency_cap", "The recipient got fewer marketing messages lately than are allowed.")


RULES: tuple[Callable[[Facts], Iterator[Verdict]], ...] = (
    _wanted,
    _reachable,
    _not_suppressed,
    _wished,
    _in_whatsapp_window,
    _not_quiet,
    _not_too_often,
)


def quiet_hours(facts: Facts) -> tuple[time, time] | None:
    """The hours in which this channel is silent: the recipient's own, else D-21's; None when it never is."""
    if facts.wishes.quiet_from is not None and facts.wishes.quiet_until is not None:
        return (facts.wishes.quiet_from, facts.wishes.quiet_until) if facts.channel in LOUD else None
    return (QUIET_FROM, QUIET_UNTIL) if facts.channel in LOUD else None


def quiet_until(now: datetime, zone: ZoneInfo, *, begin: time, end: time) -> datetime | None:
    """When the quiet hours that hold now are over; None when none hold. They may go over midnight."""
    here = now.astimezone(zone)
    clock = here.time()
    is_quiet = begin <= clock < end if begin <= end else clock >= begin or clock < end
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, tzinfo=zone).astimezone(now.tzinfo)


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment for a person who lives in `zone`."""
    return f"{moment.astimezone(zone):%a %d %b %Y, %H:%M} ({zone.key})"
