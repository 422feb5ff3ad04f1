"""Every night: is each organization's audit log as it was written?"""

from collections.abc import Mapping

from identity.errors import AuditChainBroken
from identity.repository.audit_events import chained_organizations
from identity.service import audit_events as service
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT


def run() -> Mapping[str, int]:
    """Raises `AuditChainBroken`, which names every broken chain, and so reaches the dead letters and their alarm."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        organizations = chained_organizations(session)
    broken: list[str] = []
    for org_id in organizations:
        try:
            service.check(org_id)
        except AuditChainBroken as error:
            broken.append(str(error))
    if broken:
        raise AuditChainBroken("; ".join(broken))
    return {"checked": len(organizations)}


handler = schedule(run)
