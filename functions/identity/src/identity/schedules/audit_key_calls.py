"""Every hour: what was called by API key in the hours that are over goes into the audit log (SB-47).

A change is an entry of its own with the key's id; that and every read is counted here, for each key and hour in one
entry. An entry for each read would make the log, whose writers wait for each other, as busy as the API.
"""

from collections.abc import Mapping

from identity.repository.api_keys import hours_over
from identity.service import api_keys as service
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT, Principal


def run() -> Mapping[str, int]:
    """How many keys' hours were noted."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        found = hours_over(session)
    for one in found:
        as_key = Principal(user_id=one.user_id, org_id=one.org_id, api_key_id=one.api_key_id)
        with unit_of_work(as_key) as session:
            service.account_for_hour(session, key_id=one.api_key_id, hour=one.hour)
    return {"hours": len(found)}


handler = schedule(run)
