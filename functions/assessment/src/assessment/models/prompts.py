"""Prompt templates."""

from sqlalchemy.orm import Mapped, mapped_column

from lodestar.db import Base, VersionedRow


class PromptTemplate(VersionedRow, Base):
    """One revision of the words said to a model for a purpose by a strategy; its texts never change.

    At most one revision of a (purpose, strategy) is active.
    """

    __tablename__ = "prompt_templates"
    __table_args__ = ({"schema": "assessment"},)

    purpose: Mapped[str]
    strategy: Mapped[str] = mapped_column(default="default")
    revision: Mapped[int]
    system_prompt: Mapped[str]
    input_prompt: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def name(self) -> str:
        """How `ai_runs` and grades refer to it: `quiz/default@3`."""
        return f"{self.purpose}/{self.strategy}@{self.revision}"
