"""What a policy would send, to whom and when, without sending it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lodestar import clock
from lodestar.contracts import identity
from lodestar.contracts.messaging import Channel
from lodestar.problems import NotFound
from messaging import defaults
from messaging.repository import reminders as repository
from messaging.rules import reminders as rules
from messaging.rules import zones
from messaging.rules.reminders import Policy
from messaging.rules.sending import local
from messaging.rules.texting import compose
from messaging.schemas.policies import (
    MadeUpRecipient,
    PolicyPreviewCreate,
    PolicyPreviewRead,
    PreviewedMessage,
)
from messaging.service import filling, policies, texts

MOST_MESSAGES = 200
MADE_UP = timedelta(days=30)
"""How far ahead a moment is of which nothing is said."""


@dataclass(frozen=True, slots=True)
class _Reader:
    name: str
    zone: ZoneInfo
    recipient_id: UUID | None
    variables: dict[str, Any]


def preview(session: Session, key: str, body: PolicyPreviewCreate) -> PolicyPreviewRead:
    """For the moment of `subject_id`, at its own time or moved to `at`, or for a made-up one. Raises NotFound."""
    policy = policies.one(session, key)
    at, given, readers = _set(session, policy, body) if body.subject_id else _made_up(policy, body)
    found = texts.load(session, [policy.template_key])
    organization = identity.organization(session) or identity.Organization("", "UTC")
    written = (
        _message(policy, found, reader, channel=channel, at=at, given=given, organization=organization.name)
        for reader in readers
        for channel in policy.channels
    )
    return PolicyPreviewRead(at=at, messages=list(islice(written, MOST_MESSAGES)))


def _set(
    session: Session, policy: Policy, body: PolicyPreviewCreate
) -> tuple[datetime, dict[str, Any], list[_Reader]]:
    anchor = repository.anchor_seen(session, policy.anchor_kind, body.subject_id) if body.subject_id else None
    if anchor is None:
        raise NotFound("No moment of this kind and id was set.")
    recipients = [one for one in repository.recipients(session, anchor.id) if one.audience == policy.audience]
    members = identity.members(session, [one.recipient_id for one in recipients if one.recipient_id])
    readers = list[_Reader]()
    for one in recipients:
        member = members.get(one.recipient_id) if one.recipient_id else None
        zone = zones.first_known(one.time_zone, member.time_zone if member else None, anchor.time_zone)
        name = one.name or (member.display_name if member else "")
        readers.append(_Reader(name, zone, one.recipient_id, one.variables))
    return body.at or anchor.at, {**anchor.variables, **body.variables}, readers


def _made_up(policy: Policy, body: PolicyPreviewCreate) -> tuple[datetime, dict[str, Any], list[_Reader]]:
    examples = {v.name: v.example for v in defaults.kinds()[policy.anchor_kind] if v.example is not None}
    people = body.recipients or [MadeUpRecipient()]
    readers = [
        _Reader(one.name, zones.first_known(one.time_zone, body.time_zone), None, {}) for one in people
    ]
    return body.at or clock.now() + MADE_UP, {**examples, **body.variables}, readers


def _message(
    policy: Policy,
    found: texts.Texts,
    reader: _Reader,
    *,
    channel: str,
    at: datetime,
    given: dict[str, Any],
    organization: str,
) -> PreviewedMessage:
    moment = rules.send_at(policy, at, reader.zone)
    text = found.find(policy.template_key, channel)
    subject = body = ""
    problems = [f"There is no active template {policy.template_key!r} for {channel}."]
    if text is not None:
        all_given = {**filling.at_anchor(given, at), **reader.variables}
        values, faults = filling.values(
            text, all_given, name=reader.name, organization=organization, zone=reader.zone
        )
        composed = compose(text, values)
        subject, body, problems = composed.subject, composed.text, [fault.words for fault in faults]
    return PreviewedMessage(
        recipient_name=reader.name,
        recipient_id=reader.recipient_id,
        channel=Channel(channel),
        time_zone=reader.zone.key,
        sends_at=moment,
        sends_at_local=local(moment, reader.zone),
        is_too_late=rules.is_too_late(policy, moment, at=at, now=clock.now()),
        subject=subject,
        text=body,
        problems=problems,
    )
