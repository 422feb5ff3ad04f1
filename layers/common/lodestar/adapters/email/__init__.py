"""E-mail: `email_sender().send([Email(...)])`, and `webhook()` for what becomes of it."""

from functools import cache

from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.email.port import (
    LARGEST_EMAIL_BYTES,
    Address,
    Attachment,
    Category,
    Email,
    EmailReceipt,
    EmailResult,
    EmailSender,
    receipt,
)
from lodestar.adapters.vendors import VendorServer, must_serve, vendor_key
from lodestar.adapters.webhooks import Webhook
from lodestar.config import settings

__all__ = [
    "LARGEST_EMAIL_BYTES",
    "Address",
    "Attachment",
    "Category",
    "Email",
    "EmailReceipt",
    "EmailResult",
    "EmailSender",
    "email_sender",
    "receipt",
    "webhook",
]


def email_sender() -> EmailSender:
    """SendGrid, or SES where EMAIL_VENDOR says `ses`: AWS's own, or the embedded one. Raises CapabilityNotConfigured."""
    given = settings()
    if given.email_vendor == "ses":
        if given.use_real_external_apis not in (None, given.aws_endpoint_url is None):
            raise CapabilityNotConfigured("email", settings=("EMAIL_VENDOR", "USE_REAL_EXTERNAL_APIS"))
        return _ses()
    return _sendgrid(must_serve("email", "sendgrid"))


def webhook() -> Webhook:
    """SendGrid's Event Webhook. Its public key is asked of SendGrid unless SENDGRID_WEBHOOK_PUBLIC_KEY names it.

    Raises CapabilityNotConfigured.
    """
    server = must_serve("email", "sendgrid")
    return _event_webhook(server, None if server.offline else vendor_key("sendgrid_webhook_public_key"))


@cache
def _sendgrid(server: VendorServer) -> EmailSender:
    from lodestar.adapters.email.sendgrid import SendGrid

    return SendGrid(server)


@cache
def _ses() -> EmailSender:
    from lodestar.adapters.email.ses import Ses

    return Ses()


@cache
def _event_webhook(server: VendorServer, public_key: str | None) -> Webhook:
    from lodestar.adapters.email.sendgrid_events import EventWebhook

    return EventWebhook(server, public_key=public_key)
