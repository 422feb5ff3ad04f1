"""People. A user is no tenant's row: row-level security shows those of the organization, and oneself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from lodestar.db import Base
from lodestar.ids import new_id


class User(Base):
    """A person. `subject` is their account in the user pool, once they have signed in."""

    __tablename__ = "users"
    __table_args__ = ({"schema": "identity"},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject: Mapped[str | None]
    email: Mapped[str]
    email_verified_at: Mapped[datetime | None]
    display_name: Mapped[str]
    time_zone: Mapped[str]
    locale: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), onupdate=text("now()"))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands the class
        return {"version_id_col": cls.version, "eager_defaults": True}
