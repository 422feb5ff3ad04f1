"""The seed content is whole, and a copy that breaks one promise is refused with the reason."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from local.seed.content import CONTENT, load

LESSONS = "courses/thinking_with_data.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


def _edit(folder: Path, name: str, change: Callable[[Any], None]) -> None:
    document = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
    change(document)
    (folder / name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")


def test_the_content_of_the_product_is_whole() -> None:
    content = load()
    roles = Counter(member.role for member in content.organizations[0].members)
    assert roles["learner"] == 6
    assert roles["org_staff"] == 2
    assert len(content.items) == 50 + 60 + 60 + 20


def test_right_answers_do_not_favour_one_position() -> None:
    positions = Counter(item.answer for item in load().items)
    assert set(positions) == {0, 1, 2, 3}
    assert max(positions.values()) < 0.4 * sum(positions.values())


def test_the_length_of_an_option_does_not_give_the_answer_away() -> None:
    items = load().items
    longest = [item for item in items if max(item.options, key=len) == item.options[item.answer]]
    assert len(longest) < 0.5 * len(items)


def _same_option_twice(document: Any) -> None:
    document["items"][0]["options"][1] = document["items"][0]["options"][0].upper()


def _two_right_answers(document: Any) -> None:
    document["items"][0]["answer"] = [0, 1]


def _answer_out_of_range(document: Any) -> None:
    document["items"][0]["answer"] = 4


def _key_used_twice(document: Any) -> None:
    document["items"][1]["key"] = document["items"][0]["key"]


def _item_missing(document: Any) -> None:
    document["items"].pop()


def _quote_reworded(document: Any) -> None:
    document["lessons"][0]["items"][0]["quote"] = "A huge sample never repairs a biased one."


def _third_required_item(document: Any) -> None:
    document["lessons"][0]["items"][5]["required"] = True


def _short_transcript(document: Any) -> None:
    document["transcript"] = "Thank you all for coming."


def _weights_of_105(document: Any) -> None:
    document["tiers"]["gold"]["rubric"][0]["weight"] += 5


def _tier_missing(document: Any) -> None:
    del document["tiers"]["silver"]


def _question_type_missing(document: Any) -> None:
    del document["tiers"]["bronze"]["prompts"]["technical"]


def _undeclared_variable(document: Any) -> None:
    document["prompts"][0]["template"] += "{surprise}"


def _unknown_background(document: Any) -> None:
    document["organizations"][0]["members"][-1]["background"] = "ASTROLOGY"


def _misspelt_field(document: Any) -> None:
    document["titel"] = document["title"]


def _gap_below_gold(document: Any) -> None:
    document["tier_ranges"][2]["lower_bound"] = 85


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("assessments/communication.yaml", _same_option_twice, "option of communication-01 repeated"),
        ("assessments/communication.yaml", _two_right_answers, "valid integer"),
        ("assessments/communication.yaml", _answer_out_of_range, "less than or equal to 3"),
        ("assessments/communication.yaml", _key_used_twice, "item key repeated"),
        ("assessments/communication.yaml", _misspelt_field, "titel"),
        ("exam_bank/gold.yaml", _item_missing, "at least 30 items"),
        (LESSONS, _quote_reworded, "not verbatim in the transcript"),
        (LESSONS, _third_required_item, "exactly 2 items as required"),
        ("masterclasses/understanding_an_offer.yaml", _short_transcript, "at least 400 words"),
        ("projects/design.yaml", _weights_of_105, "these to 105"),
        ("projects/design.yaml", _tier_missing, "covers bronze, silver and gold"),
        ("interviews/design.yaml", _question_type_missing, "every question type"),
        ("prompts.yaml", _undeclared_variable, "variables differ"),
        ("institution.yaml", _unknown_background, "ASTROLOGY"),
        ("program.yaml", _gap_below_gold, "begin at 0, 60 and 80"),
    ],
)
def test_a_broken_copy_is_refused(copy: Path, name: str, change: Callable[[Any], None], reason: str) -> None:
    _edit(copy, name, change)
    with pytest.raises(ValidationError, match=reason):
        load(copy)


def test_an_unchanged_copy_is_accepted(copy: Path) -> None:
    _edit(copy, LESSONS, lambda document: None)
    assert load(copy) == load()


def test_a_module_without_its_file_is_refused(copy: Path) -> None:
    _edit(
        copy, "program.yaml", lambda p: p["stages"][0]["modules"][0].update(content="assessments/none.yaml")
    )
    with pytest.raises(FileNotFoundError):
        load(copy)
