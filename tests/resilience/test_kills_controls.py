"""R6 without its defences: what a kill then leaves behind, which shows that the suite would notice."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from assessment.models.attempts import Attempt
from assessment.repository import claims
from lodestar import events
from lodestar.db import work_for
from tests.proof import Proof, generator, size
from tests.resilience.stories import STORIES, Story
from tests.resilience.trials import Reference, tried
from tests.resilience.walking import DROPPED, Walk, ledger
from tests.simulators.running import Simulators

pytestmark = [pytest.mark.proof, pytest.mark.slow]


def story(name: str) -> Story:
    return next(story for story in STORIES if story.name == name)


def test_without_reconcile_dropped_work_stays(proof: Proof, simulators: Simulators) -> None:
    reference = Reference.of(story("a text"), simulators)
    kills = [kill for kill in reference.kills() if kill.how == DROPPED]
    chosen = generator("dropped").sample(kills, size(slice=3, whole=len(kills)))
    left = [trial for trial in tried(chosen, simulators, reconciled=False) if trial.case.is_unfinished()]
    proof.control("R6", "work that a crash dropped, reconcile off", tried=len(chosen), caught=len(left))


@contextmanager
def without_claims(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever comes takes the attempt, whatever state it is in."""

    def take(session: Session, attempt_id: object, *, execution: str, becomes: str, **_: object) -> bool:
        values = {"claimed_by": execution, "state": becomes}
        session.execute(update(Attempt).where(Attempt.id == attempt_id).values(values))
        return True

    with monkeypatch.context() as patched:
        patched.setattr(claims, "claim", take)
        yield


@contextmanager
def without_inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every event is new to every reaction."""
    with monkeypatch.context() as patched:
        patched.setattr(
            events, "CLAIM", text("SELECT 1 WHERE :event_id IS NOT NULL AND :reaction IS NOT NULL")
        )
        yield


def told_twice(reference: Reference, simulators: Simulators) -> Iterator[str]:
    """What an event that starts its machine twice, and reaches each reaction twice, changes."""
    told = reference.story
    case = told.begun(simulators)
    for _ in range(2):
        Walk(told).run(case.event)
    try:
        changed = ledger(case).difference(reference.ledger)
    except AssertionError as refused:  # a reaction that a constraint stopped, after its effect had begun anew
        changed = str(refused)
    if changed:
        yield f"{told}: {changed}"


@pytest.mark.parametrize(
    ("defence", "off"),
    [("the conditional claim", without_claims), ("the idempotent inbox", without_inbox)],
)
def test_what_is_told_twice_happens_once_by_its_defence(
    proof: Proof,
    simulators: Simulators,
    monkeypatch: pytest.MonkeyPatch,
    defence: str,
    off: Callable[[pytest.MonkeyPatch], AbstractContextManager[None]],
) -> None:
    stories = [one for one in STORIES if one.machine == "grade_attempt" and one.broken is None]
    told = [Reference.of(one, simulators) for one in stories[: size(slice=1, whole=len(stories))]]
    whole = [wrong for one in told for wrong in told_twice(one, simulators)]
    proof.found("R6", f"events told twice, with {defence}", tried=len(told), wrong=whole)
    with off(monkeypatch):
        caught = [wrong for one in told for wrong in told_twice(one, simulators)]
    proof.control("R6", f"events told twice, without {defence}", tried=len(told), caught=len(caught))


def test_a_metric_that_counted_something_twice_is_seen(proof: Proof, simulators: Simulators) -> None:
    graded = story("a text")
    case = graded.begun(simulators)
    Walk(graded).run(case.event)
    sound = ledger(case)
    with work_for(case.org_id) as session:
        double = text("UPDATE insights.daily_metrics SET numerator = 2 * numerator WHERE org_id = :org")
        session.execute(double, {"org": case.org_id})
    doubled = ledger(case)
    seen = [doubled.difference(sound), doubled.beyond(sound)]
    proof.control("R6", "metrics that counted twice", tried=len(seen), caught=len(list(filter(None, seen))))
