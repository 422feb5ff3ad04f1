"""Step of fulfil_privacy_request: attempts, what was handed in, grades, decisions and appeals are exported or erased."""

from assessment.privacy import PERSONAL_DATA
from lodestar.contracts.privacy import answer_step

handler = answer_step(PERSONAL_DATA)
