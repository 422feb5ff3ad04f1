"""Step of process_media after a failure that retries did not cure: let go of the asset, or give it up."""

from lodestar.jobs import task
from media.schemas.steps import Step
from media.service import processing


def run(step: Step) -> dict[str, bool]:
    """`given_up` says that the owner was told to upload again; else reconcile starts it once more."""
    return {"given_up": processing.fail(step.org_id, step.asset_id, execution=step.execution)}


handler = task(Step, run)
