"""`kill -9` in the middle of grading: what was acknowledged stands, and ends graded or in a named state."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from local import stack as local_stack
from local.client import Refused, wait_for
from tests.journeys.learner import Learner
from tests.proof import Proof
from tests.stack.executions import reached, walked, walks_of
from tests.stack.functions import workers_of
from tests.stack.product import Product
from tests.stack.works import SOUND

pytestmark = [pytest.mark.stack, pytest.mark.slow]
GRADING = "grade_attempt"
HEALING_SECONDS = 120


@dataclass
class Work:
    """A project that somebody is about to hand in."""

    learner: Learner
    attempt_id: str

    def hand_in(self) -> None:
        """Until it is acknowledged: a client whose connection broke asks again with the same key."""
        key = str(uuid4())

        def acknowledged() -> bool:
            path, body = (
                f"/v1/assessment/attempts/{self.attempt_id}/submissions",
                {"kind": "text", "text": SOUND},
            )
            return answered(lambda: self.learner.api.post(path, body, key=key))

        wait_for(acknowledged, seconds=HEALING_SECONDS, what="an acknowledgement")

    def state(self) -> str:
        found: dict[str, str] = self.learner.api.get(f"/v1/assessment/attempts/{self.attempt_id}")
        return found["state"]


def answered(call: Callable[[], object]) -> bool:
    """Whether the call was answered; the product's own failures are no answer, its refusals are errors."""
    try:
        call()
    except httpx.HTTPError:
        return False
    except Refused as refused:
        if refused.status < httpx.codes.INTERNAL_SERVER_ERROR:
            raise
        return False
    return True


def a_work(served: Product) -> Work:
    """A project that its learner has started, and a model that from now on takes its time."""
    served.simulators.reset()
    learner = served.learner(stars=3)
    attempt = learner.open_attempt(kind="project")
    learner.start(attempt["id"])
    served.simulators.order("gemini", latency_ms=3000)
    return Work(learner, attempt["id"])


def kill(served: Product, service: str) -> None:
    """Kill the service in the middle of what it does, and return once its supervisor has healed it."""
    killed = served.stack.pid_of(service)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: served.stack.pid_of(service) != killed, seconds=HEALING_SECONDS, what=f"a new {service}")
    wait_for(lambda: answers(served), seconds=HEALING_SECONDS, what="an answer")


def kill_everything(served: Product) -> None:
    """Kill what holds all of it, and start it again as `make run` does."""
    settings = served.stack.settings
    supervisor = local_stack.running_pid(settings)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: not local_stack.is_running(settings), seconds=HEALING_SECONDS, what="its end")
    local_stack.start(settings, detached=False)


def answers(served: Product) -> bool:
    return answered(lambda: served.staff.get("/v1/identity/me"))


KILLS: dict[str, Callable[[Product], None]] = {
    "PostgreSQL": lambda served: kill(served, "postgresql"),
    "the embedded AWS": lambda served: kill(served, "the-embedded-aws"),
    "everything": kill_everything,
}


@pytest.mark.parametrize("killed", KILLS)
def test_what_was_handed_in_is_graded_once_and_awarded(served: Product, killed: str) -> None:
    works = [a_work(served), a_work(served), a_work(served)]
    for work in works[:2]:
        work.hand_in()
    reached(served.stack, GRADING, works[0].attempt_id, "GiveOpinion")
    with ThreadPoolExecutor(1) as another:
        late = another.submit(works[2].hand_in)
        KILLS[killed](served)
        late.result()
    served.simulators.reset()
    for work in works:
        wait_until_nobody_works_on(served, work)
        served.let_pass(work.attempt_id)
    served.reconcile()
    for work in works:
        assert work.learner.await_state(work.attempt_id, "submitted", "grading", 60)["state"] == "graded"
        assert work.learner.await_stars(4)["stars"] == 4
        assert grades(served, work) == 1


@pytest.mark.proof
def test_work_that_a_crash_dropped_waits_until_reconcile_finds_it_due(served: Product, proof: Proof) -> None:
    """Without reconcile it would wait for ever; and reconcile takes nothing out of living hands."""
    work = a_work(served)
    work.hand_in()
    reached(served.stack, GRADING, work.attempt_id, "GiveOpinion")
    kill(served, "the-embedded-aws")
    wait_until_nobody_works_on(served, work)
    dropped = walks_of(served.stack, GRADING, work.attempt_id)
    served.reconcile()
    assert (work.state(), walks_of(served.stack, GRADING, work.attempt_id)) == ("grading", dropped)
    proof.control(
        "R5", "work that a kill dropped, before reconcile", tried=1, caught=int(work.state() == "grading")
    )
    served.let_pass(work.attempt_id)
    served.reconcile()
    assert walked(served.stack, GRADING, work.attempt_id, nth=len(dropped) + 1).status == "SUCCEEDED"
    assert work.state() == "graded"


def test_a_killed_worker_is_replaced_within_the_same_execution(served: Product) -> None:
    work = a_work(served)
    work.hand_in()
    reached(served.stack, GRADING, work.attempt_id, "GiveOpinion")
    (worker,) = wait_for(lambda: workers_of(served.stack, "GiveOpinion"), seconds=10, what="its worker")
    os.kill(worker, signal.SIGKILL)
    walk = walked(served.stack, GRADING, work.attempt_id)
    assert (walk.status, walk.failures) == ("SUCCEEDED", ["Runtime.ExitError"])
    assert (work.state(), grades(served, work)) == ("graded", 1)


def wait_until_nobody_works_on(served: Product, work: Work) -> None:
    """Until every execution for the attempt has ended; one that the crash forgot is not there at all."""

    def nobody() -> bool:
        return all(walk.has_ended for walk in walks_of(served.stack, GRADING, work.attempt_id))

    wait_for(nobody, seconds=HEALING_SECONDS, what="the end of its walk")


def grades(served: Product, work: Work) -> int:
    """How many outcomes others were told of."""
    (row,) = served.execute(
        "SELECT count(*) AS told FROM backbone.outbox "
        "WHERE name = 'assessment.attempt_graded' AND detail->'data'->>'attempt_id' = :id",
        id=work.attempt_id,
    )
    return int(row["told"])
