"""Step of process_media: the sound, in pieces that a transcriber takes."""

from lodestar.jobs import task
from media.schemas.steps import Step
from media.service import inspection


def run(step: Step) -> dict[str, int]:
    """`pieces` is how many there are; 0 when the recording is silent by nature."""
    return {"pieces": inspection.extract_sound(step.org_id, step.asset_id, execution=step.execution)}


handler = task(Step, run)
