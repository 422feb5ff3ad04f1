"""The pure decisions: policy, limits, scores, checks, selection."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from assessment.rules import ai_alerts, scoring, selection, tasks
from assessment.rules.attempts import Limits, Past, refusal
from assessment.rules.freezing import content_hash
from assessment.rules.items import Candidate, checked, fault
from assessment.rules.limits import applied
from assessment.rules.prompts import Prompt
from assessment.rules.tasks import Question
from assessment.rules.texts import normal
from lodestar.contracts.assessment import AssessmentKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = (
    "A good message opens with the request and the date. Call first if a matter is urgent and complicated."
)
GOOD = Candidate(
    stem="What does a good message open with?",
    options=("The request and the date", "A joke", "A greeting", "The history"),
    answer=0,
    explanation="It says so.",
    quote="A good message opens with the request and the date.",
    source="model",
)


def tried(*states: str, minutes_ago: int = 0) -> list[Past]:
    return [Past(state, False, NOW - timedelta(minutes=minutes_ago)) for state in states]


@pytest.mark.parametrize(
    ("kind", "past", "limits", "allowed"),
    [
        (AssessmentKind.QUIZ, tried("graded", "graded"), Limits(None, None), True),
        (AssessmentKind.QUIZ, tried("graded", "graded", "graded"), Limits(None, None), False),
        (AssessmentKind.QUIZ, tried("graded", "graded", "graded", minutes_ago=10), Limits(None, None), True),
        (AssessmentKind.QUIZ, tried("failed", "expired", "failed"), Limits(None, None), True),
        (AssessmentKind.PROJECT, tried("graded", "graded"), Limits(3, None), True),
        (AssessmentKind.PROJECT, tried("graded", "graded", "graded"), Limits(3, None), False),
        (AssessmentKind.PROJECT, tried("failed", "graded", "graded", "failed"), Limits(3, None), True),
        (AssessmentKind.PROJECT, tried("decided", "graded", "graded"), Limits(3, None), True),
        (AssessmentKind.INTERVIEW, tried("graded", "graded", "graded"), Limits(3, 7), False),
        (
            AssessmentKind.INTERVIEW,
            tried("graded", "graded", "graded", minutes_ago=10_081),
            Limits(3, 7),
            True,
        ),
        (AssessmentKind.INITIAL, tried("graded"), Limits(None, None), False),
        (AssessmentKind.INITIAL, tried("expired"), Limits(None, None), True),
        (AssessmentKind.PROJECT, [Past("graded", True, NOW)], Limits(3, None), False),
        (AssessmentKind.QUIZ, [Past("graded", True, NOW)], Limits(None, None), True),
    ],
)
def test_how_often_something_may_be_attempted(
    kind: str, past: list[Past], limits: Limits, allowed: bool
) -> None:
    assert (refusal(kind, past, limits=limits, now=NOW) is None) is allowed


def test_a_refused_quiz_and_interview_say_when_they_open() -> None:
    quiz = refusal(
        "quiz", tried("graded", "graded", "graded", minutes_ago=4), limits=Limits(None, None), now=NOW
    )
    assert quiz is not None
    assert quiz.available_at == NOW + timedelta(minutes=6)
    past = [Past("graded", False, NOW - timedelta(days=d)) for d in (1, 3, 5)]
    interview = refusal("interview", past, limits=Limits(3, 7), now=NOW)
    assert interview is not None
    assert interview.available_at == NOW + timedelta(days=2)


def test_the_tier_wins_over_the_module_and_the_module_over_the_assessment() -> None:
    pinned = applied(
        AssessmentKind.QUIZ,
        of_tier={"passing_score": 80},
        of_module={"ai_quiz_passing_score": 75, "ai_quiz_question_count": 8, "question_count": 3},
        of_assessment={"passing_score": 70, "question_count": 10, "time_limit_seconds": 600},
    )
    assert (pinned.passing_score, pinned.question_count, pinned.time_limit_seconds) == (80, 8, 600)


def test_scores_are_rounded_half_up_to_the_hundredth_and_open_questions_are_wrong() -> None:
    key = {f"q{n}": {"answer": 0} for n in range(1, 4)}
    answered = scoring.marked(key, {"q1": 0, "q2": 0})
    assert scoring.score(answered) == Decimal("66.67")
    assert answered[2].chosen is None
    assert scoring.score([]) == 0
    assert scoring.unknown_questions(key, {"q9": 1, "q1": 0}) == ["q9"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"stem": "short"}, "schema"),
        ({"explanation": ""}, "schema"),
        ({"options": ("one", "two")}, "schema"),
        ({"options": ("The request", "the  REQUEST", "b", "c")}, "answers"),
        ({"answer": 4}, "answers"),
        ({"quote": None}, "ungrounded"),
        ({"quote": "A good message opens with a joke and the date."}, "ungrounded"),
        ({"quote": "request and"}, "ungrounded"),
        ({"answer": 1}, "ungrounded"),
        ({"quote": "a good message\nopens with the REQUEST and the date."}, None),
    ],
)
def test_an_item_is_checked_before_a_learner_sees_it(change: dict[str, object], reason: str | None) -> None:
    assert fault(replace(GOOD, **change), source=normal(SOURCE)) == reason  # type: ignore[arg-type]


def test_items_that_repeat_each_other_or_an_earlier_attempt_are_dropped_and_counted() -> None:
    kept, dropped = checked(
        [GOOD, replace(GOOD, stem="what does a good message open with??"), replace(GOOD, answer=9)],
        transcript=SOURCE,
        asked_before=[],
    )
    assert (kept, dropped) == ([GOOD], Counter({"duplicate": 1, "answers": 1}))
    assert checked([GOOD], transcript=SOURCE, asked_before=[GOOD.stem]) == ([], Counter({"duplicate": 1}))


def from_bank(word: str, count: int, source: str = "bank") -> list[Candidate]:
    return [replace(GOOD, stem=f"{word} number {n} asks {word}{n}?", source=source) for n in range(count)]


def test_required_items_come_first_then_models_then_fallback_then_generic() -> None:
    supply = selection.Supply(
        required=from_bank("required", 2),
        generated=from_bank("generated", 3, "model"),
        fallback=from_bank("fallback", 2),
        generic=from_bank("generic", 9, "generic"),
    )
    chosen = selection.select(supply, count=10, asked_before=[], seed="s")
    assert [item.stem.split()[0] for item in chosen] == (
        ["required"] * 2 + ["generated"] * 3 + ["fallback"] * 2 + ["generic"] * 3
    )
    assert selection.counts(chosen) == {"bank": 4, "model": 3, "generic": 3}
    assert selection.source_of(chosen) == "model"


def test_what_was_asked_before_comes_last_and_the_same_seed_chooses_alike() -> None:
    pool = from_bank("bank", 6)
    asked = [item.stem for item in pool[:4]]
    supply = selection.Supply(fallback=pool)
    chosen = selection.select(supply, count=3, asked_before=asked, seed="s")
    assert {item.stem for item in chosen[:2]} == {item.stem for item in pool[4:]}
    assert selection.select(supply, count=3, asked_before=asked, seed="s") == chosen


def test_shuffled_options_keep_their_right_one() -> None:
    chosen = selection.select(
        selection.Supply(fallback=from_bank("b", 20)), count=20, asked_before=[], seed="s"
    )
    assert {item.options[item.answer] for item in chosen} == {"The request and the date"}
    assert len({item.answer for item in chosen}) > 1


def test_content_and_key_are_apart() -> None:
    content, key = selection.as_content([GOOD])
    assert "answer" not in str(content).replace("answers", "")
    assert key["q1"] == {
        "answer": 0,
        "explanation": "It says so.",
        "quote": GOOD.quote,
        "item_id": None,
    }


@pytest.mark.parametrize(
    ("kind", "got", "wanted", "enough"),
    [("quiz", 5, 10, True), ("quiz", 4, 10, False), ("promotion_exam", 24, 25, False), ("quiz", 0, 1, False)],
)
def test_how_many_items_make_an_attempt(kind: str, got: int, wanted: int, enough: bool) -> None:
    assert selection.is_enough(kind, got=got, wanted=wanted) is enough


def test_a_hash_tells_any_change_and_nothing_else() -> None:
    one = content_hash({"a": 1, "b": 2}, None, None)
    assert one == content_hash({"b": 2, "a": 1}, None, None)
    assert one != content_hash({"a": 1, "b": 3}, None, None)
    assert one != content_hash({"a": 1, "b": 2}, {}, None)


@pytest.mark.parametrize(
    ("recent", "calls", "failures", "window"),
    [(2, 2, 2, None), (3, 3, 3, 15), (0, 100, 5, None), (0, 100, 6, 60), (0, 10, 2, None)],
)
def test_when_failing_models_are_told(recent: int, calls: int, failures: int, window: int | None) -> None:
    told = ai_alerts.window_to_report(
        failures_in_15_minutes=recent, calls_in_hour=calls, failures_in_hour=failures
    )
    assert told == window


def test_names_in_braces_are_replaced_and_unknown_ones_stay() -> None:
    prompt = Prompt("v", "s", "Write {count} for {background} {nonsense} {Not_A_Name}.")
    values = {"count": 5, "background": "{tier}"}
    assert prompt.text(values) == "Write 5 for {tier} {nonsense} {Not_A_Name}."


def asked(text: str, kind: str = "behavioural", source: str = "model") -> Question:
    return Question(text=text, type=kind, source=source)


def test_interview_questions_are_checked_for_length_privacy_and_repetition() -> None:
    kept, dropped = tasks.checked_questions(
        [
            asked("Tell of a decision that you took with little information."),
            asked("Tell of a decision that you took with little information!"),
            asked("Too short"),
            asked("What do your children and your religion mean for this job?"),
            asked("Which project taught you the most, and why?"),
        ],
        asked_before=["Which project taught you the most, and why?"],
    )
    assert len(kept) == 1
    assert dropped == Counter({"duplicate": 2, "schema": 1, "private": 1})


def test_questions_are_shared_among_types_and_filled_from_the_bank() -> None:
    assert tasks.shares(["a", "b", "c"], 5) == {"a": 2, "b": 2, "c": 1}
    bank = [asked(f"Bank question number {n} about thing{n}?", "b", "bank") for n in range(4)]
    chosen = tasks.choose_questions(
        [asked("A question by a model about work?", "a")],
        bank,
        wanted={"a": 2, "b": 2},
        asked_before=[bank[0].text],
    )
    assert [q.source for q in chosen] == ["model", "bank", "bank", "bank"]
    assert bank[0] not in chosen


def test_a_project_needs_a_scenario_and_requirements() -> None:
    value = {
        "title": "Bakery",
        "scenario": "A bakery sells 400 loaves a day and turns away 60 customers in the afternoon.",
        "requirements": ["Compute the profit", "Recommend"],
        "deliverables": ["A text"],
        "steps": ["Read", "Compute"],
    }
    assert tasks.project_fault(value, titles_before=[]) is None
    assert tasks.project_fault(value, titles_before=["The bakery", "bakery"]) == "duplicate"
    assert tasks.project_fault(value | {"requirements": ["Same", "Same "]}, titles_before=[]) == "schema"
    assert tasks.project_fault(value | {"scenario": "Short."}, titles_before=[]) == "schema"
    assert tasks.project_body(value)["brief"].endswith("\n\n1. Read\n2. Compute")
