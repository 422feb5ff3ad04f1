"""Kills, all that there are; and what each of them must leave behind: what an undisturbed walk leaves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backbone import reconcile, relay
from tests.bus import emitted
from tests.resilience.stories import ASKING, Case, Story
from tests.resilience.walking import (
    ALWAYS,
    DROPPED,
    ONCE,
    Kill,
    Ledger,
    Walk,
    ledger,
    models_asked,
    models_logged,
    unpublished,
)
from tests.simulators.running import Simulators


@dataclass(frozen=True)
class Reference:
    """A story that nothing disturbed."""

    story: Story
    points: dict[str, tuple[str, ...]]
    ledger: Ledger
    unfinished: bool

    @classmethod
    def of(cls, story: Story, simulators: Simulators) -> "Reference":
        case, walk = story.begun(simulators), Walk(story, watched=True)
        walk.run(case.event)
        return cls(story, walk.points, ledger(case), case.is_unfinished())

    def kills(self) -> Iterator[Kill]:
        """At every moment the worker alone, and with its execution; at a step's first and last each time it is tried."""
        for state, passed in self.points.items():
            moments = list(_moments(passed))
            for nth, what in moments:
                yield Kill(self.story, state, nth, what, ONCE)
                yield Kill(self.story, state, nth, what, DROPPED)
            for nth, what in dict.fromkeys([*moments[:1], *moments[-1:]]):
                yield Kill(self.story, state, nth, what, ALWAYS)


def _moments(passed: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Before each commit and call, and after the last; after one is before the next, for nothing lies between them."""
    for nth, what in enumerate(passed, start=1):
        if nth == len(passed) or what.startswith("before"):
            yield nth, what


@dataclass
class Trial:
    """One kill in a world of its own, and what came of it."""

    kill: Kill
    case: Case
    killed: int = 0
    asked: int = 0

    @classmethod
    def of(cls, kill: Kill, simulators: Simulators) -> "Trial":
        trial = cls(kill, kill.story.begun(simulators))
        trial.walk(trial.case.event, simulators, kill=kill)
        return trial

    def walk(self, event: Mapping[str, Any], simulators: Simulators, *, kill: Kill | None = None) -> None:
        """One more execution; undisturbed without a kill."""
        self.kill.story.set_vendors(simulators)
        walk = Walk(self.kill.story, kill)
        walk.run(event)
        self.killed += walk.killed
        self.asked += models_asked(simulators)

    def faults(self, reference: Reference) -> Iterator[str]:
        """What is not as it must be."""
        if not self.killed:
            yield "nobody was killed"
        if self.case.is_unfinished() and not reference.unfinished:
            yield f"unfinished: {self.case.standing()}"
        found = ledger(self.case)
        if self.kill.how == ALWAYS:
            yield from filter(None, [found.beyond(reference.ledger)])
        else:
            yield from filter(None, [found.difference(reference.ledger)])
        if left := unpublished(self.case):
            yield f"{left} events left in the outbox"
        logged = models_logged(self.case)
        if not self.asked - self.killed <= logged <= self.asked:
            yield f"{logged} calls to models logged of {self.asked}"


def tried(kills: Sequence[Kill], simulators: Simulators, *, reconciled: bool = True) -> list[Trial]:
    """Each kill in its own world, then what is unfinished taken up again by the job that looks for it."""
    trials = [Trial.of(kill, simulators) for kill in kills]
    if reconciled:
        take_up_again([trial for trial in trials if trial.case.is_unfinished()], simulators)
    published = True
    while published:
        published = relay.sweep(older_than_seconds=0)[0] > 0
    return trials


def take_up_again(trials: Sequence[Trial], simulators: Simulators) -> None:
    """Time passes; reconcile runs once; the events that it emits start new executions."""
    for trial in trials:
        trial.case.let_pass()
    reconcile.run()
    for trial in trials:
        known = trial.case.event.get("event_id")
        asked = [event for event in emitted(trial.case.org_id) if event["name"] in ASKING]
        if asked and asked[-1]["event_id"] != known:
            trial.walk(asked[-1], simulators)
