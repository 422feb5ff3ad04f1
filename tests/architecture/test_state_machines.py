"""The state machines' definitions: whole, reachable, and ready for what fails."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import ROOT, camel, template

DEFINITIONS = sorted(ROOT.glob("statemachines/*.asl.json"))
INVOKE = "arn:aws:states:::lambda:invoke"
ENDS = {"Succeed", "Fail"}

machines = pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)


def machine(path: Path) -> dict[str, Any]:
    """The definition, parsed."""
    parsed: dict[str, Any] = json.loads(path.read_text())
    return parsed


def scopes(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The definition, and those inside its Map and Parallel states: each has a StartAt and States."""
    yield definition
    for state in definition["States"].values():
        inner = [*state.get("Branches", []), *(state[k] for k in ("ItemProcessor", "Iterator") if k in state)]
        for scope in inner:
            yield from scopes(scope)


def states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state, in every scope."""
    for scope in scopes(definition):
        yield from scope["States"].items()


def successors(state: dict[str, Any]) -> set[str]:
    """Where a state may go."""
    ways = [state.get("Next"), state.get("Default")]
    ways += [choice["Next"] for choice in state.get("Choices", [])]
    ways += [catch["Next"] for catch in state.get("Catch", [])]
    return {way for way in ways if way}


def reachable(scope: dict[str, Any]) -> set[str]:
    """The states that an execution can come to."""
    found: set[str] = set()
    waiting = [scope["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += successors(scope["States"][name])
    return found


@machines
def test_every_state_is_reachable_and_every_way_leads_to_a_state(path: Path) -> None:
    for scope in scopes(machine(path)):
        assert reachable(scope) == set(scope["States"])


@machines
def test_every_state_goes_on_or_ends(path: Path) -> None:
    for name, state in states(machine(path)):
        assert state["Type"] in ENDS or state.get("End") or successors(state), name


@machines
def test_a_task_retries_with_jitter_on_errors_it_names(path: Path) -> None:
    for name, state in states(machine(path)):
        if state["Type"] != "Task":
            continue
        assert state["Resource"] == INVOKE, name
        assert state["Retry"], name
        for retry in state["Retry"]:
            assert retry["JitterStrategy"] == "FULL", name
            assert retry["BackoffRate"] > 1, name
            assert "States.ALL" not in retry["ErrorEquals"], f"{name}: an unknown error is not worth a retry"
        retried = {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
        assert retried >= {"OperationalError", "Runtime.ExitError"}, (
            f"{name}: databases and workers come again"
        )


@machines
def test_a_tasks_failure_ends_in_a_named_state(path: Path) -> None:
    for scope in scopes(machine(path)):
        for name, state in scope["States"].items():
            if state["Type"] == "Task":
                caught = [error for catch in state.get("Catch", []) for error in catch["ErrorEquals"]]
                assert "States.ALL" in caught, (
                    f"{name}: what no Catch names ends the execution without a word"
                )
            assert not {way for way in successors(state) if way not in scope["States"]}, name


@machines
def test_a_task_has_a_time_limit(path: Path) -> None:
    for name, state in states(machine(path)):
        if state["Type"] == "Task":
            assert state.get("TimeoutSeconds"), name


@machines
def test_every_substitution_is_given_and_used(path: Path) -> None:
    used = set(re.findall(r"\$\{(\w+)\}", path.read_text()))
    resources = template("statemachines/template.yaml")["Resources"]
    given = resources[camel(path.name.partition(".")[0])]["Properties"]["DefinitionSubstitutions"]
    assert set(given) == used


@pytest.mark.skipif(not DEFINITIONS, reason="there is no state machine yet")
def test_every_definition_is_deployed_and_traced() -> None:
    declared = {
        resource["Properties"]["DefinitionUri"]: resource["Properties"]
        for resource in template("statemachines/template.yaml")["Resources"].values()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    }
    assert set(declared) == {path.name for path in DEFINITIONS}
    for name, properties in declared.items():
        assert properties["Tracing"] == {"Enabled": True}, name
        assert properties["Logging"]["Level"] == "ERROR", name
        assert [event["Type"] for event in properties["Events"].values()] == ["EventBridgeRule"], name


def test_the_root_hands_every_step_to_the_state_machines() -> None:
    given = template("template.yaml")["Resources"]["StateMachines"]["Properties"]["Parameters"]
    assert set(given) == set(template("statemachines/template.yaml")["Parameters"])


@machines
def test_a_machine_may_invoke_exactly_its_own_steps(path: Path) -> None:
    resources = template("statemachines/template.yaml")["Resources"]
    name = camel(path.name.partition(".")[0])
    statements = resources[f"{name}Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    allowed = next(s["Resource"] for s in statements if s["Action"] == "lambda:InvokeFunction")
    given = resources[name]["Properties"]["DefinitionSubstitutions"]
    assert sorted(arn["Ref"] for arn in allowed) == sorted(value["Ref"] for value in given.values())
