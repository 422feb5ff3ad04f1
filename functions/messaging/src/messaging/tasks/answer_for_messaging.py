"""Step of fulfil_privacy_request: what people were told are exported or erased."""

from lodestar.contracts.privacy import answer_step
from messaging.privacy import PERSONAL_DATA

handler = answer_step(PERSONAL_DATA)
