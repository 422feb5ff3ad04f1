"""Long work that one run at a time does, however often it is asked for and dies on its way.

A run takes a lease of the row that stands for the work, renews it with what it commits, and ends the work under the
row's lock. A run that was thought dead and wakes up again finds the row another's, and ends there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from lodestar import clock
from lodestar.db import VersionedRow, principal_of, work_for
from lodestar.ids import new_id
from lodestar.log import log

OPEN = ("pending", "running")
SILENCE = timedelta(minutes=5)
"""Who renewed nothing for so long is taken for dead: longer than a part of a table, or one call to a model with its
waits, takes."""
MOST_TRIES = 3


class LeasedRow(VersionedRow):
    """A row that stands for long work: `pending`, `running`, then its domain's words for the end. `run_id` names the run
    that does it now, and `updated_at` is when that run last said something."""

    state: Mapped[str] = mapped_column(default="pending")
    run_id: Mapped[UUID | None]
    tries: Mapped[int] = mapped_column(default=0)
    problem_detail: Mapped[str | None]
    completed_at: Mapped[datetime | None]

    def leave(self, state: str, *, problem: str | None = None) -> None:
        """Nobody does it any more: it is over, or waits for another run."""
        self.state, self.run_id, self.problem_detail = state, None, problem


Row = TypeVar("Row", bound=LeasedRow)
GiveUp = Callable[[Session, Row], None]
"""Leaves a row whose tries are used up in its domain's word for that."""


class Superseded(Exception):
    """The row is another run's now, or its work is over."""


@dataclass(frozen=True, slots=True)
class Lease(Generic[Row]):
    """A run's hold on a row, which is as it was when the run began."""

    org_id: UUID
    run_id: UUID
    row: Row

    def renew(self, session: Session, **values: Any) -> None:
        """Say that the run is alive, and keep these columns. Raises `Superseded`."""
        model = type(self.row)
        statement = (
            update(model)
            .where(model.id == self.row.id, model.run_id == self.run_id)
            .values(updated_at=clock.now(), **values)
            .returning(model.id)
        )
        if session.scalar(statement, execution_options={"synchronize_session": False}) is None:
            raise Superseded(str(self.row.id))

    @contextmanager
    def ending(self) -> Iterator[tuple[Session, Row]]:
        """The run's last transaction, and the row, locked, for the run to `leave`. Raises `Superseded`."""
        with work_for(self.org_id) as session:
            row = _locked(session, type(self.row), self.row.id)
            if row is None or row.run_id != self.run_id:
                raise Superseded(str(self.row.id))
            yield session, row


@contextmanager
def run_of(
    model: type[Row], row_id: UUID, *, org_id: UUID, give_up: GiveUp[Row]
) -> Iterator[Lease[Row] | None]:
    """A run; None while there is nothing for it to do. `Superseded` ends it quietly; after another error the next run
    may begin at once, if there may be one."""
    lease = _take(model, row_id, org_id=org_id, give_up=give_up)
    try:
        yield lease
    except Superseded:
        log.info("superseded", row=f"{model.__name__} {row_id}")
    except Exception:
        with suppress(Superseded):
            if lease:
                _give_back(lease, give_up)
        raise


def _take(model: type[Row], row_id: UUID, *, org_id: UUID, give_up: GiveUp[Row]) -> Lease[Row] | None:
    with work_for(org_id) as session:
        row, now = _locked(session, model, row_id), clock.now()
        if row is None or row.state not in OPEN:
            return None
        if row.run_id and row.updated_at > now - SILENCE:
            return None
        if row.tries >= MOST_TRIES:
            give_up(session, row)
            return None
        lease = Lease(org_id, new_id(), row)
        row.state, row.run_id, row.tries, row.updated_at = "running", lease.run_id, row.tries + 1, now
        return lease


def _locked(session: Session, model: type[Row], row_id: UUID) -> Row | None:
    found = select(model).where(model.id == row_id, model.org_id == principal_of(session).org_id)
    return session.scalar(found.with_for_update())


def _give_back(lease: Lease[Row], give_up: GiveUp[Row]) -> None:
    with lease.ending() as (session, row):
        if row.tries >= MOST_TRIES:
            give_up(session, row)
        else:
            row.leave("pending")
