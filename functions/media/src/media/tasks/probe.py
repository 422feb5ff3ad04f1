"""Step of process_media: find out what the file really is; whoever sent it is told when it cannot serve."""

from lodestar.jobs import task
from media.schemas.steps import Step
from media.service import inspection


def run(step: Step) -> dict[str, object]:
    """`verdict` is `accepted` or `rejected`; `speech_wanted` says whether there is something to transcribe."""
    verdict, speech_wanted = inspection.probe(step.org_id, step.asset_id, execution=step.execution)
    return {"verdict": verdict, "speech_wanted": speech_wanted}


handler = task(Step, run)
