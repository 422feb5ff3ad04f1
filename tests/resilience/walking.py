"""Walking a machine whose workers are processes, and the ledger of what an organization has in the end."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import text

from lodestar.db import work_for
from tests.bus import deliver, emitted
from tests.insights.raw import differing
from tests.machine import Execution, Killed, TaskFailed
from tests.resilience.faults import Ran, in_a_process
from tests.resilience.stories import ASKING, Case, Story
from tests.simulators.running import Simulators

COUNTED_APART = {"backbone.ai_runs", "backbone.outbox", "backbone.inbox", "backbone.rate_buckets"}
ROLLED_UP = {"insights.daily_metrics"}
"""Made of other rows, a group a row, once anybody looked at a learner: their cells are held to the owners' tables."""
MODEL_CALLS = {"generateContent", "chat.completions", "audio.transcriptions"}


@dataclass(frozen=True)
class Kill:
    """A worker dies at a point of a step: once, each time the step is tried, or with the whole execution."""

    story: Story
    state: str
    point: int
    what: str
    how: str

    def __str__(self) -> str:
        return f"{self.story}, {self.state} killed {self.what} (point {self.point}, {self.how})"


ONCE, ALWAYS, DROPPED = "once", "always", "execution dropped"
HOWS = (ONCE, ALWAYS, DROPPED)


@dataclass
class Walk:
    """One execution whose steps run here, but for the one to be killed; or, `watched`, each in a process of its own.

    `points` are those that each step passed when it first ran in a process.
    """

    story: Story
    kill: Kill | None = None
    watched: bool = False
    points: dict[str, tuple[str, ...]] = field(default_factory=dict)
    killed: int = 0
    path: list[str] = field(default_factory=list)

    def run(self, event: Mapping[str, Any]) -> str | None:
        """The last state's name; None when the execution was dropped with its worker."""
        execution = Execution(self.story.machine, {"detail": event}, around=self._step)
        try:
            return execution.run()
        except Killed:
            return None
        finally:
            self.path = execution.path

    def _step(self, state: str, call: Callable[[], Any]) -> Any:
        if state == self.story.broken:
            raise TaskFailed("ZeroDivisionError")
        if not self.watched and (self.kill is None or self.kill.state != state):
            return call()
        due = self.kill is not None and (self.killed == 0 or self.kill.how == ALWAYS)
        ran = in_a_process(call, dies_at=self.kill.point if self.kill and due else None)
        self.points.setdefault(state, ran.points)
        return self._outcome(ran)

    def _outcome(self, ran: Ran) -> Any:
        if ran.killed:
            self.killed += 1
            if self.kill is not None and self.kill.how == DROPPED:
                raise Killed
            raise TaskFailed("Runtime.ExitError")
        if ran.error is not None:
            raise TaskFailed(ran.error)
        return ran.answer


@dataclass(frozen=True)
class Ledger:
    """What is there once the dust has settled. `rows` counts by table, `events` by name, `misrolled` by metric the
    cells that differ from what they are made of: there may be none."""

    standing: Mapping[str, Any]
    rows: Mapping[str, int]
    events: Mapping[str, int]
    misrolled: Mapping[str, int]

    def difference(self, other: "Ledger") -> str:
        """In words; empty when there is none."""
        sides = [(self.standing, other.standing), (self.rows, other.rows), (self.events, other.events)]
        found = [
            f"{name}: {one.get(name)} instead of {two.get(name)}"
            for one, two in sides
            for name in sorted(one.keys() | two.keys())
            if one.get(name) != two.get(name)
        ]
        return "; ".join([*found, *self._misrolled()])

    def beyond(self, other: "Ledger", *, twice: Collection[str] = ()) -> str:
        """Of what there is more than there; empty when of nothing. Of the tables in `twice` there may be double."""
        sides = [(self.rows, other.rows), (self.events, other.events)]
        most = {
            name: max(1, two.get(name, 0)) * (2 if name in twice else 1) for one, two in sides for name in one
        }
        found = [
            f"{name}: {one[name]}, at most {most[name]}"
            for one, _ in sides
            for name in sorted(one.keys() - ROLLED_UP)
            if one[name] > most[name]
        ]
        return "; ".join([*found, *self._misrolled()])

    def _misrolled(self) -> Iterator[str]:
        for metric, cells in self.misrolled.items():
            yield f"{metric}: {cells} cells differ from what they are made of"


def ledger(case: Case) -> Ledger:
    """Everything the organization has, after every event has reached every reaction, twice."""
    deliver(case.org_id)
    deliver(case.org_id, again=True)
    events = Counter(event["name"] for event in emitted(case.org_id))
    told = {name: count for name, count in events.items() if name not in ASKING}
    return Ledger(case.standing(), _rows(case.org_id), told, _misrolled(case.org_id))


@cache
def _counting() -> str:
    """One statement that counts every tenant table."""
    with work_for(UUID(int=0)) as session:
        found = session.scalars(
            text(
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c"
                " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'org_id'"
                " WHERE c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'SELECT')"
                " AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
            )
        )
        tables = [name for name in found if name not in COUNTED_APART]
    return " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS n FROM {name} WHERE org_id = :org" for name in tables
    )


def _rows(org_id: UUID) -> dict[str, int]:
    with work_for(org_id) as session:
        rows = session.execute(text(_counting()), {"org": org_id})
        return {row.name: row.n for row in rows if row.n}


def _misrolled(org_id: UUID) -> dict[str, int]:
    """Metrics with wrong cells; none while somebody has not been looked at, for whom the nightly rebuild looks."""
    with work_for(org_id) as session:
        query = text(
            "SELECT count(*) FROM learning.enrollments AS e LEFT JOIN insights.enrollment_facts AS f"
            " ON f.enrollment_id = e.id WHERE e.org_id = :org AND f.enrollment_id IS NULL"
        )
        unseen = session.scalar(query, {"org": org_id})
    return {} if unseen else differing(org_id)


def models_asked(simulators: Simulators) -> int:
    """How many calls to models were answered since the vendors were last reset."""
    sent = [entry for vendor in ("gemini", "openai") for entry in simulators.sent(vendor)]
    return sum(entry["operation"] in MODEL_CALLS for entry in sent)


def models_logged(case: Case) -> int:
    """How many of them the organization's log knows."""
    with work_for(case.org_id) as session:
        query = text("SELECT count(*) FROM backbone.ai_runs WHERE org_id = :org AND outcome <> 'unavailable'")
        return int(session.scalar(query, {"org": case.org_id}) or 0)


def unpublished(case: Case) -> int:
    """How many of the organization's events have not reached the bus."""
    with work_for(case.org_id) as session:
        query = text("SELECT count(*) FROM backbone.outbox WHERE org_id = :org AND published_at IS NULL")
        return int(session.scalar(query, {"org": case.org_id}) or 0)
