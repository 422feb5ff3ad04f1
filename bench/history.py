"""What earlier runs measured: one small file a run in bench/history, and the table that docs/benchmarks.md shows of them."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench.driver import Result

ROOT = Path(__file__).parents[1]
HISTORY = ROOT / "bench" / "history"
TABLE = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Each speed is a ratio to a baseline of the same run, the two interleaved: the median of the rounds' ratios, and their
spread. QUALITY's goals are P1 to P12; `bench/` has one module a goal, whose docstring says what is compared with what.

```sh
make bench            # all of them; within 15 minutes, is the aim, on 2 cores that do nothing else
make bench ONLY=P3    # one; ONLY="P3 P6" for some
make bench SAVE=1     # keep the results in bench/history, and write this table
```

A list's growth is measured on its statements alone, at 10,000, 100,000 and 1,000,000 rows of 200 organizations of which
the largest has a sixth (`bench/rows.py`); what a person has does not grow with the institution. A new list needs a line
in `bench/listings.py`, and its table one in `bench/rows.py` if a constraint wants more than its columns' types: a test
says so.

## What measuring changed

| | Before | After |
|---|--:|--:|
| Enrollments of an organization, a page of 100,000 | 23.4 ms | 0.2 ms |
| Program assignments, the same | 46.1 ms | 0.1 ms |
| Resources of a learner's lessons, the same | 65.0 ms | 7.8 ms |

(PostgreSQL's own execution time, `EXPLAIN ANALYZE`, 2026-11-21.) Three causes. A policy's `id IN (SELECT ...)` beside an
`OR` counts as half of the table, so the planner read all of it: the policies of shared content hold an array now. A
second process for a page costs more to start than the page: the application's role has none, and reckons with pages
from memory or SSD. Filters without an index walk through the organization: each has one (migration `list_indexes`).
Modules and lessons of drafts, and completed views, were joined before they were ordered: each row is looked up now.

A person's privacy requests, which concern them or were made by them, read the whole organization: 21,974 pages of
memory and 280 ms of a million rows. With an index for whoever asked there are 6 pages and 0.04 ms. Three more lists
read in proportion, at 100,000 rows (2026-11-30):

| | Before | After |
|---|--:|--:|
| Who has not completed an asset that many played | 19,907 pages, 8.9 ms | 297 pages, 0.1 ms |
| A learner's attempts in an unfinished state | 38 pages, 0.37 ms | 5 pages, 0.02 ms |
| The prompt templates in use | 1,517 pages, 0.48 ms | 36 pages, 0.06 ms |

Of the first the planner took five in a thousand for the rows to be found, and read all of them to order them; of the
second it read everybody's unfinished attempts, of which there is an index (migration `more_list_indexes`).

A GET of one row waited for the server ten times: three for each statement with parameters, which is pg8000's way,
three for COMMIT, one for BEGIN. It waits three times now (docs/adr/0011), and two statements' texts are not searched
for parameters again: a tenth of P3's measurements, interleaved with what was before, were faster than 1,027 us, of
which 780 us were our own processor time, where it had been 1,424 us and 1,034 us.

P5 used to leave out what its example bodies did not suffice for, and to send mostly changes that change nothing. All 107
writes are measured now, and succeed; three that took 10 or 11 statements take 9 (an upload in parts, its completion,
enrolling).

## What is not met, and why

- **P4.** A request to the bare application is one round trip of a prepared statement. Ours is three, of statements
  that PostgreSQL parses and plans each time, because a name would pin a session in RDS Proxy (docs/adr/0011); and of
  the 780 us of processor time above, the driver takes 100, the edge (event, caller, validation, log line) about 300,
  SQLAlchemy the rest.
- **P5.** Accepting an invitation takes 19 statements, publishing a program 15, unsubscribing 14, starting an interview
  11, verifying an organization and transcribing again 10. The first and the fourth are two transactions with a vendor
  between them, each of which enters, and looks at everything again; publishing copies a version in three statements
  and checks it in four.
- **P6.** A webhook endpoint's deliveries in one state are read all (19,172 pages of a million rows). The last page of
  programs of one type costs 0.3 ms more than the first, at every size: the planner goes through the primary key.
- **P11.** Where an index holds the organization, its policy costs what the condition costs: 126 of 158 reads. Where
  none does - the outbox, the inbox, a page by primary key - or where a policy offers a choice, as those of shared
  content do, the setting is read for every row, 0.3 us each. Read once for the query, in a sub-select, PostgreSQL would
  not know the organization's share of the rows when it plans, and would take an average one's.

The newest kept measurement of each goal:
"""


def save(results: Sequence[Result]) -> Path:
    """Keep a run's results, and bring the table up to date. Returns the new file."""
    now = datetime.now(UTC)
    run = {
        "date": now.isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": _machine(),
        "python": platform.python_version(),
        "results": [asdict(result) for result in results],
    }
    HISTORY.mkdir(exist_ok=True)
    goals = "-".join(dict.fromkeys(result.goal for result in results))
    file = HISTORY / f"{now:%Y-%m-%dT%H%M%SZ}-{goals}.json"
    file.write_text(json.dumps(run, indent=1) + "\n")
    TABLE.write_text(table(runs()))
    return file


def runs() -> list[dict[str, Any]]:
    """The kept runs, oldest first."""
    return [json.loads(file.read_text()) for file in sorted(HISTORY.glob("*.json"))]


def table(kept: Iterable[dict[str, Any]]) -> str:
    """The document: for each goal what the newest run that measured it found."""
    newest: dict[str, dict[str, Any]] = {}
    for run in kept:
        newest |= dict.fromkeys((entry["goal"] for entry in run["results"]), run)
    lines = [HEAD]
    for goal, run in sorted(newest.items(), key=lambda item: int(item[0][1:])):
        lines += [
            f"## {goal}",
            "",
            f"{run['date'][:10]}, commit `{run['commit']}`, {run['machine']}, Python {run['python']},"
            f" `make bench ONLY={goal}`",
            "",
            "| What | Measured | Spread | Target | | |",
            "|---|--:|---|--:|---|---|",
            *(_line(Result(**entry)) for entry in run["results"] if entry["goal"] == goal),
            "",
        ]
    return "\n".join(lines)


def _line(result: Result) -> str:
    verdict = "met" if result.met else "**missed**"
    return (
        f"| {result.what} | {result.value:.2f} | {result.spread} | {result.bound} {result.target:.2f}"
        f" | {verdict} | {result.note} |"
    )


def _commit() -> str:
    """The commit that was measured, marked when the sources differ from it."""
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or "unknown"


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, load {load:.1f} of other work"
