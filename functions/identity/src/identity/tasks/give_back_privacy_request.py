"""Step of fulfil_privacy_request after a failure, or where a legal hold came in between."""

from identity.schemas.privacy_requests import PrivacyStep
from identity.service import fulfilment
from lodestar.jobs import task


def run(step: PrivacyStep) -> dict[str, bool]:
    """`given_up` says that no more tries follow; else reconcile, or an administrator, starts it once more."""
    return {"given_up": fulfilment.give_back(step)}


handler = task(PrivacyStep, run)
