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
make bench            # all of them, under 15 minutes on 2 cores
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
memory and 280 ms of a million rows. With an index for whoever asked there are 6 pages and 0.04 ms. In that run, of the
271 lists of the time, no other whose page was as full at both sizes read more pages in proportion: what grew at all
grew by a level of an index (3 pages became 5), or within what one learner has (115 to 163 pages). The other exponents
above the target in the table below, and its ratios of last to first pages, were measured before that, on a machine with
a load of 10; the times are measured more often now, and the pages stand beside them.

Overrides took 12 statements, rulings on appeals and on privacy requests 10 each; they take 9. The table's are older.

Not met: P3 and P4, measured on two cores that other work held (a load of 8 to 14): the spread is wider than the
distance to the target, so they say nothing of the product yet. Not measured since: P6 as a whole, P11.

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
