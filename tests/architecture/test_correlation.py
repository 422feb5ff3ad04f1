"""Every step of every state machine is told the correlation of the event that began it."""

import json
from pathlib import Path

import pytest

from tests.architecture.test_state_machines import DEFINITIONS, states


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.name)
def test_every_task_is_told_the_correlation(path: Path) -> None:
    for name, state in states(json.loads(path.read_text())):
        if state["Type"] == "Task":
            told = [
                value for key, value in state["Parameters"]["Payload"].items() if key == "correlation_id.$"
            ]
            assert told, name
            assert told[0].endswith(".correlation_id"), name
