"""What messaging keeps of people: what they were told."""

from lodestar.privacy import PersonalData, PersonalTable, owned_by

PERSONAL_DATA = PersonalData(
    domain="messaging",
    tables=(PersonalTable("messaging.notifications", owned_by("recipient_id")),),
)
