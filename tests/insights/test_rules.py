"""What insights decides without looking anything up."""

import pytest

from insights.rules import progress


@pytest.mark.parametrize(
    ("completed", "total", "percent"),
    [(0, 9, 0), (1, 9, 11), (8, 9, 88), (9, 9, 100), (299, 300, 99), (0, 0, 0)],
)
def test_a_learner_is_through_only_with_the_last_module(completed: int, total: int, percent: int) -> None:
    assert progress.percent(completed, total) == percent
