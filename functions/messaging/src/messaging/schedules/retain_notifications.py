"""Every night: what people were told, and by which channel, longer ago than the organization keeps it."""

from collections.abc import Mapping

from lodestar.contracts.identity import RetentionCategory, retention_periods
from lodestar.db import unit_of_work
from lodestar.jobs import schedule
from lodestar.principal import NO_TENANT
from lodestar.privacy.aging import AgingTable, age

OLD = (
    AgingTable("messaging.notifications", since="t.created_at", held="identity.is_held(t.recipient_id)"),
    AgingTable("messaging.deliveries", since="t.created_at", held="identity.is_held(t.recipient_id)"),
    AgingTable("messaging.scheduled_messages", since="t.send_at", held="identity.is_held(t.recipient_id)"),
    AgingTable(
        "messaging.anchor_recipients",
        since="t.created_at",
        held="identity.is_held(t.recipient_id) OR EXISTS (SELECT FROM messaging.scheduled_messages AS s"
        " WHERE s.reminded_id = t.id)",
    ),
)


def run() -> Mapping[str, int]:
    """How many rows of each table were deleted."""
    with unit_of_work(NO_TENANT, read_only=True) as session:
        periods = retention_periods(session, RetentionCategory.NOTIFICATIONS)
    return {
        table.name.partition(".")[2]: sum(age(table, org_id, days=days) for org_id, days in periods.items())
        for table in OLD
    }


handler = schedule(run)
