"""What QUALITY.md asks to be proved: how large each suite is, and what it saw, next to its negative control.

`make test` runs a slice of every suite, `make prove` the whole numbers; the size is the only difference. Whatever is
generated comes from `generator(...)`, so that a run can be repeated.
"""

import os
import platform
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

WHOLE_SETTING = "LODESTAR_PROVE"
WHOLE = os.environ.get(WHOLE_SETTING) == "1"


def size(*, slice: int, whole: int) -> int:  # noqa: A002 - the word for it
    """How many to try in this run. Usable while tests are collected."""
    return whole if WHOLE else slice


def generator(name: str) -> random.Random:
    """The corpus called `name` is the same in every run, on every machine."""
    return random.Random(f"lodestar:{name}")


@dataclass(frozen=True)
class Finding:
    """One line of the report. For a control `wrong` counts what the missing defence let through, and must not be 0."""

    goal: str
    what: str
    tried: int
    wrong: int
    is_control: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        return (self.wrong > 0) == self.is_control

    def __str__(self) -> str:
        kind = "control" if self.is_control else "proof"
        verdict = "holds" if self.holds else "DOES NOT HOLD"
        note = f" ({self.note})" if self.note else ""
        return f"{self.goal:<4}{kind:<8}{self.what}: {self.wrong:,} wrong of {self.tried:,}, {verdict}{note}"


class Proof:
    """What one test found; the fixture `proof` gives it."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def found(self, goal: str, what: str, *, tried: int, wrong: Iterable[object], note: str = "") -> None:
        """Record what was tried, then fail with the first of what was wrong. `goal` is QUALITY.md's: R8."""
        examples = list(wrong)
        self.findings.append(Finding(goal, what, tried, len(examples), note=note))
        assert tried, f"{goal} {what}: nothing was tried"
        shown = "\n".join(map(str, examples[:20]))
        assert not examples, f"{goal} {what}: {len(examples)} of {tried} wrong\n{shown}"

    def control(self, goal: str, what: str, *, tried: int, caught: int, note: str = "") -> None:
        """Record what happens without the defence that `what` names; fail when the suite did not notice."""
        self.findings.append(Finding(goal, what, tried, caught, is_control=True, note=note))
        assert caught, f"{goal} {what}: the defence was off, and none of {tried} failed"


def as_properties(findings: Iterable[Finding]) -> list[tuple[str, object]]:
    """How findings travel from a worker to the run: as a report's user properties."""
    return [("finding", asdict(finding)) for finding in findings]


def from_properties(properties: Iterable[tuple[str, object]]) -> list[Finding]:
    return [Finding(**value) for name, value in properties if name == "finding" and isinstance(value, dict)]


def write_report(findings: Iterable[Finding], *, path: Path, seconds: float) -> None:
    """The table that docs/conformance.md holds."""
    lines = [
        "# What is proved",
        "",
        f"`make prove`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" {seconds / 60:.0f} minutes. A control is the same suite with the named defence off: there, wrong must not be 0.",
        "",
        "| Goal | | What | Tried | Wrong | |",
        "|---|---|---|--:|--:|---|",
    ]
    for one in findings:
        kind = "control" if one.is_control else ""
        lines.append(
            f"| {one.goal} | {kind} | {one.what}{f' ({one.note})' if one.note else ''} | {one.tried:,} | {one.wrong:,}"
            f" | {'holds' if one.holds else '**does not hold**'} |"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
