"""What messaging keeps of people: what they were told, by which channel, and what they want to be told."""

from lodestar.privacy import LegalGround, PersonalData, PersonalTable, owned_by, part_of

TEXTS = "What an organization says to everybody."
DELIVERIES = PersonalTable("messaging.deliveries", owned_by("recipient_id"))

PERSONAL_DATA = PersonalData(
    domain="messaging",
    tables=(
        PersonalTable("messaging.notifications", owned_by("recipient_id")),
        PersonalTable("messaging.anchor_recipients", owned_by("recipient_id")),
        PersonalTable("messaging.scheduled_messages", owned_by("recipient_id")),
        DELIVERIES,
        PersonalTable("messaging.delivery_events", part_of(DELIVERIES, "delivery_id")),
        PersonalTable("messaging.preferences", owned_by("user_id")),
        PersonalTable("messaging.suppressions", owned_by("user_id"), kept=LegalGround.CONSENT),
    ),
    impersonal={
        "messaging.message_templates": TEXTS,
        "messaging.reminder_policies": "When an organization reminds.",
        "messaging.anchors": "A moment of a class or an interview; who is reminded of it stands in other tables.",
        "messaging.waiting_messages": "Which scheduled messages have not fallen due; whose they are stands there.",
        "messaging.message_batches": "What was said to many; who got it stands in deliveries.",
        "messaging.whatsapp_windows": "When a number last wrote, for 24 hours.",
        "messaging.inbound_events": "What a vendor said, unread; deleted when the organization's period ends.",
        "messaging.webhook_endpoints": "An organization's own systems.",
        "messaging.webhook_deliveries": "What an organization's own systems were told.",
    },
    references=frozenset(
        {
            "messaging.message_batches.created_by",
            "messaging.suppressions.created_by",
            "messaging.webhook_endpoints.created_by",
        }
    ),
)
