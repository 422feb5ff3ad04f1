"""Step of process_media: speech becomes text, piece by piece."""

from lodestar.jobs import task
from media.schemas.steps import Step
from media.service import speech


def run(step: Step) -> dict[str, int]:
    """`transcribed` counts the pieces done in this run. Raises AllModelsFailed and CapabilityNotConfigured."""
    return {"transcribed": speech.transcribe(step.org_id, step.asset_id, execution=step.execution)}


handler = task(Step, run)
