"""Voice: `voice_caller().call(VoiceCall(...))`; the vendor's `webhook()` is a hint that `.execution(id)` confirms."""

from functools import cache

from lodestar.adapters.vendors import VendorServer, must_serve
from lodestar.adapters.voice.port import (
    ENDED,
    CallReceipt,
    CallState,
    CallStatus,
    VoiceCall,
    VoiceCaller,
    receipt,
)
from lodestar.adapters.webhooks import Webhook
from lodestar.config import settings

__all__ = [
    "ENDED",
    "CallReceipt",
    "CallState",
    "CallStatus",
    "VoiceCall",
    "VoiceCaller",
    "receipt",
    "voice_caller",
    "webhook",
]


def voice_caller() -> VoiceCaller:
    """Bolna. Raises CapabilityNotConfigured."""
    return _bolna(must_serve("voice", "bolna"), settings().bolna_from_number)


def webhook() -> Webhook:
    """Bolna's webhook, which is not signed."""
    from lodestar.adapters.voice.bolna import BolnaWebhook

    return BolnaWebhook()


@cache
def _bolna(server: VendorServer, from_number: str | None) -> VoiceCaller:
    from lodestar.adapters.voice.bolna import Bolna

    return Bolna(server, from_number=from_number)
