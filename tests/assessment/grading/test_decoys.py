"""The criterion that no work meets: never counted, and telling when it is rewarded."""

from decimal import Decimal
from uuid import UUID

from assessment.rules.decoys import DECOYS, among, decoy_for
from assessment.rules.evidence import Evidence, Part, Quote
from assessment.rules.grading import Doubt, Opinion, Run, criteria_of, graded, outcome
from assessment.rules.texts import content_stems
from lodestar.ids import new_id
from tests.assessment.grading.submissions import HONEST
from tests.factories.assessment import CRITERIA

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
            assert not content_stems(chosen.words) & content_stems(work)
