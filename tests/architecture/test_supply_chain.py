"""What others wrote and we ship: permissive, listed, pinned by hash, and in the bill of materials."""

import json
from importlib.metadata import distribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from local.supply_chain import (
    IN_ITS_FILE,
    LICENCES,
    SBOM_NAME,
    bill_of_materials,
    built_layers,
    licence,
    licences_table,
    main,
    shipped,
)
from tests.architecture.tree import ROOT

PERMISSIVE = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0"}
EXPLAINED = {"certifi": "MPL-2.0", "font-source-sans-pro": "OFL-1.1"}
"""A list of certificates under a licence that asks only for changes to its own files back; a font that may be shipped
with anything, and only not be sold by itself."""
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"
SITE_PACKAGES = Path(str(distribution("fastapi").locate_file("")))


def is_permissive(expression: str) -> bool:
    """Any alternative of an OR will do; we have no AND."""
    return any(part.strip("() ") in PERMISSIVE for part in expression.split(" OR "))


@pytest.mark.parametrize("name", shipped())
def test_what_is_shipped_is_permissive(name: str) -> None:
    said = licence(distribution(name))
    assert is_permissive(said) or EXPLAINED.get(name) == said, f"{name} is under {said}"


@pytest.mark.parametrize("name", IN_ITS_FILE)
def test_what_only_a_file_says_is_what_the_file_says(name: str) -> None:
    files = [file for file in distribution(name).files or () if "licenses" in file.parts]
    assert IN_ITS_FILE[name] == "MIT"
    assert [MIT in " ".join(file.read_text().split()) for file in files] == [True]


def test_a_licence_that_asks_for_more_is_refused() -> None:
    assert not any(map(is_permissive, ("GPL-3.0-only", "AGPL-3.0-or-later", "LGPL-2.1", "unknown")))


def test_the_list_of_licences_is_of_what_is_pinned() -> None:
    assert LICENCES.read_text(encoding="utf-8") == licences_table(), "run `make licences`"


def test_every_shipped_library_is_locked_by_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    for name in shipped():
        entry = lock.split(f"\n{name}==", 1)[1].split("\n", 2)
        assert "--hash=sha256:" in entry[1], name


def test_the_bill_of_materials_is_valid_and_names_everything() -> None:
    text = bill_of_materials([("CommonLayer", SITE_PACKAGES)])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = {component["name"]: component for component in json.loads(text)["components"]}
    assert set(shipped()) <= set(components)
    assert components["fastapi"]["purl"] == f"pkg:pypi/fastapi@{distribution('fastapi').version}"
    assert components["fastapi"]["licenses"] == [{"license": {"id": "MIT"}}]


def test_the_bill_is_of_what_was_built(tmp_path: Path) -> None:
    assert main(["sbom", str(tmp_path)]) == 1
    (tmp_path / "CommonLayer" / "python").mkdir(parents=True)
    assert list(built_layers(tmp_path)) == [("CommonLayer", tmp_path / "CommonLayer" / "python")]
    assert main(["sbom", str(tmp_path)]) == 0
    assert json.loads((tmp_path / SBOM_NAME).read_text())["bomFormat"] == "CycloneDX"
