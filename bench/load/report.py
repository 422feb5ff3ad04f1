"""docs/load.md: what the requests of a load run took, and in which layer."""

import os
import platform
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load.session import Sent

REPORT = Path(__file__).parents[2] / "docs" / "load.md"
LAYERS = ("proxy", "queue", "gateway", "handler", "sql")
"""From outside to inside; each without what is within it."""


@dataclass(frozen=True)
class Handled:
    """A request as its function saw it. Milliseconds."""

    duration: float
    sql: float
    statements: int
    cold: bool


@dataclass(frozen=True)
class Run:
    """One load run."""

    people: Mapping[str, int]
    seconds: float
    seed: int
    sent: Sequence[Sent]
    handled: Mapping[str, Handled]
    """By correlation id."""
    load_before: float
    """The machine's load average before the first request."""

    @property
    def answered(self) -> list[Sent]:
        return [one for one in self.sent if one.status]


def layers_of(sent: Sent, handled: Handled | None) -> dict[str, float]:
    """The request's milliseconds by layer; empty where one of them told nothing."""
    if handled is None or "gateway" not in sent.layers:
        return {}
    queue, gateway = sent.layers["queue"], sent.layers["gateway"]
    return {
        "proxy": sent.milliseconds - queue - gateway,
        "queue": queue,
        "gateway": gateway - handled.duration,
        "handler": handled.duration - handled.sql,
        "sql": handled.sql,
    }


def render(run: Run) -> str:
    """The measurements, in Markdown."""
    errors = [one for one in run.sent if one.status == 0 or one.status >= 400]
    people = ", ".join(f"{count} {stage}" for stage, count in run.people.items())
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit `{_commit()}`, {os.cpu_count()} cores, Python"
        f" {platform.python_version()}; load average {run.load_before:.1f} before the run,"
        f" {os.getloadavg()[0]:.1f} at its end. `make load`, seed {run.seed}: {people}; {run.seconds:.0f} s,"
        f" {len(run.sent):,} requests ({len(run.sent) / run.seconds:.1f}/s), {len(errors)} errors.",
        "",
        "| Operation | Requests | Errors | p50 ms | p95 ms | p99 ms |",
        "|---|--:|--:|--:|--:|--:|",
        *(_line(name, group) for name, group in _grouped(run.sent, lambda one: one.operation)),
        _line("**all**", run.sent),
        "",
        "Where the time of the functions' requests goes; each layer without those within it:",
        "",
        "| Layer | p50 ms | p95 ms | share |",
        "|---|--:|--:|--:|",
        *_layer_lines(run),
        "",
        *_handler_lines(run),
    ]
    if errors:
        by_kind = _grouped(errors, lambda one: f"{one.operation}: {one.status or 'no answer'}")
        lines += ["Errors: " + "; ".join(f"{name} x {len(group)}" for name, group in by_kind) + ".", ""]
    return "\n".join(lines)


def _grouped(sent: Iterable[Sent], key: Callable[[Sent], str]) -> list[tuple[str, list[Sent]]]:
    groups: dict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        groups[key(one)].append(one)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def _line(name: str, group: Sequence[Sent]) -> str:
    times = [one.milliseconds for one in group if one.status]
    failed = sum(one.status == 0 or one.status >= 400 for one in group)
    p50, p95, p99 = (percentile(times, rank) for rank in (50, 95, 99))
    return f"| {name} | {len(group):,} | {failed} | {p50:,.0f} | {p95:,.0f} | {p99:,.0f} |"


def _layer_lines(run: Run) -> Iterable[str]:
    split = [found for one in run.answered if (found := layers_of(one, run.handled.get(one.correlation_id)))]
    total = sum(sum(found.values()) for found in split) or 1
    for layer in LAYERS:
        times = [found[layer] for found in split]
        share = sum(times) / total
        yield f"| {layer} | {percentile(times, 50):.1f} | {percentile(times, 95):.1f} | {share:.0%} |"


def _handler_lines(run: Run) -> Iterable[str]:
    known = [
        (one, run.handled[one.correlation_id]) for one in run.answered if one.correlation_id in run.handled
    ]
    warm = [(one, handled) for one, handled in known if not handled.cold]
    times = [handled.duration for _, handled in warm]
    yield (
        f"The handlers themselves: {len(warm):,} warm calls, p50 {percentile(times, 50):.1f} ms, p95"
        f" {percentile(times, 95):.1f} ms, p99 {percentile(times, 99):.1f} ms; {len(known) - len(warm)} cold ones."
    )
    yield ""
    yield "| Handler | Calls | p50 ms | p95 ms | of it SQL p50 | p95 | Statements |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    by_operation: dict[str, list[Handled]] = defaultdict(list)
    for one, handled in warm:
        by_operation[one.operation].append(handled)
    for name, calls in sorted(
        by_operation.items(), key=lambda item: -percentile([c.duration for c in item[1]], 95)
    ):
        durations, sql = [call.duration for call in calls], [call.sql for call in calls]
        yield (
            f"| {name} | {len(calls):,} | {percentile(durations, 50):.1f} | {percentile(durations, 95):.1f}"
            f" | {percentile(sql, 50):.1f} | {percentile(sql, 95):.1f}"
            f" | {statistics.median(call.statements for call in calls):.0f} |"
        )
    yield ""


def percentile(values: Sequence[float], rank: int) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * rank / 100))] if ordered else 0.0


def _commit() -> str:
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"],
        cwd=REPORT.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or "unknown"
