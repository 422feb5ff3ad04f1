"""Last step of fulfil_privacy_request for an erasure: the account, and the certificate."""

from identity.schemas.privacy_requests import PrivacyStep
from identity.service import certificates
from lodestar.jobs import task


def run(step: PrivacyStep) -> dict[str, bool]:
    """Every domain confirmed; the certificate says what went and what stays."""
    certificates.certify(step)
    return {"completed": True}


handler = task(PrivacyStep, run)
