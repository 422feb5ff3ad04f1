"""What people do in each stage, over and over, with pauses: log-normal think times, seeded a person.

A pause's median is 8 s with sigma 0.6 (a twentieth are longer than 21 s); a player reports every 10 s, as the
browser's does; choosing one answer has a median of 3 s.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from bench.load.session import Failed, Session

READING_SECONDS, ANSWERING_SECONDS = 8.0, 3.0
SIGMA = 0.6
BEAT_SECONDS = 10.0
GRADING_SECONDS = 240.0
PROJECT_TEXT = (
    "I asked the people who run the shop how they take stock, and counted two weeks of their sheets. The plan: one list"
    " on the wall, one person a week who keeps it, and an order once the shelf is half empty. I tried it for a week: the"
    " shop ran out once instead of four times, and nobody needed more than ten minutes a day."
)


class Person:
    """One virtual person: a session, chance of their own, and their enrollment's ids."""

    def __init__(self, session: Session, *, email: str, password: str, chance: random.Random) -> None:
        self.api, self.email, self.chance = session, email, chance
        self._password = password

    async def sign_in(self) -> None:
        await self.api.sign_in(self.email, self._password)

    async def pause(self, median: float = READING_SECONDS) -> None:
        """Think, for a while that is theirs."""
        await asyncio.sleep(self.chance.lognormvariate(math.log(median), SIGMA))


async def arrive(person: Person) -> None:
    """Sign in, and read what the first screen shows."""
    await person.sign_in()
    await person.api.get("/v1/identity/me")
    await _progress(person)
    await person.api.get("/v1/learning/journey/nudges")
    await person.api.get("/v1/messaging/notifications")


async def read_progress(person: Person) -> None:
    """Look at the journey, one part of it, and the notifications."""
    enrollment = await _progress(person)
    await person.pause()
    await person.api.get("/v1/learning/modules", enrollment_id=enrollment["id"])
    await person.pause()
    await person.api.get("/v1/learning/lessons", enrollment_id=enrollment["id"])
    await person.pause()
    await person.api.get("/v1/messaging/notifications")


async def watch(person: Person) -> None:
    """Open a lesson, get the video's address, and report what is played until it is over."""
    enrollment = await _progress(person)
    page = await person.api.get("/v1/learning/lessons", enrollment_id=enrollment["id"])
    lesson = await person.api.get(f"/v1/learning/lessons/{person.chance.choice(page['data'])['id']}")
    path = f"/v1/learning/enrollments/{enrollment['id']}/lesson-progress/{lesson['id']}"
    await person.api.put(path, {})
    await person.api.post(f"/v1/media/assets/{lesson['asset_id']}/playback-urls")
    state = await person.api.get(f"/v1/media/playback/{lesson['asset_id']}")
    length, at = state["duration_ms"], 0
    while at < length:
        await asyncio.sleep(min(BEAT_SECONDS, (length - at) / 1000))
        to = min(length, at + int(BEAT_SECONDS * 1000))
        beat = {"position_ms": to, "segments": [{"from_ms": at, "to_ms": to}], "rate": 1.0}
        await person.api.put(f"/v1/media/playback/{lesson['asset_id']}", beat)
        at = to


async def answer(person: Person) -> None:
    """Open the next assessment, answer question by question with autosave, hand in, read the result."""
    enrollment = await _progress(person)
    done = await person.api.get("/v1/assessment/attempts", enrollment_id=enrollment["id"], kind="initial")
    taken = {attempt["assessment_id"] for attempt in done["data"]}
    offered = await person.api.get("/v1/assessment/assessments", kind="initial")
    left = [assessment["id"] for assessment in offered["data"] if assessment["id"] not in taken]
    if not left:
        await read_progress(person)
        return
    attempt = await _opened(person, enrollment["id"], left[0])
    path = f"/v1/assessment/attempts/{attempt['id']}"
    started = await person.api.post(f"{path}/starts")
    answers: dict[str, int] = {}
    for question in started["content"]["questions"]:
        await person.pause(ANSWERING_SECONDS)
        answers[question["id"]] = person.chance.randrange(len(question["options"]))
        await person.api.patch(path, {"answers": answers})
    await person.api.post(f"{path}/submissions", {"kind": "answers"})
    await person.api.get(f"{path}/result")


async def submit_project(person: Person) -> None:
    """Open a project, write, hand in, and look until it is graded; afterwards read the result now and then."""
    enrollment = await _progress(person)
    if "project" not in person.api.ids:
        offered = await person.api.get("/v1/assessment/assessments", kind="project")
        attempt = await _opened(person, enrollment["id"], offered["data"][0]["id"])
        path = f"/v1/assessment/attempts/{attempt['id']}"
        await person.api.post(f"{path}/starts")
        for share in (0.3, 0.6, 1.0):
            await person.pause()
            await person.api.patch(path, {"text": PROJECT_TEXT[: int(len(PROJECT_TEXT) * share)]})
        await person.api.post(f"{path}/submissions", {"kind": "text", "text": PROJECT_TEXT})
        person.api.ids["project"] = attempt["id"]
    await person.pause()
    await person.api.get(f"/v1/assessment/attempts/{person.api.ids['project']}")


async def administer(person: Person) -> None:
    """Page through enrollments, look at what needs a person, at members, at the audit log."""
    page = await person.api.get("/v1/learning/enrollments", limit=50)
    while page["page"]["next_cursor"]:
        await person.pause()
        page = await person.api.get("/v1/learning/enrollments", limit=50, cursor=page["page"]["next_cursor"])
    for path, query in (
        ("/v1/assessment/attempts", {"state": "needs_review"}),
        ("/v1/identity/members", {"role": "learner"}),
        ("/v1/assessment/appeals", {"state": "open"}),
    ):
        await person.pause()
        await person.api.get(path, **query)


Activity = Callable[[Person], Awaitable[None]]


async def live(person: Person, activity: Activity, *, until: float) -> None:
    """Repeat the activity until the time of the event loop; who meets an error thinks, and tries again."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(person.chance.uniform(0, min(15.0, until - loop.time())))
    while loop.time() < until:
        with suppress(Failed, TimeoutError):
            async with asyncio.timeout_at(until):
                await activity(person)
        if loop.time() < until:
            await person.pause()


async def _progress(person: Person) -> dict[str, Any]:
    page = await person.api.get("/v1/learning/enrollments")
    enrollment: dict[str, Any] = page["data"][0]
    await person.api.get(f"/v1/learning/enrollments/{enrollment['id']}/progress")
    return enrollment


async def _opened(person: Person, enrollment_id: str, assessment_id: str) -> dict[str, Any]:
    """A new attempt, once its content is made."""
    body = {"enrollment_id": enrollment_id, "assessment_id": assessment_id}
    attempt: dict[str, Any] = await person.api.post("/v1/assessment/attempts", body)
    async with asyncio.timeout(GRADING_SECONDS):
        while attempt["state"] == "preparing":
            await person.pause(ANSWERING_SECONDS)
            attempt = await person.api.get(f"/v1/assessment/attempts/{attempt['id']}")
    return attempt
