"""docs/settings.md and .env.example say what there is to set, and what each setting is for."""

import re
from pathlib import Path

import pytest

from local import reference
from local.reference import (
    EXAMPLE,
    LOCAL_MODULE,
    PAGE,
    PRODUCT_MODULE,
    described,
    example,
    of_this_machine,
    page,
)
from local.settings import Settings
from lodestar.config import Settings as ProductSettings

STALE = "run `make settings` and commit what it writes"


def test_the_committed_files_are_fresh() -> None:
    assert PAGE.read_text() == page(), STALE
    assert EXAMPLE.read_text() == example(), STALE


def test_every_setting_says_what_it_is_for() -> None:
    assert set(described(PRODUCT_MODULE)) == set(ProductSettings.model_fields)
    assert [name for name, _, meaning in of_this_machine() if not meaning] == []


def test_every_setting_can_be_set_on_aws() -> None:
    """Four were read and documented, and no template handed them to anybody."""
    nobodys = {line.split("`")[1] for line in PAGE.read_text().splitlines() if "| — |" in line}
    assert nobodys == {
        "AWS_REGION",
        "SENDGRID_WEBHOOK_PUBLIC_KEY",
    }  # Lambda's own; read from the vendors' secret


def test_a_setting_that_says_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = tmp_path / "settings.py"
    text = LOCAL_MODULE.read_text()
    silent.write_text(text.replace('    """The simulators."""\n', ""))
    assert silent.read_text() != text
    monkeypatch.setattr(reference, "LOCAL_MODULE", silent)
    assert [name for name, _, meaning in of_this_machine() if not meaning] == ["LODESTAR_SIMULATOR_PORT"]


def test_the_example_sets_nothing_until_a_line_is_uncommented() -> None:
    assert [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")] == []
    given = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    stack = {name: value for name, value in given.items() if name.startswith("LODESTAR_")}
    assert Settings.from_environment(stack).port == Settings().port
    assert {"GOOGLE_API_KEY", "LODESTAR_PORT"} <= given.keys()
