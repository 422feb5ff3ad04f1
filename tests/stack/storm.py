"""People who work while what serves them is killed, and who ask again until they are answered, as a browser does."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event
from typing import Any
from uuid import uuid4

import psutil
from sqlalchemy.exc import DBAPIError

from local.client import Client, NotInTime, PatientClient, Refused, wait_for
from local.seed.people import PASSWORD
from tests.journeys.learner import Learner
from tests.stack.product import Product
from tests.stack.works import SOUND

HEALING_SECONDS = 300
"""As long as a storm and what heals after it: whoever asks for a thing asks until then."""
PATIENCE_SECONDS = 15
"""After which a learner leaves whose enrolment or content does not come: the storm may outlast what brings it (a queue
shows a letter again after 60 s, reconcile looks every 300 s). What was acknowledged to them stands, and is looked for."""


class Left(Exception):
    """A learner had waited long enough."""


WATCHED_TALKS = 2
QUIZZES = 2


@dataclass
class Acknowledged:
    """What the product said that it had done: from then on it must be there, once."""

    people: list[str] = field(default_factory=list)
    backgrounds: list[tuple[str, str]] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    attempts: list[tuple[str, str]] = field(default_factory=list)
    submissions: list[str] = field(default_factory=list)
    played: list[tuple[str, str, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(len(kind) for kind in vars(self).values())


@dataclass
class Crowd:
    """Learners at work, each thread with one after the other, until it is over."""

    product: Product
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    over: Event = field(default_factory=Event)

    def work(self, threads: int) -> tuple[ThreadPoolExecutor, list[Future[None]]]:
        """Begin; the futures end some time after `over` is set, each with the work it had begun."""
        staff = _patient(self.product.stack.url, self.product.staff.token)
        pool = ThreadPoolExecutor(threads)
        turns = (self._write_a_project, self._answer_quizzes, self._watch_talks)
        return pool, [pool.submit(self._one_after_the_other, staff, turns, nth) for nth in range(threads)]

    def await_progress(self, *, since: int) -> int:
        """How much is acknowledged, once it is more than `since`."""

        def more() -> int | None:
            count = len(self.acknowledged)
            return count if count > since else None

        return wait_for(more, seconds=HEALING_SECONDS, what="progress")

    def _one_after_the_other(
        self, staff: PatientClient, turns: tuple[Callable[[PatientClient], None], ...], nth: int
    ) -> None:
        while not self.over.is_set():
            with suppress(Left):
                turns[nth % len(turns)](staff)
            nth += 1

    def _write_a_project(self, staff: PatientClient) -> None:
        learner = self._arrives(staff, stars=3)
        attempt = self._prepared(learner, kind="project")
        learner.start(attempt["id"])
        work = {"kind": "text", "text": SOUND}
        learner.api.post(f"/v1/assessment/attempts/{attempt['id']}/submissions", work)
        self.acknowledged.submissions.append(attempt["id"])

    def _answer_quizzes(self, staff: PatientClient) -> None:
        learner = self._arrives(staff, stars=1)
        course = learner.modules("course")[0]
        for lesson in course["details"]["lessons"][:QUIZZES]:
            place = {"module_id": course["module_id"], "lesson_id": lesson["lesson_id"]}
            attempt = self._prepared(learner, kind="quiz", **place)
            learner.answer(attempt)
            self.acknowledged.submissions.append(attempt["id"])

    def _prepared(self, learner: Learner, **place: str) -> dict[str, Any]:
        """An attempt that can be started. Raises `Left` also when it ended because nothing could be prepared."""
        asked = learner.ask_for_attempt(**place)
        self.acknowledged.attempts.append((learner.enrollment_id, asked["id"]))
        try:
            attempt = learner.await_state(asked["id"], "preparing", PATIENCE_SECONDS)
        except NotInTime as error:
            raise Left from error
        if attempt["state"] != "draft":
            raise Left
        return attempt

    def _watch_talks(self, staff: PatientClient) -> None:
        learner = self._arrives(staff, stars=2)
        me = str(learner.api.get("/v1/identity/me")["id"])
        for talk in learner.api.get("/v1/learning/masterclasses")["data"][:WATCHED_TALKS]:
            self.acknowledged.played.append(
                (me, talk["asset_id"], learner.watch(talk["asset_id"])["covered_ms"])
            )

    def _arrives(self, staff: PatientClient, *, stars: int) -> Learner:
        """Somebody new, as `Product.learner` has them, invited and accepting in the middle of it all."""
        invitation = self._invited(staff)
        email = str(invitation["email"])
        guest = _patient(staff.url)
        accepted = {"password": PASSWORD, "display_name": "Ada Storm", "time_zone": "Europe/Dublin"}
        try:
            guest.post(f"/v1/identity/public/invitations/{invitation['token']}", accepted)
        except Refused as refused:  # the answer to the first try was lost with its worker
            if refused.code != "invitation_closed":
                raise
        self.acknowledged.people.append(email)
        api = guest.sign_in(email, PASSWORD)
        enrollments = "/v1/learning/enrollments"
        enrollment_id = str(_enrolled(api)["id"])
        chosen = api.get("/v1/assessment/backgrounds", key="economics")["data"][0]
        api.patch(f"{enrollments}/{enrollment_id}", {"background_id": chosen["id"]})
        self.acknowledged.backgrounds.append((enrollment_id, str(chosen["id"])))
        override = {"enrollment_id": enrollment_id, "star": stars, "tier": "bronze", "reason": "For a storm."}
        staff.post("/v1/learning/overrides", override)
        self.acknowledged.overrides.append(enrollment_id)
        return Learner(api, enrollment_id)

    def _invited(self, staff: PatientClient) -> dict[str, Any]:
        """The invitation with its token, which a second answer would not hold: then somebody else is invited."""
        body = {"email": f"{uuid4().hex}@example.org", "role": "learner"}
        try:
            found: dict[str, Any] = staff.post("/v1/identity/invitations", body)
        except Refused as refused:
            if refused.code != "secret_already_shown":
                raise
            return self._invited(staff)
        return found


def _patient(url: str, token: str | None = None) -> PatientClient:
    return PatientClient(url, token, patience=HEALING_SECONDS)


def _enrolled(api: Client) -> dict[str, Any]:
    """Somebody's first enrollment, which follows from their joining."""

    def first() -> dict[str, Any] | None:
        return next(iter(api.get("/v1/learning/enrollments")["data"]), None)

    try:
        return wait_for(first, seconds=PATIENCE_SECONDS, what="the enrolment")
    except NotInTime as error:
        raise Left from error


