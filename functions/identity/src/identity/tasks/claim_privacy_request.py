"""First step of fulfil_privacy_request: take the request, so that an event told twice is worked on once."""

from identity.schemas.privacy_requests import PrivacyStep
from identity.service import fulfilment
from lodestar.jobs import task


def run(step: PrivacyStep) -> dict[str, str]:
    """`kind` is `export`, `erase` or `nothing`."""
    return {"kind": fulfilment.claim(step)}


handler = task(PrivacyStep, run)
