"""Vendors' webhooks as the OpenAPI shows them. Their bodies are read from their bytes, after the signature."""

from typing import Any


def _body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


SENDGRID_BODY = _body(
    {"type": "array", "items": {"type": "object"}, "maxItems": 5000},
    [
        {
            "email": "ada@example.org",
            "timestamp": 1763700000,
            "event": "delivered",
            "sg_event_id": "ZGVsaXZlcmVkLTAtMQ",
            "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001",
            "reference": "0199f3c2-0000-7000-8000-000000000000",
        }
    ],
)
AISENSY_BODY = _body(
    {"type": "object"},
    {
        "id": "6470f5b0c1d2e3",
        "topic": "message.status.updated",
        "created_at": "2026-11-21T05:00:00.000Z",
        "data": {
            "message": {
                "submitted_message_id": "a1b2c3",
                "phone_number": "919876543210",
                "status": "DELIVERED",
                "delivered_at": 1763700000000,
            }
        },
    },
)
BOLNA_BODY = _body(
    {"type": "object"},
    {
        "id": "4c06b4d1-4096-4561-919a-4f94539c8d4a",
        "agent_id": "3c90c3cc-0d44-4b50-8888-8dd25736052a",
        "status": "completed",
        "created_at": "2026-11-21T05:00:00.000Z",
        "updated_at": "2026-11-21T05:01:30.000Z",
    },
)
