"""The walker goes the ways that the embedded AWS goes: those that tests/statemachines sees there."""

import pytest

from tests.proof import size
from tests.resilience.stories import STORIES
from tests.resilience.walking import Walk
from tests.simulators.running import Simulators
from tests.statemachines import test_generate_content as generating
from tests.statemachines import test_grade_attempt as grading
from tests.statemachines import test_process_media as processing

WAYS = {
    "a quiz": generating.MADE,
    "a quiz about nothing": [*generating.MADE[:-1], *generating.FAILED],
    "a text": [*grading.read("text"), *grading.JUDGED],
    "a repository": [*grading.read("repository"), *grading.JUDGED],
    "a repository that is not there": [*grading.read("repository"), "IsRead", "Refused"],
    "a lesson": processing.READY,
    "a table": [*processing.PROBED, "FinishWithoutSpeech", "Ready"],
    "a page named .webm": [*processing.PROBED, "Rejected"],
    "a lesson that cannot be probed": [*processing.CLAIMED, "Probe", *processing.FAILED],
}


@pytest.mark.proof
@pytest.mark.parametrize("name", list(WAYS)[:: size(slice=4, whole=1)])
def test_a_story_leads_the_walker_and_the_embedded_aws_the_same_way(
    simulators: Simulators, name: str
) -> None:
    story = next(story for story in STORIES if story.name == name)
    walk = Walk(story)
    walk.run(story.begun(simulators).event)
    assert walk.path == WAYS[name]
