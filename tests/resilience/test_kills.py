"""R6: a worker killed before and after every commit and every call of every step; nothing is lost, nothing doubled."""

import pytest

from tests.machine import ROOT, definition
from tests.proof import WHOLE, Proof, generator, size
from tests.resilience.stories import STORIES
from tests.resilience.trials import Reference, tried
from tests.simulators.running import Simulators

pytestmark = [pytest.mark.proof, pytest.mark.slow]

MACHINES = sorted(path.name.partition(".")[0] for path in ROOT.glob("statemachines/*.asl.json"))


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_whose_workers_die_ends_as_if_none_had(
    proof: Proof, simulators: Simulators, machine: str
) -> None:
    stories = [story for story in STORIES if story.machine == machine]
    wrong, count, left = [], 0, steps(machine)
    for story in stories[: size(slice=1, whole=len(stories))]:
        reference = Reference.of(story, simulators)
        kills = list(reference.kills())
        chosen = generator(f"kills of {story}").sample(
            kills, min(len(kills), size(slice=3, whole=len(kills)))
        )
        for trial in tried(chosen, simulators):
            wrong += [f"{trial.kill}: {fault}" for fault in trial.faults(reference)]
        count += len(chosen)
        left -= {kill.state for kill in chosen}
    if WHOLE:
        wrong += [f"{state} was never killed" for state in sorted(left)]
    proof.found(
        "R6", f"kills at the points of {machine}", tried=count, wrong=wrong, note=f"{len(stories)} stories"
    )


def steps(machine: str) -> set[str]:
    """The states in which code of ours runs."""
    return {name for name, state in definition(machine)["States"].items() if state["Type"] == "Task"}
