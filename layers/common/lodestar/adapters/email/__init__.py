"""E-mail: `email_sender().send([Email(...)])`; `webhook()` and `told_by_ses()` for what becomes of it."""

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
from lodestar.adapters.vendors import VendorServer, may_be_real, must_serve, simulators_url, vendor_key
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
    "told_by_ses",
    "webhook",
]


def email_sender() -> EmailSender:
    """SendGrid, or SES where EMAIL_VENDOR says `ses`: AWS's own on AWS, its simulator elsewhere.

    Raises CapabilityNotConfigured.
    """
    given = settings()
    if given.email_vendor == "ses":
        is_real = given.aws_endpoint_url is None
        url = None if is_real else simulators_url()
        if (is_real and not may_be_real()) or (not is_real and url is None):
            raise CapabilityNotConfigured("email", settings=("EMAIL_VENDOR", "USE_REAL_EXTERNAL_APIS"))
        return _ses(given.ses_configuration_set, url)
    return _sendgrid(must_serve("email", "sendgrid"))


def webhook() -> Webhook:
    """SendGrid's Event Webhook. Its public key is asked of SendGrid unless SENDGRID_WEBHOOK_PUBLIC_KEY names it.

    Raises CapabilityNotConfigured.
    """
    server = must_serve("email", "sendgrid")
    return _event_webhook(server, None if server.offline else vendor_key("sendgrid_webhook_public_key"))


def told_by_ses() -> Webhook:
    """What SES tells of the mails of SES_CONFIGURATION_SET, over EventBridge. Raises CapabilityNotConfigured."""
    configuration_set = settings().ses_configuration_set
    if configuration_set is None:
        raise CapabilityNotConfigured("email", settings=("SES_CONFIGURATION_SET",))
    from lodestar.adapters.email.ses_events import SesEvents

    return SesEvents(configuration_set)


@cache
def _sendgrid(server: VendorServer) -> EmailSender:
    from lodestar.adapters.email.sendgrid import SendGrid

    return SendGrid(server)


@cache
def _ses(configuration_set: str | None, simulator: str | None) -> EmailSender:
    from lodestar.adapters.email.ses import Ses

    return Ses(configuration_set=configuration_set, url=simulator and f"{simulator}/ses")


@cache
def _event_webhook(server: VendorServer, public_key: str | None) -> Webhook:
    from lodestar.adapters.email.sendgrid_events import EventWebhook

    return EventWebhook(server, public_key=public_key)
