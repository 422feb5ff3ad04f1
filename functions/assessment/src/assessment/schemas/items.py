"""Banks and items on the wire. They are staff's: answers stand in them."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from assessment.schemas.common import (
    Key,
    Text,
    Title,
)
from lodestar.api import (
    PatchModel,
    ReadModel,
    RowRead,
    WriteModel,
)

Difficulty = Literal["easy", "medium", "hard"]
Stem = Annotated[str, StringConstraints(min_length=5, max_length=2_000)]
Option = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Options = Annotated[list[Option], Field(min_length=2, max_length=6)]


def one_right_answer(options: list[str], answer: int) -> None:
    """Raises ValueError unless the options differ and one of them is the answer."""
    if len({" ".join(option.casefold().split()) for option in options}) < len(options):
        raise ValueError("the options must differ from each other")
    if not 0 <= answer < len(options):
        raise ValueError("answer is the index of an option, from 0")


class ItemBankCreate(WriteModel):
    """A new bank."""

    key: Key
    title: Title = Field(examples=["Numeracy and data"])
    description: Text = ""


class ItemBankPatch(PatchModel):
    """Changes to a bank."""

    title: Title | None = None
    description: Text | None = None


class ItemBankRead(RowRead):
    """A bank."""

    key: str
    title: str
    description: str


class ItemCreate(WriteModel):
    """A new single-choice item; `answer` is the index of the right option, from 0."""

    bank_id: UUID
    key: Key
    stem: Stem = Field(examples=["What does a BLUF message open with?"])
    options: Options = Field(examples=[["A greeting", "What you need, from whom, and by when", "A joke"]])
    answer: int = Field(examples=[1])
    explanation: Text = Field(min_length=1)
    quote: Text | None = None
    difficulty: Difficulty = "medium"

    @model_validator(mode="after")
    def has_one_right_answer(self) -> "ItemCreate":
        """Exactly one option is right."""
        one_right_answer(self.options, self.answer)
        return self


class ItemPatch(PatchModel):
    """Changes to an item. Attempts already made keep what they asked."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"quote"})

    stem: Stem | None = None
    options: Options | None = None
    answer: int | None = None
    explanation: Annotated[Text, Field(min_length=1)] | None = None
    quote: Text | None = None
    difficulty: Difficulty | None = None
    active: bool | None = None


class ItemRead(RowRead):
    """An item with its answer."""

    bank_id: UUID
    key: str
    stem: str
    options: list[str]
    answer: int
    explanation: str
    quote: str | None
    difficulty: str
    active: bool


class LessonItemWrite(WriteModel):
    """An item's role in a lesson (JR-23)."""

    item_id: UUID
    role: Literal["required", "fallback"]


class LessonItemsWrite(WriteModel):
    """All items of a lesson, in the order in which they are asked."""

    items: list[LessonItemWrite] = Field(max_length=200)

    @model_validator(mode="after")
    def each_once(self) -> "LessonItemsWrite":
        """An item is linked once."""
        if len({entry.item_id for entry in self.items}) < len(self.items):
            raise ValueError("an item stands in a lesson once")
        return self


class LessonItemRead(ReadModel):
    """An item in a lesson."""

    item_id: UUID
    role: str
    position: int
    stem: str
    difficulty: str
    active: bool


class LessonItemsRead(ReadModel):
    """All items of a lesson."""

    lesson_id: UUID
    items: list[LessonItemRead]