@dataclass
class Lightning:
    """Kills with SIGKILL: whichever worker is busiest, and the server of the database."""

    product: Product
    random: Random
    struck: int = 0
    databases_struck: int = 0
    _spent: dict[int, float] = field(default_factory=dict)

    def strike_a_worker(self) -> str | None:
        """Kill one of the busiest workers; the folder it worked in, which names its function."""
        busiest = sorted(self._workers(), reverse=True)[:3]
        if not busiest:
            return None
        _, pid, folder = self.random.choice(busiest)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.struck += 1
        return folder

    def strike_the_database(self) -> None:
        """Kill PostgreSQL; returns once another answers, so that the next one is killed at work too."""
        stack = self.product.stack
        killed = stack.pid_of("postgresql")
        os.kill(killed, signal.SIGKILL)
        self.databases_struck += 1
        wait_for(
            lambda: stack.pid_of("postgresql") != killed and self._database_answers(),
            seconds=HEALING_SECONDS,
            what="a new PostgreSQL",
        )

    def _database_answers(self) -> bool:
        try:
            return bool(self.product.execute("SELECT 1 AS answer"))
        except DBAPIError:
            return False

    def _workers(self) -> list[tuple[float, int, str]]:
        """Every worker: the processor time it has used since the last look, its process, its folder."""
        found = []
        for process in psutil.Process(self.product.stack.pid_of("the-embedded-aws")).children(recursive=True):
            try:
                folder, times = process.cwd(), process.cpu_times()
            except psutil.Error:
                continue
            if "lambda" not in folder:
                continue
            spent = times.user + times.system
            found.append((spent - self._spent.get(process.pid, 0.0), process.pid, folder))
            self._spent[process.pid] = spent
        return found


def rage(lightning: Lightning, crowd: Crowd, *, workers: int, databases: int, every_seconds: float) -> None:
    """Strike so many workers, one every `every_seconds`, and the database so many times in between, each time once
    somebody got on since the last: what nobody works with is not killed at work."""
    between = max(1, workers // max(1, databases))
    done = 0
    for nth in range(1, workers + 1):
        wait_for(lightning.strike_a_worker, seconds=HEALING_SECONDS, what="a worker")
        if nth % between == 0 and nth // between <= databases:
            done = crowd.await_progress(since=done)
            lightning.strike_the_database()
        time.sleep(every_seconds)
