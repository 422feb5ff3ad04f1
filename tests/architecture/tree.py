"""The tree as data: templates, functions, routes, modules. Read once a test session."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from fastapi.routing import APIRoute

ROOT = Path(__file__).parents[2]
KINDS = ("endpoints", "reactions", "tasks", "schedules")
DOMAINS = sorted(p.parent.name for p in ROOT.glob("functions/*/template.yaml") if p.parent.name != "backbone")
STACKS = [*DOMAINS, "backbone"]


class CloudFormation(yaml.CSafeLoader):
    """`!Ref X` is `{"Ref": "X"}`, `!GetAtt A.B` is `{"Fn::GetAtt": "A.B"}`."""


def _intrinsic(loader: CloudFormation, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


CloudFormation.add_multi_constructor("!", _intrinsic)


@cache
def template(path: str) -> dict[str, Any]:
    """A template by its path from the root, intrinsic functions in their long form."""
    loaded: dict[str, Any] = yaml.load((ROOT / path).read_text(), Loader=CloudFormation)
    return loaded


def stack(domain: str) -> dict[str, Any]:
    """A domain's template."""
    return template(f"functions/{domain}/template.yaml")


@dataclass(frozen=True)
class Function:
    """One function's block in its domain's template."""

    domain: str
    logical_id: str
    properties: dict[str, Any]

    @property
    def module_name(self) -> str:
        """`live.endpoints.bookings`."""
        return str(self.properties["Handler"]).rpartition(".")[0]

    @property
    def kind(self) -> str:
        """`endpoints`, `reactions`, `tasks`, `schedules`; empty for backbone's, which stand beside each other."""
        parts = self.module_name.split(".")
        return parts[1] if len(parts) > 2 else ""

    @property
    def name(self) -> str:
        """The module's last part, which is the function's name everywhere else too."""
        return self.module_name.rpartition(".")[2]

    @property
    def source(self) -> Path:
        """The folder that is zipped."""
        return (ROOT / "functions" / self.domain / str(self.properties.get("CodeUri", "src/"))).resolve()

    @property
    def path(self) -> Path:
        """The handler's file."""
        return self.source / (self.module_name.replace(".", "/") + ".py")

    @property
    def module(self) -> ModuleType:
        """The handler's module, imported."""
        return importlib.import_module(self.module_name)

    @property
    def events(self) -> dict[str, dict[str, Any]]:
        """What calls it."""
        return dict(self.properties.get("Events") or {})

    @property
    def timeout(self) -> int:
        """In seconds."""
        return int(self.properties.get("Timeout") or stack(self.domain)["Globals"]["Function"]["Timeout"])

    @property
    def layers(self) -> set[str]:
        """The layers by the names of the template's parameters: `CommonLayer`, `AiLayer`."""
        own = self.properties.get("Layers") or []
        return {layer["Ref"] for layer in [*stack(self.domain)["Globals"]["Function"]["Layers"], *own]}

    def __str__(self) -> str:
        return f"{self.domain}.{self.logical_id}"


def functions(*kinds: str) -> list[Function]:
    """Every function, or those of these kinds."""
    found = [
        Function(domain, logical_id, resource["Properties"])
        for domain in STACKS
        for logical_id, resource in stack(domain)["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    return [function for function in found if not kinds or function.kind in kinds]


def resources(domain: str, type_: str) -> dict[str, dict[str, Any]]:
    """A domain's resources of one type: properties by logical id."""
    return {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in stack(domain)["Resources"].items()
        if resource["Type"] == type_
    }


def routes(function: Function) -> set[tuple[str, str]]:
    """Method and path of every operation of an endpoint's router."""
    return {
        (method, route.path)
        for route in function.module.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def handler_files() -> Iterator[Path]:
    """Every file that should be a function's."""
    for domain in STACKS:
        for kind in KINDS:
            folder = ROOT / "functions" / domain / "src" / domain / kind
            yield from (p for p in sorted(folder.glob("*.py")) if not p.name.startswith("_"))


def shipped_files() -> list[Path]:
    """Every Python file that reaches AWS."""
    folders = ("functions", "layers/common/lodestar", "migrations")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def own_files() -> list[Path]:
    """Every Python file of the project."""
    others = ("tests", "simulators", "local", "bench")
    return [*shipped_files(), *sorted(path for folder in others for path in (ROOT / folder).rglob("*.py"))]


@cache
def syntax(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(), filename=str(path))


def camel(name: str) -> str:
    """`lesson_items` as a logical id: `LessonItems`."""
    return "".join(part.capitalize() for part in re.split(r"[_-]", name))


def relative(path: Path) -> str:
    """A path as a person reads it in a failure."""
    return str(path.relative_to(ROOT))
