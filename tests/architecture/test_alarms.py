"""Alarms: each on a metric that exists, for the environments that people rely on, with a runbook that says what to do."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.architecture.tree import ROOT, shipped_files, syntax, template

RUNBOOKS = ROOT / "docs" / "runbooks"
TEMPLATES = sorted(
    str(path.relative_to(ROOT))
    for pattern in (
        "template.yaml",
        "monitoring.yaml",
        "functions/*/template.yaml",
        "statemachines/template.yaml",
    )
    for path in ROOT.glob(pattern)
)
OURS = {"Fn::Sub": "Lodestar/${Environment}"}
NAMED = re.compile(r"Runbook: (docs/runbooks/[a-z0-9-]+\.md)$")
ALIKE = ("## What you see", "## Look", "## Mend", "## It is over when")


def alarms() -> list[tuple[str, dict[str, Any]]]:
    """Every alarm, with where it is declared."""
    return [
        (f"{path}:{logical_id}", {**resource, "Everywhere": path == "monitoring.yaml"})
        for path in TEMPLATES
        for logical_id, resource in template(path)["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]


def watched(properties: dict[str, Any]) -> Iterator[tuple[Any, Any, frozenset[str]]]:
    """Namespace, name and dimensions of every metric that an alarm looks at."""
    metrics = [each["MetricStat"]["Metric"] for each in properties.get("Metrics", []) if "MetricStat" in each]
    for metric in metrics or [properties]:
        dimensions = frozenset(dimension["Name"] for dimension in metric.get("Dimensions", []))
        yield metric["Namespace"], metric["MetricName"], dimensions


@cache
def emitted() -> set[tuple[str, frozenset[str]]]:
    """Every metric of the code with every set of its dimensions: the literals given to `Metrics(...)`."""
    found = set()
    for path in shipped_files():
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Metrics":
                dimension_sets, units = (ast.literal_eval(argument) for argument in node.args)
                found |= {(name, frozenset(names)) for name, _ in units for names in dimension_sets}
    return found


@cache
def filtered() -> list[Any]:
    """The metrics that a filter makes of log lines."""
    return [
        transformation["MetricName"]
        for path in TEMPLATES
        for resource in template(path)["Resources"].values()
        if resource["Type"] == "AWS::Logs::MetricFilter"
        for transformation in resource["Properties"]["MetricTransformations"]
    ]


each_alarm = pytest.mark.parametrize(("name", "alarm"), alarms(), ids=[name for name, _ in alarms()])


@each_alarm
def test_an_alarm_names_a_runbook_that_is_there(name: str, alarm: dict[str, Any]) -> None:
    named = NAMED.search(alarm["Properties"]["AlarmDescription"])
    assert named, name
    assert (ROOT / named[1]).is_file(), named[1]


@each_alarm
def test_an_alarm_tells_somebody_when_it_begins_and_when_it_is_over(name: str, alarm: dict[str, Any]) -> None:
    for actions in ("AlarmActions", "OKActions"):
        assert alarm["Properties"][actions] == [{"Ref": "AlarmTopic"}], name


@each_alarm
def test_an_alarm_is_off_on_one_machine(name: str, alarm: dict[str, Any]) -> None:
    monitoring = template("template.yaml")["Resources"]["Monitoring"]
    assert (monitoring if alarm["Everywhere"] else alarm)["Condition"] == "IsAws", name


@each_alarm
def test_an_alarm_watches_a_metric_that_is_sent(name: str, alarm: dict[str, Any]) -> None:
    for namespace, metric, dimensions in watched(alarm["Properties"]):
        if isinstance(namespace, str):
            assert namespace.startswith("AWS/"), name
        else:
            assert namespace == OURS, name
            assert metric in filtered() or (metric, dimensions) in emitted(), (
                f"{name}: {metric} by {set(dimensions)}"
            )


def test_the_dashboard_shows_metrics_that_are_sent() -> None:
    body = template("monitoring.yaml")["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    names = {name for name, _ in emitted()}
    searched = set(re.findall(r'MetricName=\(?((?:\\"\w+\\"(?: OR )?)+)', body))
    shown = {name for group in searched for name in re.findall(r"\w+", group.replace(" OR ", " "))}
    shown |= set(re.findall(r'\["Lodestar/\$\{Environment\}", "(\w+)"', body))
    assert shown
    assert shown <= names
    assert {"duration_ms", "server_errors", "outbox_age_seconds", "ai_failed"} <= shown


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_a_runbook_says_what_you_see_how_to_look_how_to_mend_and_when_it_is_over(path: Any) -> None:
    if path.stem == "README":
        return
    content = path.read_text()
    assert [line for line in content.splitlines() if line.startswith("## ")] == list(ALIKE)
    said = content.split("## What you see")[1].split("## Look")[0].strip()
    assert said, "a symptom, where no alarm leads here"


def test_every_runbook_is_listed_and_every_one_that_is_listed_is_there() -> None:
    listed = set(re.findall(r"\]\(([a-z0-9-]+\.md)\)", (RUNBOOKS / "README.md").read_text()))
    assert listed == {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"}


def test_every_alarm_of_a_runbook_is_one_that_exists() -> None:
    led = {NAMED.search(alarm["Properties"]["AlarmDescription"])[1] for _, alarm in alarms()}  # type: ignore[index]
    index = (RUNBOOKS / "README.md").read_text()
    rows = dict(re.findall(r"\| \[[^\]]+\]\(([a-z0-9-]+\.md)\) \| (.+?) \|", index))
    for name, first in rows.items():
        assert (f"docs/runbooks/{name}" in led) == ("alarm" in first), name
