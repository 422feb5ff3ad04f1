"""The way of a learner in the embedded AWS without any model (story 1); with models, the administrator's tour takes it."""

import pytest

from local.stack import Stack
from tests.journeys.journey import Journey

pytestmark = pytest.mark.stack


@pytest.mark.slow
def test_with_every_model_off_fallbacks_and_persons_carry_a_learner_to_five_stars(stack: Stack) -> None:
    journey = Journey(stack.url, stack.settings.simulator_url, outage=True)
    progress = journey.run()
    assert (progress["stars"], progress["status"]) == (5, "completed")
    assert set(journey.sources) == {"bank", "person"}, "what no model made or graded says so"


@pytest.mark.slow
def test_seeking_earns_nothing_five_watched_talks_earn_star_three_once_and_a_sixth_changes_nothing(
    stack: Stack,
) -> None:
    """Story 2."""
    journey = Journey(stack.url, stack.settings.simulator_url)
    learner = journey.arrive(stars=2)
    talks = sorted(learner.api.get("/v1/learning/masterclasses")["data"], key=lambda talk: talk["position"])
    for talk in talks[:5]:
        end = learner.api.get(f"/v1/media/playback/{talk['asset_id']}")["duration_ms"]
        report = {"position_ms": end, "segments": [{"from_ms": end - 50, "to_ms": end}]}
        assert not learner.api.put(f"/v1/media/playback/{talk['asset_id']}", report)["completed"]
    assert learner.modules("masterclass")[0]["details"]["text"] == "0 of 5"
    for talk in talks[:5]:
        learner.watch(talk["asset_id"])
    earned = learner.await_stars(3)["stages"][2]
    assert (earned["earned"], earned["text"]) == (True, "5 of 5")
    learner.watch(talks[5]["asset_id"])
    after = learner.progress()
    assert after["stars"] == 3
    assert after["stages"][2]["earned_at"] == earned["earned_at"]
