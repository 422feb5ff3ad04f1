"""From levels to a score, from scores to an outcome."""

from decimal import Decimal

import pytest

from assessment.rules.decisions import decided_score
from assessment.rules.evidence import Evidence, Part, Quote
from assessment.rules.grading import (
    Doubt,
    Grading,
    Opinion,
    Outcome,
    Reason,
    Run,
    attempts_left,
    criteria_of,
    graded,
    outcome,
)
from assessment.rules.strategies import in_order, models_for
from tests.assessment.grading.submissions import HONEST
from tests.factories.assessment import CRITERIA

PROBLEM = "The problem is that the food stall loses money on rainy days"
SOLUTION = "My solution has three steps."
PASSING = Decimal(70)


def opined(*opinions: Opinion) -> Grading:
    criteria = criteria_of({"criteria": CRITERIA})
    return graded(criteria, opinions, Evidence([Part(None, HONEST)]), passing_score=PASSING)


def says(key: str, level: int, *quotes: str) -> Opinion:
    return Opinion(key, level, [Quote(quote) for quote in quotes], "Good. Go on.")


@pytest.mark.parametrize(
    ("problem", "solution", "score"),
    [(4, 4, "100"), (4, 0, "40"), (0, 4, "60"), (2, 3, "65"), (1, 1, "25"), (0, 0, "0")],
)
def test_the_score_is_the_weighted_share_of_the_levels(problem: int, solution: int, score: str) -> None:
    grading = opined(says("problem", problem, PROBLEM), says("solution", solution, SOLUTION))
    assert grading.score == Decimal(score)
    assert grading.passed == (Decimal(score) >= PASSING)


def test_no_evidence_no_points() -> None:
    grading = opined(says("problem", 4, PROBLEM), says("solution", 4, "We interviewed forty customers."))

    assert grading.score == 40
    assert [judged.points for judged in grading.judged] == [40, 0]
    assert {Doubt.QUOTES_NOT_FOUND, Doubt.VERDICT_UNPROVEN} <= set(grading.doubts)


def test_a_criterion_that_the_model_left_out_has_no_points_and_raises_a_doubt() -> None:
    assert Doubt.CRITERION_MISSING in opined(says("problem", 4, PROBLEM)).doubts


def test_criteria_that_do_not_exist_and_levels_out_of_range_change_nothing() -> None:
    grading = opined(says("problem", 9, PROBLEM), says("bonus", 4, PROBLEM), says("solution", -3, SOLUTION))
    assert grading.score == 40


def test_of_two_answers_on_one_criterion_the_first_counts() -> None:
    grading = opined(says("problem", 1, PROBLEM), says("problem", 4, PROBLEM), says("solution", 0))
    assert grading.score == 10


def test_points_that_rest_on_passages_about_something_else_raise_a_doubt() -> None:
    unrelated = "eleven of the fourteen days below fifty euros were wet"
    grading = opined(says("problem", 4, unrelated), says("solution", 4, unrelated))
    assert Doubt.EVIDENCE_UNRELATED in grading.doubts


def test_a_clear_grade_has_no_doubts() -> None:
    assert opined(says("problem", 4, PROBLEM), says("solution", 4, SOLUTION)).doubts == ()


def run(score: int, *doubts: Doubt, number: int = 1) -> Run:
    return Run(number, Decimal(score), score >= PASSING, frozenset(doubts))


@pytest.mark.parametrize(
    ("runs", "signs", "last", "expected"),
    [
        ([], False, False, Outcome(None, Reason.NO_MODEL)),
        ([], True, True, Outcome(None, Reason.NO_MODEL)),
        ([run(90)], False, False, Outcome(1, None)),
        ([run(20)], False, False, Outcome(1, None)),
        ([run(20)], False, True, Outcome(1, Reason.ATTEMPTS_USED)),
        ([run(90)], False, True, Outcome(1, None)),
        ([run(90)], True, False, Outcome(1, Reason.INTEGRITY)),
        ([run(72, Doubt.BORDERLINE), run(75, number=2)], False, False, Outcome(2, None)),
        ([run(72, Doubt.BORDERLINE), run(69, number=2)], False, False, Outcome(2, Reason.DISAGREEMENT)),
        ([run(75, Doubt.QUOTES_NOT_FOUND), run(95, number=2)], False, False, Outcome(2, Reason.DISAGREEMENT)),
        ([run(40, Doubt.VERDICT_UNPROVEN)], False, False, Outcome(1, Reason.UNPROVEN)),
        (
            [run(40, Doubt.VERDICT_UNPROVEN), run(45, Doubt.QUOTES_NOT_FOUND, number=2)],
            False,
            False,
            Outcome(2, None),
        ),
    ],
)
def test_what_counts_and_when_a_person_looks_first(
    runs: list[Run], signs: bool, last: bool, expected: Outcome
) -> None:
    assert outcome(runs, signs_of_manipulation=signs, last_attempt=last) == expected


@pytest.mark.parametrize(
    ("earlier", "left"),
    [
        ([], 3),
        (["graded", "graded"], 1),
        (["failed", "graded", "expired"], 2),
        (["graded", "decided", "graded", "graded"], 2),
    ],
)
def test_attempts_left_counts_what_was_graded_since_a_person_decided(earlier: list[str], left: int) -> None:
    assert attempts_left(earlier, 3) == left


def test_the_second_strategy_asks_another_model_first() -> None:
    assert in_order(["other", "evidence-first", "direct"]) == ["direct", "evidence-first"]
    assert models_for(1, ["a", "b"]) == ["a", "b"]
    assert models_for(2, ["a", "b"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("approved", "given", "suggested", "score"),
    [
        (True, 82, 40, 82),
        (True, None, 90, 90),
        (True, None, 40, 70),
        (True, None, None, 70),
        (False, 20, 90, 20),
        (False, None, 40, 40),
        (False, None, 90, 0),
        (False, None, None, 0),
    ],
)
def test_a_decision_leaves_a_score_that_fits_it(
    approved: bool, given: int | None, suggested: int | None, score: int
) -> None:
    assert decided_score(
        approved=approved,
        given=None if given is None else Decimal(given),
        suggested=None if suggested is None else Decimal(suggested),
        passing_score=PASSING,
    ) == Decimal(score)


@pytest.mark.parametrize(("approved", "given"), [(True, 69), (False, 70)])
def test_a_score_that_contradicts_the_decision_is_refused(approved: bool, given: int) -> None:
    with pytest.raises(ValueError, match="pass mark of 70"):
        decided_score(approved=approved, given=Decimal(given), suggested=None, passing_score=PASSING)
