"""What people consented to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from lodestar.db import Base, TenantRow


class Consent(TenantRow, Base):
    """A person's consent to a purpose, given at `created_at` on reading the notice of `notice_version`."""

    __tablename__ = "consents"
    __table_args__ = ({"schema": "identity"},)

    user_id: Mapped[UUID]
    purpose: Mapped[str]
    notice_version: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
