"""Vendors that tell what became of messages: their webhooks, signed as they sign them, and Bolna's own word."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import insert, text

from lodestar.config import settings
from lodestar.db import work_for
from lodestar.ids import new_id
from messaging.models.deliveries import Delivery
from messaging.reactions import email_events
from simulators.sendgrid.signing import Signer
from simulators.ses.fates import NAMES as SES_NAMES
from simulators.ses.fates import PARTS as SES_PARTS
from tests.gateway import Answer, post

WEBHOOKS = "/v1/messaging/webhooks"
SECRET = "simulator"
SIGNER = Signer(7)
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
HMAC = "X-AiSensy-Signature"
CONFIGURATION_SET, ACCOUNT = "lodestar", "123456789012"
SIGNED_KEY = "/sendgrid/v3/user/webhooks/event/settings/signed"


class Bolna:
    """What Bolna says of its calls when it is asked; next to it SendGrid tells its public key."""

    def __init__(self) -> None:
        self.executions: dict[str, Mapping[str, Any]] = {}
        self.url = ""


@contextmanager
def telling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bolna]:
    """The settings of a deployment whose vendors are these."""
    bolna = Bolna()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == SIGNED_KEY:
                found: Mapping[str, Any] | None = {"enabled": True, "public_key": SIGNER.public_key}
            else:
                found = bolna.executions.get(self.path.rpartition("/")[2])
            body = json.dumps(found or {"message": "Execution not found"}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    bolna.url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("SIMULATOR_URL", bolna.url)
    monkeypatch.setenv("SES_CONFIGURATION_SET", CONFIGURATION_SET)
    settings.cache_clear()
    try:
        yield bolna
    finally:
        server.shutdown()
        server.server_close()
        monkeypatch.undo()
        settings.cache_clear()


def sent_deliveries(
    org_id: UUID, channel: str, count: int, *, vendor: str | None = None, **columns: Any
) -> list[UUID]:
    """Deliveries that their vendor took; it calls each `<vendor>-<id>`, Bolna by the id."""
    vendor = vendor or {"email": "sendgrid", "whatsapp": "aisensy", "voice": "bolna"}[channel]
    rows = []
    for nth in range(count):
        delivery_id = new_id()
        address = f"{delivery_id}@example.org" if channel == "email" else f"+4915{nth:09d}"
        name = str(delivery_id) if channel == "voice" else f"{vendor}-{delivery_id}"
        rows.append(
            {
                "id": delivery_id, "channel": channel, "category": "operational", "template_key": "welcome",
                "dedupe_key": str(delivery_id), "address": address, "state": "sent", "vendor": vendor,
                "vendor_message_id": name, "attempts": 1, **columns,
            }
        )  # fmt: skip
    with work_for(org_id) as session:
        for start in range(0, count, 2000):
            session.execute(insert(Delivery).values(rows[start : start + 2000]))
        if "sent_at" not in columns:
            sent = text(
                "UPDATE messaging.deliveries SET sent_at = now() WHERE sent_at IS NULL AND state = 'sent'"
            )
            session.execute(sent)
    return [row["id"] for row in rows]


def email_event(
    delivery_id: UUID, event: str, *, at: datetime, name: str | None = None, **more: Any
) -> dict[str, Any]:
    """One entry of SendGrid's list."""
    return {
        "email": f"{delivery_id}@example.org", "event": event, "timestamp": int(at.timestamp()),
        "sg_event_id": name or f"{event}-{delivery_id}", "sg_message_id": f"sendgrid-{delivery_id}.filter",
        "reference": str(delivery_id), **more,
    }  # fmt: skip


def ses_event(delivery_id: UUID, kind: str, *, at: datetime, **own: Any) -> dict[str, Any]:
    """What EventBridge hands on of SES. `kind` may name a bounce's type after a dot."""
    kind, _, more = kind.partition(".")
    if more:
        own = {"bounceType": more, "bounceSubType": "General", **own}
    if kind in ("Bounce", "Complaint"):
        own = {"feedbackId": f"{kind}-{delivery_id}", **own}
    tags = {"ses:configuration-set": [CONFIGURATION_SET], "reference": [str(delivery_id)]}
    return {
        "version": "0", "id": str(uuid5(delivery_id, kind)), "source": "aws.ses", "account": ACCOUNT,
        "detail-type": SES_NAMES[kind], "time": at.isoformat(),
        "detail": {
            "eventType": kind, SES_PARTS.get(kind, kind.lower()): {"timestamp": at.isoformat(), **own},
            "mail": {
                "timestamp": at.isoformat(), "messageId": f"ses-{delivery_id}", "sendingAccountId": ACCOUNT,
                "destination": [f"{delivery_id}@example.org"], "tags": tags,
            },
        },
    }  # fmt: skip


def ses(envelope: Mapping[str, Any]) -> Answer:
    """Hand it to the reaction as its queue does; 401 when the reaction fails."""
    record = {"messageId": "1", "body": json.dumps(envelope)}
    failed = email_events.handler({"Records": [record]}, None)["batchItemFailures"]
    return Answer(401 if failed else 204, {}, "")


def whatsapp_status(delivery_id: UUID, status: str, *, at: datetime) -> dict[str, Any]:
    """AiSensy's notification of a message."""
    stamps = {f"{status.lower()}_at": int(at.timestamp() * 1000)}
    return {
        "id": f"{status}-{delivery_id}", "topic": "message.status.updated", "created_at": at.isoformat(),
        "data": {"message": {"submitted_message_id": f"aisensy-{delivery_id}", "status": status, **stamps}},
    }  # fmt: skip


def whatsapp_reply(
    phone: str, words: str, *, at: datetime, name: str, answers: UUID | None = None
) -> dict[str, Any]:
    """AiSensy's notification of what somebody wrote."""
    context = {"submitted_message_id": f"aisensy-{answers}"} if answers else {}
    return {
        "id": name, "topic": "message.sender.user", "created_at": at.isoformat(),
        "data": {"message": {
            "phone_number": phone.removeprefix("+"), "message_type": "TEXT", "message_content": {"text": words},
            "context": context, "sent_at": int(at.timestamp() * 1000),
        }},
    }  # fmt: skip


def execution(delivery_id: UUID, status: str, *, at: datetime) -> dict[str, Any]:
    """A call as Bolna shows it."""
    return {
        "id": str(delivery_id), "agent_id": "reminder", "status": status, "created_at": at.isoformat(),
        "updated_at": at.isoformat(), "context_details": {"recipient_data": {"reference": str(delivery_id)}},
    }  # fmt: skip


def sendgrid(*events: Mapping[str, Any], timestamp: int | None = None, signer: Signer = SIGNER) -> Answer:
    """Post a signed list of events."""
    body = json.dumps(events)
    return post(f"{WEBHOOKS}/sendgrid", body, headers=signer.headers(body.encode(), timestamp=timestamp))


def aisensy(notification: Mapping[str, Any], *, secret: str = SECRET) -> Answer:
    """Post a signed notification."""
    body = json.dumps(notification)
    return post(f"{WEBHOOKS}/aisensy", body, headers={HMAC: aisensy_signature(body, secret)})


def aisensy_signature(body: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


def raw(vendor: str, body: str, headers: Mapping[str, str]) -> Answer:
    """Post exactly this."""
    return post(f"{WEBHOOKS}/{vendor}", body, headers=headers)


def bolna_hint(document: Mapping[str, Any]) -> Answer:
    """Post what anybody could post."""
    return post(f"{WEBHOOKS}/bolna", json.dumps(document))


def seconds_ago(seconds: int) -> int:
    return int(time.time()) - seconds
