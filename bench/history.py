"""What earlier runs measured: a small file for each goal in bench/history, and the table that docs/benchmarks.md shows."""

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
MARK = "<!-- measured -->"
"""Above it the document is written by people, below it by `save`."""


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
    prose = TABLE.read_text(encoding="utf-8").partition(MARK)[0]
    TABLE.write_text(f"{prose}{MARK}\n\n{table(runs())}", encoding="utf-8")
    return file


def runs() -> list[dict[str, Any]]:
    """The kept runs, oldest first."""
    return [json.loads(file.read_text()) for file in sorted(HISTORY.glob("*.json"))]


def table(kept: Iterable[dict[str, Any]]) -> str:
    """For each goal what the newest run that measured it found."""
    newest: dict[str, dict[str, Any]] = {}
    for run in kept:
        newest |= dict.fromkeys((entry["goal"] for entry in run["results"]), run)
    lines = list[str]()
    for goal, run in sorted(newest.items(), key=lambda item: _place(item[0])):
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


def _place(goal: str) -> tuple[int, str]:
    """P8b comes after P8, and both before P10."""
    digits = "".join(filter(str.isdigit, goal))
    return int(digits), goal


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
