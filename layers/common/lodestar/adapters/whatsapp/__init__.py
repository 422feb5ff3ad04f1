"""WhatsApp: `whatsapp_sender().send(WhatsAppMessage(...))`, and `webhook()` for what becomes of it."""

from functools import cache

from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.vendors import VendorServer, must_serve, vendor_key
from lodestar.adapters.webhooks import Webhook
from lodestar.adapters.whatsapp.port import (
    Media,
    WhatsAppMessage,
    WhatsAppReceipt,
    WhatsAppSender,
    receipt,
)

__all__ = [
    "Media",
    "WhatsAppMessage",
    "WhatsAppReceipt",
    "WhatsAppSender",
    "receipt",
    "webhook",
    "whatsapp_sender",
]


def whatsapp_sender() -> WhatsAppSender:
    """AiSensy. Raises CapabilityNotConfigured."""
    return _aisensy(must_serve("whatsapp", "aisensy"))


def webhook() -> Webhook:
    """AiSensy's webhook; its simulator signs with the word `simulator`. Raises CapabilityNotConfigured."""
    server = must_serve("whatsapp", "aisensy")
    secret = server.api_key if server.offline else vendor_key("aisensy_webhook_secret")
    if secret is None:
        raise CapabilityNotConfigured("whatsapp webhooks", settings=("AISENSY_WEBHOOK_SECRET",))
    return _webhook(secret)


@cache
def _aisensy(server: VendorServer) -> WhatsAppSender:
    from lodestar.adapters.whatsapp.aisensy import AiSensy

    return AiSensy(server)


@cache
def _webhook(secret: str) -> Webhook:
    from lodestar.adapters.whatsapp.aisensy_events import AiSensyWebhook

    return AiSensyWebhook(secret)
