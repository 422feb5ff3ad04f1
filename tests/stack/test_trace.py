"""`make trace` on a running stack: a request's story is read from the real logs, machines and rows."""

import pytest

from local.client import wait_for
from local.observed import LocalSource
from local.stack import Stack
from local.trace import render, story
from tests.journeys.journey import Journey

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def test_a_project_s_story_goes_from_the_submission_to_the_star(stack: Stack) -> None:
    journey = Journey(stack.url, stack.settings.simulator_url, say=lambda _: None)
    learner = journey.arrive(stars=3)
    module = learner.modules("project")[0]
    attempt = learner.open_attempt(kind="project", module_id=module["module_id"])
    learner.start(attempt["id"])
    learner.submit(
        attempt["id"], {"kind": "repository", "url": "https://github.com/sample-learner/habit-tracker"}
    )
    learner.await_stars(4)
    source = LocalSource(stack.settings)

    def told() -> list[str] | None:
        rows = list(render(story(source.observe(attempt["id"]))))
        return rows if any("notification star_awarded" in row for row in rows) else None

    rows = wait_for(told, seconds=60, what="the whole story")
    words = [" ".join(row[10:].split("  (")[0].split()) for row in rows]
    path = [
        "POST /v1/assessment/attempts/{attempt_id}/submissions -> 201",
        "event assessment.attempt_submitted",
        "machine GradeAttempt SUCCEEDED",
        "state ClaimGrading",
        "state FetchRepository",
        "state GiveOpinion",
        "state SettleGrade",
        "event assessment.attempt_graded",
        "reaction learning.reactions.attempt_graded",
        "event learning.star_awarded",
        "reaction messaging.reactions.star_awarded",
        "notification star_awarded",
    ]
    places = [words.index(step) for step in path]
    assert places == sorted(places)
