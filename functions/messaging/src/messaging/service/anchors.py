"""Anchors are set, moved and cancelled by other domains; what is to be sent follows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.contracts import identity
from lodestar.contracts.identity import Member, Organization
from lodestar.contracts.messaging import AnchorCancelled, AnchorMoved, AnchorSet, Channel, Recipient
from messaging.models.reminders import Anchor, AnchorRecipient
from messaging.repository import reminders as repository
from messaging.rules import reminders as rules
from messaging.rules import zones
from messaging.rules.reminders import Policy
from messaging.service import policies
from messaging.service.enqueueing import address_for, key_of


def set_(session: Session, event: AnchorSet) -> None:
    """Remind these recipients too; move the anchor if it was elsewhere."""
    first = {
        "at": event.at,
        "time_zone": event.time_zone,
        "told_at": event.told_at,
        "variables": event.variables,
    }
    anchor, is_new = repository.ensure_anchor(
        session, kind=event.kind, subject_id=event.subject_id, attachments=list(event.attachments), **first
    )
    is_news = event.told_at >= anchor.told_at
    has_moved = not is_new and is_news and (anchor.at, anchor.state) != (event.at, "set")
    if is_news:
        anchor.variables, anchor.attachments = dict(event.variables), list(event.attachments)
    elif not anchor.variables:
        anchor.variables = dict(event.variables)
    if has_moved:
        _move(session, anchor, at=event.at, told_at=event.told_at, time_zone=event.time_zone)
    repository.merge_recipients(session, [_recipient(anchor.id, one) for one in _distinct(event.recipients)])
    session.flush()
    if anchor.state == "set":
        keys = None if has_moved else [key_of(one) for one in event.recipients]
        plan(session, anchor, repository.recipients(session, anchor.id, keys=keys))


def move(session: Session, event: AnchorMoved) -> None:
    """Everything unsent goes along. An anchor that was never set waits for its recipients."""
    first = {"at": event.at, "time_zone": event.time_zone, "told_at": event.told_at}
    anchor, is_new = repository.ensure_anchor(
        session, kind=event.kind, subject_id=event.subject_id, variables=event.variables or {}, **first
    )
    if is_new or event.told_at < anchor.told_at:
        return
    if event.variables is not None:
        anchor.variables = {**anchor.variables, **event.variables}
    _move(session, anchor, at=event.at, told_at=event.told_at, time_zone=event.time_zone)
    session.flush()
    plan(session, anchor, repository.recipients(session, anchor.id))


def cancel(session: Session, event: AnchorCancelled) -> None:
    """Nobody, or none of these recipients, is reminded any more."""
    now = clock.now()
    if event.recipients is not None:
        anchor = repository.anchor_of(session, event.kind, event.subject_id)
        if anchor is not None:
            keys = [key_of(one) for one in event.recipients]
            stopped = repository.stop(session, anchor.id, keys=keys, reason=event.reason[:200], now=now)
            repository.cancel_unsent(
                session, anchor.id, reason="recipient_stopped", now=now, reminded=stopped
            )
        return
    first = {"at": event.told_at, "time_zone": "UTC", "told_at": event.told_at, "state": "cancelled"}
    anchor, _ = repository.ensure_anchor(session, kind=event.kind, subject_id=event.subject_id, **first)
    if event.told_at >= anchor.told_at:
        anchor.state, anchor.told_at = "cancelled", event.told_at
        repository.cancel_unsent(session, anchor.id, reason="anchor_cancelled", now=now)
        session.flush()


def _move(session: Session, anchor: Anchor, *, at: datetime, told_at: datetime, time_zone: str) -> None:
    anchor.at, anchor.told_at, anchor.time_zone = at, told_at, time_zone
    anchor.state, anchor.anchor_version = "set", anchor.anchor_version + 1
    repository.cancel_unsent(session, anchor.id, reason="anchor_moved", now=clock.now())


def _distinct(recipients: Iterable[Recipient]) -> Iterable[Recipient]:
    return {(one.audience, key_of(one)): one for one in recipients}.values()


def _recipient(anchor_id: UUID, one: Recipient) -> dict[str, Any]:
    told = ("email", "phone", "name", "locale", "time_zone", "variables", "audience")
    return {
        "anchor_id": anchor_id,
        "recipient_key": key_of(one),
        "recipient_id": one.user_id,
        **{name: getattr(one, name) for name in told},
    }


def plan(session: Session, anchor: Anchor, recipients: Sequence[AnchorRecipient]) -> None:
    """One scheduled message for each policy, recipient and channel. What is too late is kept, as skipped."""
    members = identity.members(session, [one.recipient_id for one in recipients if one.recipient_id])
    organization = identity.organization(session)
    now = clock.now()
    rows = list[dict[str, Any]]()
    for policy in policies.of_kind(session, anchor.kind):
        for one in recipients:
            if one.audience != policy.audience:
                continue
            zone = _zone(one, anchor, members, organization)
            moment = rules.send_at(policy, anchor.at, zone)
            late = rules.is_too_late(policy, moment, at=anchor.at, now=now)
            settled = (
                {"state": "skipped", "reason": "too_late", "settled_at": now}
                if late
                else {"state": "scheduled", "reason": None, "settled_at": None}
            )
            rows += [
                {**_message(anchor, policy, one, channel), "send_at": moment, **settled}
                for channel in policy.channels
                if _goes_by(one, channel)
            ]
    repository.plan(session, rows)


def _zone(
    one: AnchorRecipient,
    anchor: Anchor,
    members: Mapping[UUID, Member],
    organization: Organization | None,
) -> ZoneInfo:
    """Where the recipient lives, as far as it is known; else where it takes place."""
    member = members.get(one.recipient_id) if one.recipient_id else None
    return zones.first_known(
        one.time_zone,
        member.time_zone if member else None,
        anchor.time_zone,
        organization.time_zone if organization else None,
    )


def _goes_by(one: AnchorRecipient, channel: str) -> bool:
    return one.recipient_id is not None or address_for(one, Channel(channel)) is not None


def _message(anchor: Anchor, policy: Policy, one: AnchorRecipient, channel: str) -> dict[str, Any]:
    return {
        "anchor_id": anchor.id,
        "anchor_version": anchor.anchor_version,
        "policy_key": policy.key,
        "reminded_id": one.id,
        "channel": channel,
        "category": policy.category,
        "template_key": policy.template_key,
        "recipient_id": one.recipient_id,
        "address": None if one.recipient_id else address_for(one, channel),
        "name": one.name,
        "locale": one.locale,
        "time_zone": one.time_zone,
    }
