"""Last step of fulfil_privacy_request for an export: the archive."""

from identity.schemas.privacy_requests import PrivacyStep
from identity.service import archives
from lodestar.jobs import task


def run(step: PrivacyStep) -> dict[str, bool]:
    """The archive stands and the person is told."""
    archives.assemble(step)
    return {"completed": True}


handler = task(PrivacyStep, run)
