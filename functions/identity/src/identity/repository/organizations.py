"""Organizations."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from identity.models.organizations import Organization, OrgSettings
from lodestar.pagination import Page, PageQuery, paginate

WRITE_SETTINGS = text(
    """
    INSERT INTO identity.org_settings (support_email, default_locale) VALUES (:support_email, :default_locale)
    ON CONFLICT (org_id) DO UPDATE
      SET support_email = excluded.support_email, default_locale = excluded.default_locale
    """
)


def visible(session: Session, page: PageQuery, *, slug: str | None) -> Page[Organization]:
    """The caller's organization; from the platform's, all of them, or the one of a short name."""
    statement = select(Organization)
    if slug is not None:
        statement = statement.where(Organization.slug == slug)
    return paginate(session, statement, page, keys=(Organization.id,))


def organization_of(session: Session, org_id: UUID) -> Organization | None:
    return session.get(Organization, org_id)


def settings_of(session: Session, org_id: UUID) -> OrgSettings:
    """What the organization chose, or the defaults."""
    found = session.get(OrgSettings, org_id)
    return found or OrgSettings(org_id=org_id, support_email=None, default_locale="en")


def write_settings(session: Session, chosen: OrgSettings) -> None:
    """Keep them for the organization of the transaction."""
    values = {"support_email": chosen.support_email, "default_locale": chosen.default_locale}
    session.execute(WRITE_SETTINGS, values)
