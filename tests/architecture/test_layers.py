"""A function has the layers that its code needs and no other, and all of it fits into Lambda."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from packaging.requirements import Requirement

from tests.architecture.packages import (
    LAYERS,
    RUNTIME,
    closure,
    distributions,
    layer_size,
    roots,
    site_of,
    unzipped,
)
from tests.architecture.reach import reached
from tests.architecture.tree import ROOT, Function, functions, template

LAMBDAS_LIMIT = 250 * 1024 * 1024
COMMON_LIMIT = 90 * 1000 * 1000
PACKAGES = {
    "av": "MediaLayer",
    "alembic": "MigratorLayer",
    "xlsxwriter": "TablesLayer",
    "resvg_py": "TablesLayer",
    "font_source_sans_pro": "TablesLayer",
}
"""Imported by our own code directly."""
VERBS = {
    "lodestar.adapters.ai": {"run_chain", "chain", "health"},
    "lodestar.adapters.speech": {"transcribe", "speak", "chain"},
}
"""What loads a vendor's SDK; the other names of these capabilities are types and errors."""
EACH = pytest.mark.parametrize("function", functions(), ids=str)


def needed(function: Function) -> set[str]:
    """The layers that the reached code needs."""
    touched = reached(function.module_name, function.source)
    if function.kind == "endpoints":
        touched |= operations(function)
    direct = {
        layer for package, layer in PACKAGES.items() if any(n.split(".")[0] == package for n in touched)
    }
    vendors = {
        "AiLayer" for capability, names in VERBS.items() for n in names if f"{capability}.{n}" in touched
    }
    return {"CommonLayer", *direct, *vendors}


def operations(function: Function) -> set[str]:
    """What an endpoint's operations touch: its router refers to them."""
    names = {
        route.endpoint.__name__ for route in function.module.router.routes if isinstance(route, APIRoute)
    }
    found = [reached(f"{function.module_name}.{name}", function.source) for name in names]
    return set().union(*found)


@cache
def code_size(source: Path) -> int:
    """Bytes of a folder that several functions may share, unzipped."""
    return unzipped([path for path in source.rglob("*") if path.suffix != ".pyc" and path.is_file()])


@EACH
def test_a_function_has_exactly_the_layers_that_its_code_needs(function: Function) -> None:
    assert function.layers == needed(function)


@EACH
def test_a_functions_code_and_layers_fit_into_lambda(function: Function) -> None:
    assert code_size(function.source) + sum(layer_size(layer) for layer in function.layers) < LAMBDAS_LIMIT


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
    names = set(closure([Requirement(name) for name in RUNTIME]))
    for layer in layers:
        names |= distributions(layer)
    for name in sorted(names):
        for path in roots(name):
            target = place / path.relative_to(site_of(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    return place


@pytest.mark.parametrize(
    "layers",
    sorted({tuple(sorted(function.layers)) for function in functions()}),
    ids="+".join,
)
def test_handlers_import_with_their_own_layers_only(layers: tuple[str, ...], tmp_path: Path) -> None:
    of_these = [function for function in functions() if function.layers == set(layers)]
    sources = dict.fromkeys(str(function.source) for function in of_these)
    path = [*sources, str(ROOT / "layers/common"), str(environment(frozenset(layers), tmp_path))]
    assert import_alone(path, *(function.module_name for function in of_these)) == ""


def import_alone(path: list[str], *modules: str) -> str:
    """Import the modules with this path and the standard library; the traceback, empty when all is well."""
    ended = subprocess.run(
        [sys.executable, "-S", "-c", "; ".join(f"import {module}" for module in modules)],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(path),
        },
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
