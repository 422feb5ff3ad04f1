"""What insights keeps of people: who asked for which table. The tables themselves tell of others, and go with anybody."""

from lodestar.privacy import PersonalData, PersonalTable, owned_by

PERSONAL_DATA = PersonalData(
    domain="insights", tables=(PersonalTable("insights.exports", owned_by("requested_by")),)
)
