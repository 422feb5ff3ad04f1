"""Vendors' calls are proved to be theirs, kept for good, and answered; reading them comes after."""

import hashlib
from collections.abc import Mapping

from sqlalchemy.orm import Session

from lodestar import clock, limits
from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.sending import NotSent
from lodestar.adapters.webhooks import Forged, Malformed, Webhook
from lodestar.contracts.messaging import InboundReceived
from lodestar.events import emit
from lodestar.log import log
from lodestar.principal import NOBODY
from lodestar.problems import InvalidContent, Unavailable
from lodestar.work import Work
from messaging.errors import WebhookRefused, WebhookTooLarge
from messaging.repository import inbound as repository
from messaging.rules import inbound as rules
from messaging.service.inbound import webhook_of

LARGEST_BYTES = {"sendgrid": 1_000_000, "aisensy": 256_000, "bolna": 1_000_000}
"""SendGrid sends at most 768 KB at once; Bolna's calls carry a transcript."""
KEPT_HEADERS = ("signature", "timestamp", "content-type", "user-agent")
UNSIGNED_PER_MINUTE = 600


def receive(work: Work, vendor: str, *, headers: Mapping[str, str], body: bytes) -> None:
    """Keep a vendor's call, once, and have it read.

    Raises WebhookTooLarge, WebhookRefused, InvalidContent, and Unavailable when the vendor has to come again.
    """
    if len(body) > LARGEST_BYTES[vendor]:
        raise WebhookTooLarge()
    is_signed = _prove(vendor, headers, body)
    with work.transaction() as session:
        if not is_signed:
            limits.spend(session, f"webhook_{vendor}", NOBODY, capacity=UNSIGNED_PER_MINUTE, per_seconds=60)
        kept = {name: text for name, text in headers.items() if name.lower().endswith(KEPT_HEADERS)}
        is_new = _keep(session, vendor, headers=kept, body=body)
    log.info("webhook_received", vendor=vendor, is_new=is_new)


def receive_told(session: Session, vendor: str, *, body: bytes) -> None:
    """Keep what a vendor told over the bus, once, and have it read. Raises Forged and Malformed."""
    webhook = webhook_of(vendor)
    webhook.verify({}, body, now=clock.now())
    if webhook.events(body):
        is_new = _keep(session, vendor, headers={}, body=body)
        log.info("webhook_received", vendor=vendor, is_new=is_new)


def _keep(session: Session, vendor: str, *, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether it had not been kept before."""
    inbound_id = repository.keep(
        session, vendor=vendor, event_key=hashlib.sha256(body).hexdigest(), body=body, headers=headers
    )
    if inbound_id is not None:
        emit(session, InboundReceived(inbound_id=inbound_id))
    return inbound_id is not None


def _prove(vendor: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the vendor signs its calls; one that it should have signed and has not is refused."""
    now = clock.now()
    try:
        webhook: Webhook = webhook_of(vendor)
        webhook.verify(headers, body, now=now)
        told = webhook.events(body)
        if webhook.authenticated and not rules.are_of_now(told, now=now):
            raise Forged("events not of now")
    except Forged as error:
        log.warning("webhook_refused", vendor=vendor, check=str(error))
        raise WebhookRefused() from None
    except Malformed as error:
        raise InvalidContent("This is not what the vendor documents.") from error
    except (NotSent, CapabilityNotConfigured) as error:
        log.warning("webhook_not_verifiable", vendor=vendor, reason=str(error))
        raise Unavailable("It cannot be verified now; send it again.") from error
    return webhook.authenticated
