"""Reminder policies: the built-in ones, as an organization has changed them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from lodestar import audit
from lodestar.db import expect_version, principal_of
from lodestar.problems import NotFound
from messaging import defaults
from messaging.errors import PolicyRefused
from messaging.models.reminders import ReminderPolicy
from messaging.repository import reminders as repository
from messaging.rules.reminders import DAY_SECONDS, Policy
from messaging.rules.variables import STANDARD
from messaging.service import texts

if TYPE_CHECKING:
    from messaging.schemas.policies import PolicyPut

FIELDS = (
    "key", "anchor_kind", "offset_seconds", "at_local_time", "audience", "template_key", "guard", "category",
    "enabled", "when_late", "version",
)  # fmt: skip


def policy_of(row: ReminderPolicy) -> Policy:
    """A row as the rules read it."""
    return Policy(channels=tuple(row.channels), **{name: getattr(row, name) for name in FIELDS})


def merged(session: Session) -> Mapping[str, Policy]:
    """Every policy that holds for the organization, by key."""
    own = {row.key: policy_of(row) for row in repository.policies(session)}
    return dict(sorted({**defaults.policies(), **own}.items()))


def of_kind(session: Session, kind: str) -> Sequence[Policy]:
    """Those that remind of this kind of moment, and are enabled."""
    return [p for p in merged(session).values() if p.anchor_kind == kind and p.enabled]


def one(session: Session, key: str) -> Policy:
    """The policy that holds now. Raises NotFound."""
    found = merged(session).get(key)
    if found is None:
        raise NotFound("There is no policy of this key.")
    return found


def put(session: Session, key: str, body: "PolicyPut", *, if_match: int | None) -> Policy:
    """Write the organization's own version. Raises StaleVersion and PolicyRefused."""
    row = repository.policy_of(session, key, lock=True)
    expect_version(row, if_match)
    values: dict[str, Any] = body.model_dump()
    values["channels"] = [channel.value for channel in body.channels]
    values["category"] = body.category.value
    _check(session, Policy(key=key, **{**values, "channels": tuple(values["channels"])}))
    before = row and policy_of(row)
    if row is None:
        row = ReminderPolicy(key=key, **values)
        session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
    session.flush()
    audit.record(
        session,
        "reminder_policy.changed",
        subject_type="organization",
        subject_id=principal_of(session).org_id,
        before={"key": key, "enabled": before.enabled, "offset_seconds": before.offset_seconds}
        if before
        else None,
        after={"key": key, "enabled": row.enabled, "offset_seconds": row.offset_seconds},
    )
    return policy_of(row)


def _check(session: Session, policy: Policy) -> None:
    errors = list[dict[str, str]]()
    kind = defaults.kinds().get(policy.anchor_kind)
    if kind is None:
        known = ", ".join(sorted(defaults.kinds()))
        errors.append(_error("anchor_kind", "unknown_kind", f"It is one of {known}."))
    elif policy.audience not in defaults.audiences()[policy.anchor_kind]:
        known = ", ".join(sorted(defaults.audiences()[policy.anchor_kind]))
        errors.append(_error("audience", "unknown_audience", f"It is one of {known}."))
    if policy.at_local_time is not None and policy.offset_seconds % DAY_SECONDS:
        errors.append(
            _error("offset_seconds", "not_whole_days", "With at_local_time it is a number of whole days.")
        )
    available = {v.name for v in (*STANDARD, *(kind or ()))}
    found = texts.load(session, [policy.template_key])
    for channel in policy.channels:
        text = found.find(policy.template_key, channel)
        if text is None:
            words = f"There is no active template {policy.template_key!r} for {channel}."
            errors.append(_error("template_key", "no_template", words))
        elif kind is not None and (missing := {v.name for v in text.variables if v.required} - available):
            words = f"Its template for {channel} needs {', '.join(sorted(missing))}, which nobody sends."
            errors.append(_error("template_key", "variable_nobody_sends", words))
    if errors:
        raise PolicyRefused(errors[0]["message"], errors=errors)


def _error(field: str, code: str, message: str) -> dict[str, str]:
    return {"field": field, "code": code, "message": message}
