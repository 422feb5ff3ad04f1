"""Who takes an event: the rules of the templates, followed to a reaction or a state machine."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from local.gateway_responses import Template
from local.openapi import ROOT


@cache
def consumers() -> dict[str, list[str]]:
    """By the event's name: `learning.reactions.attempt_graded`, or `the machine GradeAttempt`."""
    found: dict[str, list[str]] = {}
    for file in sorted([*ROOT.glob("functions/*/template.yaml"), ROOT / "statemachines" / "template.yaml"]):
        resources = yaml.load(file.read_text(), Loader=Template)["Resources"]
        for event, consumer in (*_reactions(resources), *_machines(resources)):
            found.setdefault(event, []).append(consumer)
    return {event: sorted(set(names)) for event, names in found.items()}


def _reactions(resources: dict[str, Any]) -> Iterator[tuple[str, str]]:
    handlers = dict(_fed_by_queue(resources))
    for resource in resources.values():
        if resource["Type"] != "AWS::Events::Rule":
            continue
        for target in resource["Properties"].get("Targets", ()):
            for event in resource["Properties"].get("EventPattern", {}).get("detail-type", ()):
                if target["Arn"] in handlers:
                    yield event, handlers[target["Arn"]]


def _fed_by_queue(resources: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """`("AttemptGradedQueue.Arn", "learning.reactions.attempt_graded")`."""
    for resource in resources.values():
        if resource["Type"] == "AWS::Serverless::Function":
            for source in resource["Properties"].get("Events", {}).values():
                if source["Type"] == "SQS":
                    yield (
                        source["Properties"]["Queue"],
                        resource["Properties"]["Handler"].removesuffix(".handler"),
                    )


def _machines(resources: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            for source in resource["Properties"].get("Events", {}).values():
                for event in source["Properties"].get("Pattern", {}).get("detail-type", ()):
                    yield event, f"the machine {name}"
