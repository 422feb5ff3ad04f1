"""How long an organization keeps what, and the legal holds that suspend it."""

from uuid import UUID

from sqlalchemy.orm import Session

from identity.models.retention import LegalHold, RetentionPolicy
from identity.repository import memberships
from identity.repository import retention as repository
from identity.rules.privacy import MEANINGS
from identity.schemas.retention_policies import (
    LegalHoldRead,
    LegalHoldWrite,
    RetentionPeriodRead,
    RetentionPoliciesRead,
    RetentionPoliciesUpdate,
)
from lodestar import audit, clock
from lodestar.contracts.identity import USUAL_DAYS, RetentionCategory
from lodestar.principal import ADMINISTRATORS, Principal
from lodestar.problems import InvalidContent, NotFound, StaleVersion


def read(session: Session, caller: Principal) -> RetentionPoliciesRead:
    """Periods for everybody, holds for administrators."""
    own = repository.policies(session)
    periods = [
        RetentionPeriodRead(
            category=category,
            days=own[category].days if category in own else usual,
            is_usual=category not in own or own[category].days == usual,
            meaning=MEANINGS[category],
        )
        for category, usual in USUAL_DAYS.items()
    ]
    holds = repository.holds(session).values() if caller.has(*ADMINISTRATORS) else ()
    return RetentionPoliciesRead(
        periods=periods,
        legal_holds=[LegalHoldRead.model_validate(hold) for hold in holds],
        version=repository.version(session),
    )


def replace(
    session: Session, caller: Principal, body: RetentionPoliciesUpdate, *, if_match: int | None
) -> RetentionPoliciesRead:
    """Set all of it. Raises StaleVersion, NotFound for a hold on somebody unknown here."""
    own, standing = repository.policies(session, lock=True), repository.holds(session, lock=True)
    if if_match is not None and if_match != repository.version(session):
        raise StaleVersion()
    _set_periods(session, caller, own, body.periods)
    _set_holds(session, caller, standing, body.legal_holds)
    session.flush()
    return read(session, caller)


def _set_periods(
    session: Session,
    caller: Principal,
    own: dict[str, RetentionPolicy],
    wanted: dict[RetentionCategory, int],
) -> None:
    before = {category: row.days for category, row in own.items()}
    for category, usual in USUAL_DAYS.items():
        days = wanted.get(category, usual)
        if category in own:
            own[category].days = days
        elif days != usual:
            session.add(RetentionPolicy(category=category.value, days=days))
    after = before | {category.value: days for category, days in wanted.items()}
    if after != before or len(wanted) < len(before):
        audit.record(
            session, "retention_policies.set", subject_type="organization", subject_id=caller.org_id,
            before=before, after={category.value: days for category, days in wanted.items()},
        )  # fmt: skip


def _set_holds(
    session: Session, caller: Principal, standing: dict[UUID, LegalHold], wanted: list[LegalHoldWrite]
) -> None:
    people = {hold.user_id for hold in wanted}
    if len(people) < len(wanted):
        raise InvalidContent("Name each person once.")
    for user_id, hold in standing.items():
        if user_id not in people:
            hold.released_at, hold.released_by = clock.now(), caller.user_id
            audit.record(session, "legal_hold.released", subject_type="user", subject_id=hold.user_id)
    for asked in wanted:
        if asked.user_id in standing:
            standing[asked.user_id].reason = asked.reason
            continue
        if not memberships.was_here(session, asked.user_id):
            raise NotFound(f"There is no such person here: {asked.user_id}.")
        session.add(LegalHold(user_id=asked.user_id, reason=asked.reason, placed_by=caller.user_id))
        audit.record(
            session, "legal_hold.placed", subject_type="user", subject_id=asked.user_id, reason=asked.reason
        )
