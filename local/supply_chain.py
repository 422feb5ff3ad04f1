"""What is shipped that others wrote: `python -m local.supply_chain sbom .aws-sam/build | licences`.

The bill of materials is CycloneDX 1.6 (ECMA-424), of what lies in the built layers; the licences are of everything
that the layers pin, with all that it requires.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement

from local.settings import ROOT

SBOM_NAME = "sbom.cdx.json"
LICENCES = ROOT / "docs" / "licences.md"
RUNTIME = {"sys_platform": "linux", "platform_system": "Linux", "python_version": "3.13", "extra": ""}
_TROVE = "License :: OSI Approved :: "
# What projects say in words, in SPDX's identifiers.
_SPDX = {
    "Apache Software License": "Apache-2.0", "Apache 2.0": "Apache-2.0", "Apache License 2.0": "Apache-2.0",
    "BSD License": "BSD-3-Clause", "BSD 3-Clause License": "BSD-3-Clause", "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC", "Apache License, Version 2.0": "Apache-2.0", "BSD": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",  # python-dateutil's word
    "SIL OFL 1.1": "OFL-1.1",
}  # fmt: skip
IN_ITS_FILE = {"resvg_py": "MIT"}
"""Whose licence is in the file that they carry, and in no word of their metadata."""


def licence(package: Distribution) -> str:
    """Its SPDX expression, or whatever it says of itself; "unknown" when it says nothing."""
    said = {
        key: package.metadata.get_all(key) or [] for key in ("License-Expression", "License", "Classifier")
    }
    if expression := said["License-Expression"]:
        return str(expression[0])
    words = [word for word in said["License"] if word and "\n" not in word]  # some put the whole text there
    words += [line.removeprefix(_TROVE) for line in said["Classifier"] if line.startswith(_TROVE)]
    return _SPDX.get(words[0], words[0]) if words else IN_ITS_FILE.get(package.name, "unknown")


def shipped() -> dict[str, list[str]]:
    """Everything that the layers carry, by canonical name, and the layers that carry it."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "layers").glob("*/requirements.txt")):
        for name in _required([line for line in file.read_text().splitlines() if line and line[0] != "#"]):
            found.setdefault(name, []).append(file.parent.name)
    # What the common layer has, the build leaves out of the others.
    return {name: ["common"] if "common" in layers else layers for name, layers in sorted(found.items())}


def _required(requirements: Iterable[str]) -> set[str]:
    """The names of these, and of what they require on the runtime, as installed here."""
    waiting, found = [Requirement(line) for line in requirements], dict[str, set[str]]()
    while waiting:
        wanted = waiting.pop()
        name, extras = _canonical(wanted.name), {"", *wanted.extras}
        if extras <= found.get(name, set()):
            continue
        found.setdefault(name, set()).update(extras)
        for line in distribution(wanted.name).requires or []:
            needed = Requirement(line)
            if needed.marker is None or any(
                needed.marker.evaluate({**RUNTIME, "extra": extra}) for extra in extras
            ):
                waiting.append(needed)
    return set(found)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licences_table() -> str:
    """docs/licences.md, as it must be for what is pinned now."""
    rows = [
        f"| {name} | {licence(distribution(name))} | {', '.join(layers)} |"
        for name, layers in shipped().items()
    ]
    return "\n".join(
        [
            "# What is shipped, and under which licence",
            "",
            "Every library in the layers (`make licences` writes this from what is installed; a test refuses one that is"
            " not permissive). Versions and hashes are in requirements.lock; `make deploy` leaves the bill of materials"
            f" of what it built in .aws-sam/build/{SBOM_NAME}.",
            "",
            "| Library | Licence | Layers |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def bill_of_materials(layers: Iterable[tuple[str, Path]]) -> str:
    """CycloneDX JSON of the distributions that lie in these folders, each with its layer's name."""
    bom = Bom()
    for layer, folder in layers:
        for package in distributions(path=[str(folder)]):
            bom.components.add(_component(package, layer=layer))
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)


def _component(package: Distribution, *, layer: str) -> Component:
    name = _canonical(package.metadata["Name"])
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=package.version,
        purl=PackageURL("pypi", name=name, version=package.version),
        bom_ref=f"{layer}/{name}",
        licenses=[LicenseFactory().make_from_string(licence(package))],
        properties=[Property(name="lodestar:layer", value=layer)],
    )


def built_layers(build: Path) -> Iterator[tuple[str, Path]]:
    """The layers in `sam build`'s output: `CommonLayer` with its folder of packages."""
    for folder in sorted(build.glob("**/python")):
        yield folder.parent.name, folder


def main(arguments: list[str]) -> int:
    """1 when there is nothing built to describe."""
    if arguments == ["licences"]:
        LICENCES.write_text(licences_table(), encoding="utf-8")
        return 0
    build = Path(arguments[1])
    layers = list(built_layers(build))
    if not layers:
        print(f"No layer in {build}: run sam build first", file=sys.stderr)
        return 1
    (build / SBOM_NAME).write_text(bill_of_materials(layers), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
