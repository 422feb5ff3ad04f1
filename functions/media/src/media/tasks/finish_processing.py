"""Last step of process_media: the asset can be played, with its transcript or without."""

from lodestar.jobs import task
from media.schemas.steps import Finish
from media.service import processing


def run(step: Finish) -> dict[str, str]:
    """Tells of the asset, and of its transcript when there is one."""
    processing.finish(step.org_id, step.asset_id, execution=step.execution, speech=step.speech)
    return {"speech": step.speech}


handler = task(Finish, run)
