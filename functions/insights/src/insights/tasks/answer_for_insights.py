"""Step of fulfil_privacy_request: who asked for tables is exported or erased; tables that may hold the person go."""

from insights.privacy import PERSONAL_DATA
from insights.service.exports import forget_files
from lodestar.contracts.privacy import answer_step

handler = answer_step(PERSONAL_DATA, forget_copies=forget_files)
