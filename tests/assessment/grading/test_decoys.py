"""The criterion that no work meets: never counted, and telling when it is rewarded."""

import json
from decimal import Decimal
from random import Random
from uuid import UUID

import yaml

from assessment.rules.decoys import DECOYS, among, beginnings, decoy_for
from assessment.rules.evidence import Evidence, Part, Quote
from assessment.rules.grading import Doubt, Opinion, Run, criteria_of, graded, outcome
from assessment.rules.grading_prompts import task_text
from local.settings import ROOT
from lodestar.ids import new_id
from simulators.composing.brief import Brief
from simulators.composing.grades import judgements
from simulators.github.samples import HABIT_TRACKER
from tests.assessment.grading.submissions import HONEST
from tests.factories.assessment import CRITERIA

CODING_PROJECTS = ROOT / "local/seed/content/projects/computer_science.yaml"
QUOTES = {
    "problem": "The problem is that the food stall loses money on rainy days",
    "solution": "My solution has three steps. First, the owner orders half the bread",
}
OPINIONS = [Opinion(key, 4, [Quote(text)], "") for key, text in QUOTES.items()]


def doubts(decoy_level: int) -> tuple[Doubt, ...]:
    opinions = [*OPINIONS, Opinion("foghorns", decoy_level, [], "")]
    found = graded(
        criteria_of({"criteria": CRITERIA}), opinions, Evidence([Part(None, HONEST)]),
        passing_score=Decimal(70), decoy="foghorns",
    )  # fmt: skip
    assert found.score == 100
    return found.doubts


def test_a_level_for_the_decoy_is_a_doubt_and_no_point() -> None:
    assert doubts(0) == ()
    assert doubts(1) == (Doubt.DECOY_REWARDED,)


def test_a_person_looks_when_every_opinion_rewards_the_decoy() -> None:
    fooled = Run(1, Decimal(100), True, frozenset({Doubt.DECOY_REWARDED.value}))
    sober = Run(2, Decimal(95), True, frozenset())
    assert outcome([fooled], signs_of_manipulation=False, last_attempt=False).reason == "unproven"
    settled = outcome([fooled, sober], signs_of_manipulation=False, last_attempt=False)
    assert (settled.settled, settled.reason) == (2, None)


def test_an_attempts_decoy_and_its_place_stay_and_differ_from_others() -> None:
    attempts = [new_id() for _ in range(200)]
    assert {decoy_for(each, [HONEST]).key for each in attempts} == {decoy.key for decoy in DECOYS}
    shown = {
        tuple(c["key"] for c in among(CRITERIA, decoy_for(each, []), each)).index(decoy_for(each, []).key)
        for each in attempts
    }
    assert shown == {0, 1, 2}
    assert decoy_for(attempts[0], [HONEST]) == decoy_for(attempts[0], [HONEST])


def test_a_decoy_speaks_of_nothing_that_the_work_speaks_of() -> None:
    for decoy in DECOYS:
        work = f"My grandfather's trade: {decoy.words}."
        for number in range(len(DECOYS)):
            chosen = decoy_for(UUID(int=number), [work])
            assert not beginnings(chosen.words) & beginnings(work)


def test_no_decoy_is_found_in_sound_work_by_the_simulated_model() -> None:
    """One of them was: it spoke of what is "dated", the sample repository of dates, so that one in eight sound
    repositories went to a second opinion."""
    files = yaml.safe_load(HABIT_TRACKER.read_text())
    for tier in yaml.safe_load(CODING_PROJECTS.read_text())["tiers"].values():
        task, criteria = task_text(tier["project"]), tier["rubric"]
        for number in range(len(DECOYS)):
            attempt_id = UUID(int=number)
            decoy = decoy_for(attempt_id, [task, json.dumps(criteria), *files, *files.values()])
            shown = json.dumps(among(criteria, decoy, attempt_id))
            materials = [
                ("task", task),
                ("criteria", shown),
                *((f"./{path}", text) for path, text in files.items()),
            ]
            brief = Brief(system="", prompt="Levels from 0 to 4.", materials=materials, rng=Random(number))
            levels = {judged.criterion.key: judged.strength for judged in judgements(brief)}
            assert levels[decoy.key] == 0
            assert all(levels[criterion["key"]] > 0 for criterion in criteria)
