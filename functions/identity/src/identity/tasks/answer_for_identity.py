"""Step of fulfil_privacy_request: roles, keys, invitations and consents are exported or erased."""

from identity.privacy import PERSONAL_DATA
from lodestar.adapters.storage import object_store
from lodestar.contracts.privacy import answer_step

handler = answer_step(PERSONAL_DATA, store=object_store)
