"""What a model answers when it grades. There is no place in it for how a person looks, sounds or feels."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from assessment.rules.evidence import Quote
from assessment.rules.grading import HIGHEST_LEVEL, Opinion

Feedback = Annotated[str, StringConstraints(max_length=2_000)]
Level = Annotated[int, Field(ge=0, le=HIGHEST_LEVEL)]


class TextGrade(BaseModel):
    """One criterion of a text or a transcript."""

    key: str
    level: Level
    quotes: list[str]
    feedback: Feedback

    def opinion(self) -> Opinion:
        """The same in the rules' terms."""
        return Opinion(self.key, self.level, [Quote(text) for text in self.quotes], self.feedback)


class FileQuote(BaseModel):
    """A passage of a file."""

    path: str
    text: str


class RepositoryGrade(BaseModel):
    """One criterion of a repository."""

    key: str
    level: Level
    quotes: list[FileQuote]
    feedback: Feedback

    def opinion(self) -> Opinion:
        """The same in the rules' terms."""
        quotes = [Quote(quote.text, quote.path) for quote in self.quotes]
        return Opinion(self.key, self.level, quotes, self.feedback)


class TextGrades(BaseModel):
    """The answer for a text or a transcript."""

    criteria: list[TextGrade]
    suspicious_passages: list[str]


class RepositoryGrades(BaseModel):
    """The answer for a repository."""

    criteria: list[RepositoryGrade]
    suspicious_passages: list[str]
