"""The table of learners, read part by part, each in a transaction of its own, into a file of any kind."""

from collections.abc import Callable, Iterator, Sequence
from typing import IO
from uuid import UUID

from sqlalchemy.orm import Session

from insights.repository import exports as repository
from insights.rules import exports as rules
from insights.schemas.learners import LearnerFilters, LearnerRead
from insights.service import learners
from insights.service.sheets import CsvSheet, Sheet, XlsxSheet
from lodestar.db import work_for

Say = Callable[[Session, int], None]
"""Told in each transaction how many were read; what it raises ends the reading."""


def learner_rows(org_id: UUID, filters: LearnerFilters, *, say: Say) -> Iterator[LearnerRead]:
    """Every learner for whom the filters hold, in the order in which they were enrolled."""
    after: UUID | None = None
    done = 0
    while True:
        with work_for(org_id) as session:
            found = repository.part(session, filters, after=after, most=rules.PART)
            rows = learners.read_all(session, found)
            done += len(rows)
            say(session, done)
        yield from rows
        if len(found) < rules.PART:
            return
        after = found[-1].enrollment_id


def sheet(format_: str, target: IO[bytes], headers: Sequence[str], *, title: str) -> Sheet:
    """Where a table is written."""
    return CsvSheet(target, headers) if format_ == "csv" else XlsxSheet(target, headers, title=title)
