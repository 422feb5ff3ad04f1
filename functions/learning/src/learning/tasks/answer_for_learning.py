"""Step of fulfil_privacy_request: enrollments, stars, tiers and progress are exported or erased."""

from learning.privacy import PERSONAL_DATA
from lodestar.contracts.privacy import answer_step

handler = answer_step(PERSONAL_DATA)
