"""Whom a row is for."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column


class Addressed:
    """A member, whose addresses are looked up when something is sent, or an `address` of the row's channel."""

    recipient_id: Mapped[UUID | None]
    address: Mapped[str | None]
    name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str | None]
    time_zone: Mapped[str | None]
