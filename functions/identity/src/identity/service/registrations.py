"""People who make an account of their own."""

from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.orm import Session

from identity.repository import users
from identity.schemas.public import RegistrationCreate
from lodestar import limits

PER_ADDRESS = 5
PERIOD_SECONDS = 900
"""D-20: so many tries for one address in a quarter of an hour; addresses of callers are limited at the edge."""


def begin(session: Session, body: RegistrationCreate) -> None:
    """Know the person before the account is asked for. Raises `RateLimited`."""
    limit(session, "registrations", body.email)
    users.ensure(session, email=body.email, display_name=body.display_name, time_zone=body.time_zone)


def limit(session: Session, name: str, email: str) -> None:
    """One try for this address. Raises `RateLimited`."""
    limits.spend(session, name, _bucket(email), capacity=PER_ADDRESS, per_seconds=PERIOD_SECONDS)


def _bucket(email: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"mailto:{email}")
