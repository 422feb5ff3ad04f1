"""R6: a worker killed before and after every commit and every call of every step; nothing is lost, nothing doubled."""

import pytest

from tests.machine import ROOT
from tests.proof import Proof, generator, size
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
    wrong, count = [], 0
    for story in stories[: size(slice=1, whole=len(stories))]:
        reference = Reference.of(story, simulators)
        kills = list(reference.kills())
        chosen = generator(f"kills of {story}").sample(
            kills, min(len(kills), size(slice=5, whole=len(kills)))
        )
        for trial in tried(chosen, simulators):
            wrong += [f"{trial.kill}: {fault}" for fault in trial.faults(reference)]
        count += len(chosen)
    proof.found(
        "R6", f"kills at the points of {machine}", tried=count, wrong=wrong, note=f"{len(stories)} stories"
    )
