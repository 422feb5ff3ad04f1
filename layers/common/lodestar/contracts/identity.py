"""What identity tells: memberships and consents."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from lodestar.events import Event
from lodestar.principal import NOBODY, Role


class MembershipCreated(Event):
    """A person now has a role in the event's organization."""

    name: ClassVar[str] = "identity.membership_created"
    membership_id: UUID
    user_id: UUID
    role: Role


class ConsentWithdrawn(Event):
    """A person took a consent back; whoever relied on it stops."""

    name: ClassVar[str] = "identity.consent_withdrawn"
    user_id: UUID
    purpose: str


class ExportRequested(Event):
    """A person's data is to be handed out."""

    name: ClassVar[str] = "identity.export_requested"
    request_id: UUID


class ErasureRequested(Event):
    """An administrator approved, or a retention period demands, that a person's data is erased."""

    name: ClassVar[str] = "identity.erasure_requested"
    request_id: UUID


class ExportReady(Event):
    """An archive can be fetched until `expires_on`, a date in UTC."""

    name: ClassVar[str] = "identity.export_ready"
    request_id: UUID
    recipient_id: UUID
    expires_on: str


class RoleRequestChanged(Event):
    """Somebody asked for a role (`pending`), or it was decided (`approved`, `rejected`)."""

    name: ClassVar[str] = "identity.role_request_changed"
    request_id: UUID
    state: str


class AuditExportRequested(Event):
    """The audit log is to be made into a file."""

    name: ClassVar[str] = "identity.audit_export_requested"
    export_id: UUID


class AuditVerificationRequested(Event):
    """The audit log is to be held against its own hashes, and a `head` (`sequence`, `hash`) that was noted before."""

    name: ClassVar[str] = "identity.audit_verification_requested"
    operation_id: UUID
    head: dict[str, int | str] | None = None


class FeatureFlagSet(Event):
    """A feature is on or off from now on, for everybody in the event's organization."""

    name: ClassVar[str] = "identity.feature_flag_set"
    key: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature that can be switched off without a deploy. `by_default` holds where its flag was never set."""

    key: str
    description: str
    by_default: bool


JOB_READINESS = Feature(
    "job_readiness",
    "Job Readiness: off hides its programs from learners, and nobody is enrolled, examined or promoted on them."
    " Nothing is lost: staff go on reading and writing, and turned on again everything continues.",
    by_default=True,
)
FEATURES = {feature.key: feature for feature in (JOB_READINESS,)}
"""The features that the product asks for; `identity.v_feature_flags` has their defaults too."""


class RetentionCategory(StrEnum):
    """What an organization sets a retention period for."""

    INTERVIEW_RECORDINGS = "interview_recordings"
    MEMBER_RECORDS = "member_records"
    NOTIFICATIONS = "notifications"
    AI_RUNS = "ai_runs"
    OPERATIONS = "operations"


USUAL_DAYS = {
    RetentionCategory.INTERVIEW_RECORDINGS: 180,
    RetentionCategory.MEMBER_RECORDS: 1095,
    RetentionCategory.NOTIFICATIONS: 365,
    RetentionCategory.AI_RUNS: 365,
    RetentionCategory.OPERATIONS: 90,
}
"""D-22 for recordings, and for the records of who left (three years after exit, the usual US grant rule)."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the reader's organization. `time_zone` is an IANA name."""

    user_id: UUID
    display_name: str
    email: str
    time_zone: str


def members(session: Session, user_ids: list[UUID]) -> dict[UUID, Member]:
    """Those of `user_ids` that belong to the reader's organization."""
    query = (
        "SELECT user_id, display_name, email, time_zone FROM identity.v_members WHERE user_id = ANY (:ids)"
    )
    return {row.user_id: Member(*row) for row in session.execute(text(query), {"ids": user_ids})}


@dataclass(frozen=True, slots=True)
class Organization:
    """The reader's organization. `time_zone` is an IANA name."""

    name: str
    time_zone: str


def organization(session: Session) -> Organization | None:
    """The reader's own; None in a transaction for nobody."""
    found = session.execute(text("SELECT name, time_zone FROM identity.v_organization")).one_or_none()
    return Organization(*found) if found else None


def holders(session: Session, role: Role, *, after: UUID | None = None) -> list[UUID]:
    """The active members of the reader's organization that hold `role`, by id: the first 1,000 after `after`."""
    query = """
        SELECT user_id FROM identity.v_memberships WHERE role = :role AND user_id > :after
        ORDER BY user_id LIMIT 1000
    """
    return list(session.scalars(text(query), {"role": role.value, "after": after or NOBODY}))


def is_on(session: Session, feature: Feature) -> bool:
    """Whether the reader's organization has the feature."""
    query = text("SELECT enabled FROM identity.v_feature_flags WHERE key = :key")
    return bool(session.scalars(query, {"key": feature.key}).one())


def has_consented(session: Session, user_id: UUID, purpose: str) -> bool:
    """Whether the person's consent to `purpose` (`recording`, `ai_video_analysis`) stands."""
    query = "SELECT EXISTS (SELECT FROM identity.v_consents WHERE user_id = :user AND purpose = :purpose)"
    return bool(session.scalar(text(query), {"user": user_id, "purpose": purpose}))


def is_held(session: Session, user_id: UUID) -> bool:
    """Whether a legal hold of the reader's organization keeps this person's data."""
    return bool(session.scalar(text("SELECT identity.is_held(:user)"), {"user": user_id}))


def retention_periods(session: Session, category: RetentionCategory) -> dict[UUID, int]:
    """The period in days of every organization: a transaction for nobody may ask."""
    query = text("SELECT org_id, days FROM identity.retention_periods(:category, :usual)")
    found = session.execute(query, {"category": category.value, "usual": USUAL_DAYS[category]})
    return {row.org_id: row.days for row in found}
