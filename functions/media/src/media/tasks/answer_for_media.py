"""Step of fulfil_privacy_request: recordings with their files, and what was played are exported or erased."""

from lodestar.adapters.storage import object_store
from lodestar.contracts.privacy import answer_step
from media.privacy import PERSONAL_DATA

handler = answer_step(PERSONAL_DATA, store=object_store)
