"""What a layer carries, told from its requirements and the distributions installed here: no build, no internet."""

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

from tests.architecture.tree import ROOT

LAYERS = {
    "CommonLayer": "common",
    "AiLayer": "ai",
    "MediaLayer": "media",
    "MigratorLayer": "migrator",
    "TablesLayer": "tables",
}
RUNTIME = frozenset({"boto3", "botocore"})
"""What Lambda's own Python brings, with all that it requires."""
MARKERS: dict[str, str] = {
    **{k: str(v) for k, v in default_environment().items()},
    "python_version": "3.13",
    "python_full_version": "3.13.0",
}


def canonical(name: str) -> str:
    """PEP 503's form of a project's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(layer: str) -> list[Requirement]:
    """A layer's own requirements."""
    lines = (ROOT / "layers" / LAYERS[layer] / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def closure(wanted: list[Requirement]) -> frozenset[str]:
    """The requirements and all that they require on the runtime."""
    found: set[tuple[str, str]] = set()
    waiting = [(canonical(r.name), extra) for r in wanted for extra in ("", *r.extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for line in distribution(name).requires or []:
            required = Requirement(line)
            if required.marker is None or required.marker.evaluate({**MARKERS, "extra": extra}):
                waiting += [(canonical(required.name), e) for e in ("", *required.extras)]
    return frozenset(name for name, _ in found)


@cache
def distributions(layer: str) -> frozenset[str]:
    """What the layer carries: what the common layer has already is left out of the others."""
    own = closure(requirements(layer))
    return own if layer == "CommonLayer" else own - distributions("CommonLayer")


@cache
def files(name: str) -> tuple[Path, ...]:
    """A distribution's files, bytecode and scripts left out."""
    try:
        recorded = distribution(name).files or []
    except PackageNotFoundError:
        return ()
    located = [
        Path(str(file.locate())) for file in recorded if file.suffix != ".pyc" and ".." not in file.parts
    ]
    return tuple(path for path in located if path.is_file() and "tests" not in path.parts)


def site_of(path: Path) -> Path:
    """The site-packages that a file is in."""
    return next(parent for parent in path.parents if parent.name == "site-packages")


@cache
def _shared() -> frozenset[str]:
    """Top-level folders that several distributions fill, as `google`."""
    return frozenset(name for name, owners in packages_distributions().items() if len(set(owners)) > 1)


def roots(name: str) -> set[Path]:
    """A distribution's files; a folder of its own stands for all that is in it, with the bytecode at hand."""
    found = set()
    for path in files(name):
        site = site_of(path)
        top = path.relative_to(site).parts[0]
        found.add(path if top in _shared() else site / top)
    return found


def unzipped(paths: list[Path]) -> int:
    """Bytes of the files, with bytecode as large again as its source."""
    return sum(path.stat().st_size * (2 if path.suffix == ".py" else 1) for path in paths)


@cache
def layer_size(layer: str) -> int:
    """Bytes of the layer, unzipped."""
    carried = [path for name in distributions(layer) for path in files(name)]
    own = list((ROOT / "layers/common/lodestar").rglob("*.py")) if layer == "CommonLayer" else []
    return unzipped([*carried, *own])
