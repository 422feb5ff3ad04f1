"""Nothing of a definition is left unwalked. Runs after the walks of this folder, whose executions it looks at."""

import json

import pytest

from local.settings import ROOT
from tests.stack.executions import executions
from tests.stack.product import Product

pytestmark = [pytest.mark.stack, pytest.mark.slow]
MACHINES = sorted(path.name.partition(".")[0] for path in ROOT.glob("statemachines/*.asl.json"))


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_was_entered(running: Product, machine: str) -> None:
    definition = json.loads((ROOT / f"statemachines/{machine}.asl.json").read_text())
    entered = {state for walk in executions(running.stack, machine) for state in walk.states}
    assert set(definition["States"]) - entered == set()
