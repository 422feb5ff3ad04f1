"""What identity keeps of people: account, roles, keys, consents, and their privacy requests."""

from lodestar.privacy import LegalGround, PersonalData, PersonalTable, owned_by

ACCOUNT = PersonalTable("identity.users", owned_by("id"), has_organization=False, apart=True)
"""Shared by all of a person's organizations (docs/adr/0007): `identity.service.certificates` erases it, or says why
not."""
BY_ADDRESS = (
    "{t}.accepted_by = :person OR {t}.email = (SELECT u.email FROM identity.users AS u WHERE u.id = :person)"
)

PERSONAL_DATA = PersonalData(
    domain="identity",
    tables=(
        ACCOUNT,
        PersonalTable("identity.memberships", owned_by("user_id")),
        PersonalTable("identity.invitations", BY_ADDRESS, withheld=("token_hash",)),
        PersonalTable("identity.role_requests", owned_by("user_id")),
        PersonalTable("identity.api_keys", owned_by("user_id"), withheld=("key_hash",)),
        PersonalTable("identity.consents", owned_by("user_id"), kept=LegalGround.CONSENT),
        PersonalTable(
            "identity.privacy_requests",
            owned_by("user_id"),
            kept=LegalGround.ACCOUNTABILITY,
            folder="t.org_id || '/privacy/' || t.id || '/'",
        ),
        PersonalTable(
            "identity.audit_exports", owned_by("requested_by"), kept=LegalGround.AUDIT
        ),
        PersonalTable("identity.legal_holds", owned_by("user_id"), kept=LegalGround.ACCOUNTABILITY),
    ),
    impersonal={
        "identity.organizations": "An institution, not a person.",
        "identity.org_settings": "What an institution chose for itself.",
        "identity.feature_flags": "What is switched on.",
        "identity.retention_policies": "How long an institution keeps things.",
    },
    references=frozenset(
        {
            "identity.organizations.founder_id", "identity.invitations.invited_by",
            "identity.role_requests.decided_by", "identity.privacy_requests.requested_by",
            "identity.privacy_requests.decided_by", "identity.legal_holds.placed_by",
            "identity.legal_holds.released_by",
        }
    ),
)  # fmt: skip
