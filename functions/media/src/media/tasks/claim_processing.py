"""First step of process_media: take the asset, so that an event told twice is worked on once."""

from lodestar.jobs import task
from media.schemas.steps import Step
from media.service import processing


def run(step: Step) -> dict[str, str]:
    """`need` is `probe`, `speech` (a ready asset is transcribed again) or `nothing`."""
    return {"need": processing.claim(step.org_id, step.asset_id, execution=step.execution)}


handler = task(Step, run)
