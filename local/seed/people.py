"""Organizations and their people: invited by the platform's administrator, accepted with the local password."""

from dataclasses import replace
from typing import Any

from local.client import Client, Refused
from local.seed.models import Member, Organization
from local.seed.upsert import each

PASSWORD = "Lodestar-local-1"


def write_organization(administrator: Client, organization: Organization) -> str:
    """The organization's id; whoever is not yet a member of it is invited and accepts."""
    org_id = _ensure(administrator, organization)
    inviting = administrator.within(org_id)
    rows = inviting.every("/v1/identity/members")
    present = {(row["email"], row["role"]) for row in rows}

    guest = replace(administrator, token=None)

    def join(member: Member) -> None:
        invitation = _invited(inviting, member)
        acceptance = {"password": PASSWORD, "display_name": member.name, "time_zone": organization.timezone}
        guest.post(f"/v1/identity/public/invitations/{invitation['token']}", acceptance)

    each(join, [m for m in organization.members if (m.email, m.role) not in present])
    return org_id


def _invited(inviting: Client, member: Member) -> Any:
    """With the link, which is shown once: where that answer was lost, another invitation takes the first one's place."""
    body = {"email": member.email, "role": member.role}
    try:
        return inviting.post("/v1/identity/invitations", body)
    except Refused as refused:
        if refused.code != "secret_already_shown":
            raise
    return inviting.post("/v1/identity/invitations", body)


def _ensure(administrator: Client, organization: Organization) -> str:
    known = {row["slug"]: row["id"] for row in administrator.every("/v1/identity/organizations")}
    if organization.key not in known:
        body = {
            "kind": organization.type,
            "name": organization.name,
            "slug": organization.key,
            "time_zone": organization.timezone,
        }
        known[organization.key] = administrator.post("/v1/identity/organizations", body)["id"]
    return str(known[organization.key])
