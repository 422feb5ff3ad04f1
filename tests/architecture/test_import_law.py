"""The dependency law of .importlinter holds, and each of its contracts notices a violation."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, STACKS

PLANTED = {
    "layers": ("lodestar.contracts", "from lodestar.adapters import ai"),
    "base": ("lodestar", "from lodestar.contracts import learning"),
    "independence": ("media", "import messaging"),
    "inside": ("learning.rules", "from learning import repository"),
    "rules": ("identity.rules", "import sqlalchemy"),
    "edge": ("assessment.service", "import fastapi"),
    "vendors": ("media.tasks", "import openai"),
    "ports": ("assessment.tasks", "from lodestar.adapters.ai import registry"),
    "tooling": ("identity.service", "import local.settings"),
    "simulators": ("simulators", "import lodestar.clock"),
}
"""By contract: where a violation is planted, and what it is."""


def lint(tree: Path) -> str:
    """What import-linter says of the tree."""
    path = [str(tree), str(tree / "layers/common"), *(str(tree / "functions" / d / "src") for d in STACKS)]
    ended = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=tree,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.stdout + ended.stderr


def contracts() -> dict[str, str]:
    """The contracts' names by their ids."""
    found = re.findall(r"\[importlinter:contract:(\w+)\]\nname = (.*)", (ROOT / ".importlinter").read_text())
    return dict(found)


def copy_of_the_tree(destination: Path) -> Path:
    """The sources that the law is about."""
    only_python = shutil.ignore_patterns("__pycache__", "*.json", "*.yaml")
    for folder in ("layers/common/lodestar", "simulators", *(f"functions/{d}/src" for d in STACKS)):
        shutil.copytree(ROOT / folder, destination / folder, ignore=only_python)
    shutil.copy(ROOT / ".importlinter", destination)
    return destination


def plant(tree: Path, package: str, code: str) -> str:
    """A module `planted` in the package, which is made (from its one file, if need be). Returns the module's name."""
    top = package.partition(".")[0]
    base = {"lodestar": tree / "layers/common", "simulators": tree}.get(top, tree / "functions" / top / "src")
    folder = base / package.replace(".", "/")
    if not folder.is_dir():
        folder.mkdir()
        file = folder.with_suffix(".py")
        if file.exists():
            file.rename(folder / "__init__.py")
    (folder / "__init__.py").touch()
    name = "planted_" + re.sub(r"\W+", "_", code)
    (folder / f"{name}.py").write_text(f"{code}\n")
    return f"{package}.{name}"


def test_the_tree_keeps_the_law() -> None:
    said = lint(ROOT)
    assert re.search(rf"Contracts: {len(contracts())} kept, 0 broken", said), said


def test_every_contract_has_a_planted_violation() -> None:
    assert set(PLANTED) == set(contracts())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says when every contract is violated once."""
    tree = copy_of_the_tree(tmp_path_factory.mktemp("tree"))
    for package in ("learning.repository", "identity.rules", "assessment.service"):
        plant(tree, package, "")
    for package, code in PLANTED.values():
        plant(tree, package, code)
    return lint(tree)


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_breaks_its_contract(contract: str, report: str) -> None:
    name = contracts()[contract]
    assert re.search(rf"^{re.escape(name)}\s*BROKEN", report, re.MULTILINE), report
    package, code = PLANTED[contract]
    planted = f"{package}.planted_" + re.sub(r"\W+", "_", code)
    explanation = re.search(
        rf"^{re.escape(name)}\n-+\n(.*?)(?=\n\S[^\n]*\n-+\n|\Z)", report, re.MULTILINE | re.DOTALL
    )
    assert explanation
    assert planted in explanation[1]
