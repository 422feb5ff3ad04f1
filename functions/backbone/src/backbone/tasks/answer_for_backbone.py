"""Step of fulfil_privacy_request: events, saved answers, limits and operations are exported or erased."""

from backbone.privacy import PERSONAL_DATA
from lodestar.contracts.privacy import answer_step

handler = answer_step(PERSONAL_DATA)
