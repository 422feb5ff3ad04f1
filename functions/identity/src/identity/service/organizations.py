"""Organizations: founded by people, verified by the platform."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from identity.errors import AlreadyDecided, EmailNotVerified, SlugTaken
from identity.models.organizations import Organization, OrgSettings
from identity.repository import organizations as repository
from identity.repository import users
from identity.schemas.organizations import OrganizationCreate, OrganizationUpdate, VerificationDecisionCreate
from identity.service import memberships
from lodestar import audit
from lodestar.db import act_for, expect_version
from lodestar.ids import new_id
from lodestar.pagination import Page, PageQuery
from lodestar.principal import Principal, Role
from lodestar.problems import NotFound

SUBJECT = "organization"
OWN_FIELDS = ("name", "time_zone")


@dataclass(frozen=True, slots=True)
class Detail:
    """An organization with what it chose for itself."""

    id: UUID
    kind: str
    name: str
    slug: str
    time_zone: str
    state: str
    created_at: datetime
    version: int
    support_email: str | None
    default_locale: str


def list_organizations(session: Session, page: PageQuery, *, slug: str | None) -> Page[Organization]:
    """The caller's; from the platform's organization, all."""
    return repository.visible(session, page, slug=slug)


def found(session: Session, caller: Principal, body: OrganizationCreate) -> Organization:
    """A new organization. A platform administrator's is verified at once; anybody else's waits for a decision,
    and its founder needs a verified e-mail address."""
    by_platform = caller.has(Role.PLATFORM_ADMIN)
    if not by_platform and not users.has_verified_email(session, caller.user_id):
        raise EmailNotVerified()
    organization = Organization(
        id=new_id(),
        state="verified" if by_platform else "pending",
        founder_id=None if by_platform else caller.user_id,
        **body.model_dump(mode="json"),
    )
    act_for(session, replace(caller, org_id=organization.id))
    session.add(organization)
    try:
        session.flush()
    except IntegrityError as error:
        raise SlugTaken(f"Another organization is called {body.slug}.") from error
    audit.record(
        session,
        "organization.founded",
        subject_type=SUBJECT,
        subject_id=organization.id,
        after=body.model_dump(mode="json"),
    )
    return organization


def read(session: Session, org_id: UUID) -> Detail:
    """An organization that the caller may see."""
    organization = repository.organization_of(session, org_id)
    if organization is None:
        raise NotFound()
    return _detail(organization, repository.settings_of(session, org_id))


def update(
    session: Session, caller: Principal, *, org_id: UUID, body: OrganizationUpdate, if_match: int | None
) -> Detail:
    """Change the organization of the request; another one is as absent."""
    organization = repository.organization_of(session, org_id) if org_id == caller.org_id else None
    if organization is None:
        raise NotFound()
    expect_version(organization, if_match)
    chosen = repository.settings_of(session, org_id)
    before = _changeable(organization, chosen)
    given = body.model_dump(exclude_unset=True)
    for name in OWN_FIELDS:
        setattr(organization, name, given.get(name) or getattr(organization, name))
    settings = OrgSettings(
        org_id=org_id,
        support_email=given.get("support_email", chosen.support_email),
        default_locale=given.get("default_locale") or chosen.default_locale,
    )
    repository.write_settings(session, settings)
    session.flush()
    audit.record(
        session,
        "organization.changed",
        subject_type=SUBJECT,
        subject_id=org_id,
        before=before,
        after=_changeable(organization, settings),
    )
    return _detail(organization, settings)


def decide(
    session: Session, caller: Principal, *, org_id: UUID, body: VerificationDecisionCreate
) -> Organization:
    """Verify or reject an organization that waits; whoever founded a verified one becomes its administrator."""
    act_for(session, replace(caller, org_id=org_id))
    organization = repository.organization_of(session, org_id)
    if organization is None:
        raise NotFound()
    if organization.state != "pending":
        raise AlreadyDecided(f"This organization is {organization.state}.")
    organization.state = body.decision.value
    session.flush()
    audit.record(
        session,
        f"organization.{body.decision}",
        subject_type=SUBJECT,
        subject_id=org_id,
        before={"state": "pending"},
        after={"state": organization.state},
        reason=body.reason,
    )
    if organization.state == "verified" and organization.founder_id is not None:
        memberships.grant(session, user_id=organization.founder_id, role=Role.ORG_ADMIN, reason=body.reason)
    return organization


def _changeable(organization: Organization, chosen: OrgSettings) -> dict[str, Any]:
    own = {name: getattr(organization, name) for name in OWN_FIELDS}
    return {**own, "support_email": chosen.support_email, "default_locale": chosen.default_locale}


def _detail(organization: Organization, chosen: OrgSettings) -> Detail:
    return Detail(
        id=organization.id,
        kind=organization.kind,
        name=organization.name,
        slug=organization.slug,
        time_zone=organization.time_zone,
        state=organization.state,
        created_at=organization.created_at,
        version=organization.version,
        support_email=chosen.support_email,
        default_locale=chosen.default_locale,
    )
