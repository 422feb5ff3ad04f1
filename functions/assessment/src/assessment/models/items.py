"""Banks of single-choice items, and the lessons that items belong to."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, TenantRow, VersionedRow, tenant_key


class ItemBank(VersionedRow, Base):
    """A named set of items. `key` is its natural key in the organization."""

    __tablename__ = "item_banks"
    __table_args__ = ({"schema": "assessment"},)

    key: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")


class Item(VersionedRow, Base):
    """One question with several options, exactly one of them right: `answer` is its index.

    `quote` is the passage of the lesson's transcript that the answer rests on.
    """

    __tablename__ = "items"
    __table_args__ = (tenant_key("bank_id", "assessment.item_banks"), {"schema": "assessment"})

    bank_id: Mapped[UUID]
    key: Mapped[str]
    stem: Mapped[str]
    options: Mapped[list[str]]
    answer: Mapped[int]
    explanation: Mapped[str]
    quote: Mapped[str | None]
    difficulty: Mapped[str] = mapped_column(default="medium")
    active: Mapped[bool] = mapped_column(default=True)


class ItemLessonLink(TenantRow, Base):
    """An item's place in a lesson: `required` items are always asked, `fallback` items when a model fails (JR-23)."""

    __tablename__ = "item_lesson_links"
    __table_args__ = (
        tenant_key("item_id", "assessment.items", ondelete="CASCADE"),
        {"schema": "assessment"},
    )

    lesson_id: Mapped[UUID]
    item_id: Mapped[UUID]
    position: Mapped[int]
    role: Mapped[str]
