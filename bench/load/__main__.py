"""`make load`: invite 200 learners into the running stack, let them live there for 5 minutes, write what it took."""

import argparse
import asyncio
import os
import random
import sys
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import httpx

from bench.load.people import (
    Activity,
    Person,
    administer,
    answer,
    arrive,
    live,
    read_progress,
    submit_project,
    watch,
)
from bench.load.report import REPORT, Handled, Run, render
from bench.load.session import TIMEOUT, Failed, Sent, Session
from local.observed import LocalSource, parsed
from local.seed.content import load
from local.seed.people import PASSWORD
from local.settings import Settings
from local.stack import is_ready

AT_A_TIME = 6
TRIES = 5
ENROLMENT_SECONDS = 120
STAFF = 4
MARK = "<!-- measured -->"


@dataclass(frozen=True)
class Stage:
    """What a share of the learners does, and which star puts them there."""

    name: str
    share: float
    activity: Activity
    star: int = 0


STAGES = (
    Stage("signing in", 0.15, arrive),
    Stage("reading progress", 0.30, read_progress),
    Stage("watching", 0.30, watch, star=1),
    Stage("answering", 0.20, answer),
    Stage("submitting projects", 0.05, submit_project, star=3),
)


def main(arguments: list[str]) -> int:
    """Exit status 1 when a request got no answer or a 5xx, 2 when no stack runs."""
    parser = argparse.ArgumentParser(prog="make load")
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", action="store_true", help=f"put the measurements into {REPORT.name}")
    chosen = parser.parse_args(arguments)
    settings = Settings.from_environment()
    if not is_ready(settings):
        print("The stack does not run: `make run` starts it.", file=sys.stderr)
        return 2
    load_before = os.getloadavg()[0]
    counts, sent = asyncio.run(_run(settings, chosen.learners, seconds=chosen.seconds, seed=chosen.seed))
    run = Run(counts, chosen.seconds, chosen.seed, sent, handled(settings), load_before)
    measured = render(run)
    print(measured)
    if chosen.save:
        before, _, after = REPORT.read_text(encoding="utf-8").split(MARK)
        REPORT.write_text(f"{before}{MARK}\n{measured}\n{MARK}{after}", encoding="utf-8")
    return 1 if any(one.status == 0 or one.status >= 500 for one in sent) else 0


async def _run(
    settings: Settings, learners: int, *, seconds: float, seed: int
) -> tuple[Mapping[str, int], list[Sent]]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=learners)
    async with httpx.AsyncClient(timeout=TIMEOUT, limits=limits, trust_env=False) as http:
        setup: list[Sent] = []
        staff = await _staff(settings, http, setup, chance=random.Random(f"{seed}:staff"))
        people: list[tuple[Person, Activity]] = []
        counts: dict[str, int] = {}
        for stage in STAGES:
            counts[stage.name] = round(learners * stage.share)
            made = await _some_at_a_time(
                _some_learner(staff, stage, chance=random.Random(f"{seed}:{stage.name}:{number}"))
                for number in range(counts[stage.name])
            )
            people += [(person, stage.activity) for person in made]
            print(f"{counts[stage.name]} {stage.name} are ready", flush=True)
        counts["listing as staff"] = STAFF
        people += [(staff, administer)] * STAFF
        log: list[Sent] = []
        for person, _ in people:
            person.api.log = log
        until = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(live(person, activity, until=until) for person, activity in people))
        return counts, log


async def _staff(
    settings: Settings, http: httpx.AsyncClient, log: list[Sent], *, chance: random.Random
) -> Person:
    member = next(m for m in load().organizations[0].members if m.role == "org_admin")
    session = Session(settings.public_url, http, log)
    staff = Person(session, email=member.email, password=PASSWORD, chance=chance)
    await staff.sign_in()
    return staff


async def _some_learner(staff: Person, stage: Stage, *, chance: random.Random) -> Person:
    """Somebody new; somebody else when a busy stack failed them. Getting ready is not what is measured."""
    for _ in range(TRIES - 1):
        with suppress(Failed, TimeoutError):
            return await _learner(staff, stage, chance=chance)
    return await _learner(staff, stage, chance=chance)


async def _learner(staff: Person, stage: Stage, *, chance: random.Random) -> Person:
    """Somebody new: invited, signed in, enrolled by the product, put at the stage's star."""
    email = f"load.{uuid4().hex[:12]}@example.org"
    invitation = await staff.api.post("/v1/identity/invitations", {"email": email, "role": "learner"})
    session = Session(staff.api.url, staff.api.http, staff.api.log)
    acceptance = {"password": PASSWORD, "display_name": "Lee Load", "time_zone": "Europe/Dublin"}
    await session.post(f"/v1/identity/public/invitations/{invitation['token']}", acceptance)
    person = Person(session, email=email, password=PASSWORD, chance=chance)
    await person.sign_in()
    async with asyncio.timeout(ENROLMENT_SECONDS):
        while not (page := await session.get("/v1/learning/enrollments"))["data"]:
            await asyncio.sleep(1)
    enrollment_id = page["data"][0]["id"]
    backgrounds = await session.get("/v1/assessment/backgrounds")
    written = next(b["id"] for b in backgrounds["data"] if b["submission_kind"] == "text")
    await session.patch(f"/v1/learning/enrollments/{enrollment_id}", {"background_id": written})
    if stage.star:
        standing = {"star": stage.star, "tier": "bronze", "reason": "To begin in the middle."}
        await staff.api.post("/v1/learning/overrides", {"enrollment_id": enrollment_id, **standing})
    return person


async def _some_at_a_time(work: Iterable[Awaitable[Person]]) -> list[Person]:
    room = asyncio.Semaphore(AT_A_TIME)

    async def one(making: Awaitable[Person]) -> Person:
        async with room:
            return await making

    return await asyncio.gather(*(one(making) for making in work))


def handled(settings: Settings) -> dict[str, Handled]:
    """What the functions logged of each request, by its correlation id."""
    return {
        line["correlation_id"]: Handled(
            line["duration_ms"], line["sql_ms"], line["statements"], "cold_start" in line
        )
        for message in LocalSource(settings).messages()
        for text in message.splitlines()
        if (line := parsed(text)) and line["event"] == "request"
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
