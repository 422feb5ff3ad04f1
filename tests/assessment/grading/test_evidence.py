"""A quote counts when it stands in the work, word for word, and shows something."""

import pytest

from assessment.rules.evidence import CUT, Evidence, Part, Quote

WORK = (
    "The stall loses money on rainy days,\n  because fixed costs stay.\n"
    "She said: “order half the bread” – and it worked. The ﬁnal total fell by 9 €."
)
TASK = "Explain why a shop's sales fell although its prices did."


def found(text: str, *, work: str = WORK, given: tuple[str, ...] = (TASK,)) -> Quote | None:
    return Evidence([Part(None, work)], given=given).find(Quote(text))


@pytest.mark.parametrize(
    "quote",
    [
        "The stall loses money on rainy days, because fixed costs stay.",
        "  the stall LOSES money on rainy days ",
        'She said: "order half the bread" - and it worked.',
        "The final total fell by 9 €.",
        "The sta\u200bll loses mo\u2060ney on rainy days",
    ],
)
def test_white_space_case_and_typography_do_not_matter(quote: str) -> None:
    assert found(quote) is not None


@pytest.mark.parametrize(
    "quote",
    [
        "The stall earns money on rainy days",
        "Fixed costs stay, so the stall loses money on rainy days.",
        "The stall loses money ... because fixed costs stay.",
        "rainy days",
        "",
        TASK,
        "Explain why a shop's sales fell",
        WORK * 20,
    ],
    ids=[
        "forged",
        "paraphrased",
        "elided",
        "too short",
        "empty",
        "the task",
        "part of the task",
        "everything",
    ],
)
def test_what_does_not_stand_there_or_shows_nothing_is_no_evidence(quote: str) -> None:
    assert found(quote) is None


def test_the_tasks_own_words_repeated_in_the_work_are_no_evidence() -> None:
    assert found(TASK, work=f"{WORK}\n{TASK}") is None
    assert found(TASK, work=f"{WORK}\n{TASK}", given=()) is not None


def test_words_hidden_between_letters_of_the_work_are_read_as_one_sees_them() -> None:
    assert found("fixed costs stay high", work="The fi\u200bxed co\u200bsts stay high all year.") is not None


def test_a_quote_does_not_reach_across_what_was_cut() -> None:
    work = f"The first half stands here. {CUT}\n The second half stands there."
    assert found("The first half stands here.", work=work) is not None
    assert found(f"stands here. {CUT} The second half", work=work) is None
    assert found(CUT, work=work) is None


def test_the_place_is_where_the_quote_stands_not_where_the_model_says() -> None:
    evidence = Evidence(
        [Part("a.py", "def total(rows):"), Part("b.py", "def total(rows):\n    return sum(rows)")]
    )

    assert evidence.find(Quote("return sum(rows)", "./a.py")) == Quote("return sum(rows)", "b.py")
    assert evidence.find(Quote("def total(rows):", "./b.py")) == Quote("def total(rows):", "b.py")
    assert evidence.find(Quote("def total(rows):", "c.py")) == Quote("def total(rows):", "a.py")


def test_the_same_passage_twice_is_one() -> None:
    quotes = [Quote("fixed costs stay."), Quote("  Fixed  costs stay.")]
    assert len(Evidence([Part(None, WORK)]).verified(quotes)) == 1
