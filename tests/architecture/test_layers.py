"""A function has the layers that its code needs and no other, and all of it fits into Lambda."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.packages import LAYERS, RUNTIME, closure, distributions, files, layer_size, unzipped
from tests.architecture.tree import ROOT, Function, functions, syntax, template

LAMBDAS_LIMIT = 250 * 1024 * 1024
COMMON_LIMIT = 90 * 1000 * 1000
PACKAGES = {"av": "MediaLayer", "alembic": "MigratorLayer"}
"""Imported by our own code directly."""
VERBS = {
    "lodestar.adapters.ai": {"run_chain", "chain"},
    "lodestar.adapters.speech": {"transcribe", "speak", "chain"},
}
"""What loads a vendor's SDK; the other names of these capabilities are types and errors."""
EACH = pytest.mark.parametrize("function", functions(), ids=str)


def imports(path: Path) -> set[str]:
    """Every module and every `module.name` that a file imports, late imports too."""
    found: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def verbs(path: Path) -> set[str]:
    """The capability's functions that a file uses: imported by name, or as `ai.run_chain`."""
    names = imports(path)
    used = {c for c, functions_ in VERBS.items() for verb in functions_ if f"{c}.{verb}" in names}
    read = {
        (node.value.id, node.attr)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    for capability, functions_ in VERBS.items():
        if capability in names and any((capability.rpartition(".")[2], verb) in read for verb in functions_):
            used.add(capability)
    return used


def reached(function: Function) -> set[Path]:
    """The files of its own domain that the handler may come to load."""
    found: set[Path] = set()
    waiting = [function.path]
    while waiting:
        path = waiting.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        for name in imports(path):
            base = function.source / name.replace(".", "/")
            waiting += [base.with_suffix(".py"), base / "__init__.py"]
    return found


def needed(function: Function) -> set[str]:
    """The layers that the reached code needs."""
    files_ = (
        list((ROOT / "migrations").glob("*.py")) if function.name == "handler" else list(reached(function))
    )
    direct = {PACKAGES[name] for path in files_ for name in imports(path) if name in PACKAGES}
    vendors = {"AiLayer" for path in files_ if verbs(path)}
    return {"CommonLayer", *direct, *vendors}


@EACH
def test_a_function_has_exactly_the_layers_that_its_code_needs(function: Function) -> None:
    assert function.layers == needed(function)


@EACH
def test_a_functions_code_and_layers_fit_into_lambda(function: Function) -> None:
    code = unzipped([path for path in function.source.rglob("*") if path.suffix != ".pyc" and path.is_file()])
    assert code + sum(layer_size(layer) for layer in function.layers) < LAMBDAS_LIMIT


def test_the_common_layer_stays_small() -> None:
    assert layer_size("CommonLayer") < COMMON_LIMIT


def test_every_layer_is_built_from_its_folder() -> None:
    resources = template("template.yaml")["Resources"]
    declared = {
        logical_id: resource["Properties"]["ContentUri"]
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }
    assert declared == {layer: f"layers/{folder}" for layer, folder in LAYERS.items()}
    for layer, folder in LAYERS.items():
        assert resources[layer]["Metadata"] == {"BuildMethod": "makefile"}
        assert (ROOT / "layers" / folder / "Makefile").is_file()


def environment(layers: frozenset[str], place: Path) -> Path:
    """A folder with what Lambda's runtime and these layers carry, and nothing else that is installed here."""
    from packaging.requirements import Requirement

    names = set(closure([Requirement(name) for name in RUNTIME]))
    for layer in layers:
        names |= distributions(layer)
    for name in sorted(names):
        for path in files(name):
            site = next(parent for parent in path.parents if parent.name == "site-packages")
            target = place / path.relative_to(site)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.symlink_to(path)
    return place


@pytest.mark.parametrize(
    ("domain", "layers"),
    sorted({(f.domain, frozenset(f.layers)) for f in functions()}, key=str),
    ids=lambda value: value if isinstance(value, str) else "+".join(sorted(value)),
)
def test_handlers_import_with_their_own_layers_only(
    domain: str, layers: frozenset[str], tmp_path: Path
) -> None:
    of_these = [f for f in functions() if f.domain == domain and f.layers == layers]
    sources = dict.fromkeys(str(function.source) for function in of_these)
    path = [*sources, str(ROOT / "layers/common"), str(environment(layers, tmp_path))]
    assert import_alone(path, *(function.module_name for function in of_these)) == ""


def import_alone(path: list[str], *modules: str) -> str:
    """Import the modules with this path and the standard library; the traceback, empty when all is well."""
    ended = subprocess.run(
        [sys.executable, "-S", "-c", "; ".join(f"import {module}" for module in modules)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.stderr[-2000:] if ended.returncode else ""


def test_what_a_layer_does_not_carry_is_not_found(tmp_path: Path) -> None:
    path = [str(environment(frozenset({"CommonLayer"}), tmp_path))]
    assert import_alone(path, "fastapi", "botocore") == ""
    for package in ("openai", "av", "alembic", "pytest"):
        assert "ModuleNotFoundError" in import_alone(path, package)
