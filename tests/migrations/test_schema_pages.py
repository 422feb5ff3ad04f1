"""docs/schema is what the migrated database and the models say, and both say all of it."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from local.schema import generate, stale, undescribed, write
from local.schema.code import load_models


def test_the_committed_pages_are_fresh(migrated: Connection) -> None:
    assert stale(generate(migrated)) == [], "run `make schema` and commit docs/schema"


def test_a_column_that_no_page_names_makes_its_page_stale(migrated: Connection) -> None:
    before = generate(migrated)
    migrated.execute(text("ALTER TABLE insights.exports ADD COLUMN planted text CHECK (planted <> '')"))
    assert _differing(before, generate(migrated)) == ["insights.md"]


def test_what_a_model_says_of_itself_stands_on_its_page(
    migrated: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = generate(migrated)
    export = next(model for model in load_models() if model.__name__ == "Export")
    monkeypatch.setattr(export, "__doc__", "Something else.")
    assert _differing(before, generate(migrated)) == ["insights.md"]


def test_every_table_has_a_model_that_says_what_it_is_for(migrated: Connection) -> None:
    assert undescribed(migrated) == []
    migrated.execute(text("CREATE TABLE insights.planted (id uuid PRIMARY KEY)"))
    assert undescribed(migrated) == ["insights.planted"]


def test_a_page_of_a_schema_that_is_gone_goes_too(tmp_path: Path) -> None:
    write({"learning.md": "as it was"}, tmp_path)
    write({"learning.md": "as it is"}, tmp_path)
    assert (tmp_path / "learning.md").read_text() == "as it is"
    write({"README.md": "only this"}, tmp_path)
    assert stale({"README.md": "only this"}, tmp_path) == []


def _differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name in before if before[name] != after[name]]
