"""What decides about deliveries, gathered for many at once: a handful of queries however many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar.config import settings
from lodestar.contracts import identity
from lodestar.contracts.identity import Member
from lodestar.contracts.messaging import Channel
from messaging.models.deliveries import Delivery
from messaging.models.preferences import Preference
from messaging.models.reminders import Anchor, AnchorRecipient, ScheduledMessage
from messaging.repository import deliveries, reminders, wishes
from messaging.rules import zones
from messaging.rules.reminders import Policy, is_urgent
from messaging.rules.sending import Caps, Facts, Wishes
from messaging.rules.texting import Text
from messaging.rules.variables import Fault
from messaging.service import filling, policies, reaching, texts

GUARDS = {"no_response": "responded", "not_joined": "joined"}
"""A policy's guard, and the flag of a recipient that stops it."""
GUARD_WORDS = {"no_response": "The recipient has responded.", "not_joined": "The recipient has joined."}
Schedule = tuple[ScheduledMessage, Anchor, AnchorRecipient]


@dataclass(frozen=True, slots=True)
class Gathered:
    """A delivery with all that is needed to decide about it and to write it."""

    delivery: Delivery
    facts: Facts
    text: Text | None
    name: str
    values: Mapping[str, str]
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class _Known:
    """What was loaded for a set of deliveries."""

    organization: identity.Organization
    members: Mapping[UUID, Member]
    wishes: Mapping[UUID, Preference]
    schedules: Mapping[UUID, Schedule]
    policies: Mapping[str, Policy]
    texts: texts.Texts
    now: datetime

    def of(self, recipient_id: UUID | None) -> tuple[Member | None, Preference | None]:
        """The member, and what they wish for."""
        if recipient_id is None:
            return None, None
        return self.members.get(recipient_id), self.wishes.get(recipient_id)


def gather(session: Session, found: Sequence[Delivery], *, now: datetime) -> list[Gathered]:
    """For each delivery, in their order."""
    known = _load(session, found, now=now)
    reached = {one.id: reaching.address(one, *known.of(one.recipient_id)) for one in found}
    pairs = [(one.channel, address) for one in found if (address := reached[one.id])]
    reasons = wishes.reasons(session, pairs)
    windows = wishes.windows(session, [address for channel, address in pairs if channel == Channel.WHATSAPP])
    marketed = [_person(one) for one in found if one.category == "marketing"]
    counts = deliveries.marketing_counts(session, marketed, now=now) if marketed else {}
    return [
        _one(
            one,
            known,
            address=reached[one.id],
            reasons=reasons.get((one.channel, reached[one.id] or ""), frozenset()),
            window=windows.get(reached[one.id] or ""),
            count=counts.get(_person(one), (0, 0)),
        )
        for one in found
    ]


def _load(session: Session, found: Sequence[Delivery], *, now: datetime) -> _Known:
    people = [one.recipient_id for one in found if one.recipient_id]
    scheduled = [one.scheduled_message_id for one in found if one.scheduled_message_id]
    return _Known(
        organization=identity.organization(session) or identity.Organization("", "UTC"),
        members=identity.members(session, people),
        wishes=wishes.preferences(session, people),
        schedules=reminders.of_schedule(session, scheduled) if scheduled else {},
        policies=policies.merged(session) if scheduled else {},
        texts=texts.load(session, {one.template_key for one in found}),
        now=now,
    )


def _person(one: Delivery) -> str:
    return str(one.recipient_id or one.address)


def _one(
    one: Delivery,
    known: _Known,
    *,
    address: str | None,
    reasons: frozenset[str],
    window: datetime | None,
    count: tuple[int, int],
) -> Gathered:
    member, wished = known.of(one.recipient_id)
    schedule = known.schedules.get(one.scheduled_message_id) if one.scheduled_message_id else None
    policy = known.policies.get(schedule[0].policy_key) if schedule else None
    own_zone = zones.known(member.time_zone if member else one.time_zone)
    zone = own_zone or zones.first_known(known.organization.time_zone)
    text = known.texts.find(one.template_key, one.channel, (wished and wished.locale) or one.locale)
    facts = Facts(
        channel=one.channel,
        category=one.category,
        address=address,
        zone=zone,
        now=known.now,
        zone_is_known=own_zone is not None,
        is_urgent=bool(policy and is_urgent(policy.offset_seconds)),
        useful_until=schedule[1].at if schedule and policy and policy.offset_seconds < 0 else None,
        stopped=_stopped(one, schedule, policy, member),
        reasons=reasons,
        wishes=_wishes(wished),
        has_text=text is not None,
        is_approved=bool(text and text.approval == "approved"),
        last_inbound_at=window,
        marketing_day=count[0],
        marketing_week=count[1],
        caps=Caps(day=settings().marketing_per_day, week=settings().marketing_per_week),
    )
    name = one.name or (member.display_name if member else "")
    if text is None:
        return Gathered(one, facts, None, name, {}, ())
    values, faults = filling.values(
        text, _given(one, schedule), name=name, organization=known.organization.name, zone=zone
    )
    return Gathered(one, facts, text, name, values, faults)


def _given(one: Delivery, schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return one.variables
    _, anchor, reminded = schedule
    return {**filling.at_anchor(anchor.variables, anchor.at), **reminded.variables, **one.variables}


def _wishes(row: Preference | None) -> Wishes:
    if row is None:
        return Wishes()
    fields = ("email", "whatsapp", "voice", "marketing", "quiet_from", "quiet_until")
    return Wishes(**{name: getattr(row, name) for name in fields})


def _stopped(
    one: Delivery, schedule: Schedule | None, policy: Policy | None, member: Member | None
) -> tuple[str, str] | None:
    """Why nobody wants it sent any more, if so: what was scheduled may have changed since it was released."""
    if one.recipient_id is not None and member is None:
        return "not_a_member", "The recipient is not a member of the organization any more."
    if schedule is None:
        return None
    if policy is None or not policy.enabled:
        return "policy_disabled", "The reminder policy was switched off."
    return _overtaken(schedule) or _guarded(policy, schedule[2])


def _overtaken(schedule: Schedule) -> tuple[str, str] | None:
    message, anchor, reminded = schedule
    if anchor.state == "cancelled":
        return "anchor_cancelled", "What it reminds of was cancelled."
    if message.anchor_version != anchor.anchor_version:
        return "anchor_moved", "What it reminds of was moved; another reminder stands for the new time."
    if reminded.stopped_at is not None:
        return "recipient_stopped", f"The recipient is not reminded any more: {reminded.stopped_reason}."
    return None


def _guarded(policy: Policy, reminded: AnchorRecipient) -> tuple[str, str] | None:
    if reminded.variables.get(GUARDS.get(policy.guard, "")):
        return f"guard_{policy.guard}", GUARD_WORDS[policy.guard]
    return None
