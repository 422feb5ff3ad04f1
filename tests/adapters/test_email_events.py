"""What SendGrid tells afterwards: verified by its raw body, with our reference, recognizable when repeated."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.processes import wait_until
from lodestar.adapters import email
from lodestar.adapters.email.sendgrid_events import EventWebhook
from lodestar.adapters.sending import Accepted, NotSent
from lodestar.adapters.vendors import VendorServer
from lodestar.adapters.webhooks import Forged, Malformed
from simulators.sendgrid import Signer
from tests.adapters.listening import Endpoint
from tests.adapters.mails import message
from tests.simulators.running import Simulators


def send(sent: email.Email) -> Accepted:
    [outcome] = email.email_sender().send([sent])
    assert isinstance(outcome, Accepted)
    return outcome


def told(simulators: Simulators, listening: Endpoint, *kinds: str) -> list[Any]:
    """The verified events, once all those kinds have come."""
    way_in = email.webhook()

    def events() -> list[Any]:
        for posted in listening.posted:
            way_in.verify(posted.headers, posted.body, now=datetime.now(UTC))
        return [event for posted in listening.posted for event in way_in.events(posted.body)]

    wait_until(lambda: set(kinds) <= {event.kind for event in events()}, seconds=10, what=f"{kinds}")
    return events()


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("delivered", ("sent", "delivered")), ("opens", ("delivered", "read")), ("bounce", ("bounced",)),
        ("blocked", ("blocked",)), ("dropped", ("dropped",)), ("defer", ("deferred", "delivered")),
        ("spam", ("complained",)), ("unsubscribe", ("unsubscribed",)),
    ],
)  # fmt: skip
def test_each_fate_is_told_with_our_reference(
    simulators: Simulators, listening: Endpoint, word: str, kinds: tuple[str, ...]
) -> None:
    simulators.order("sendgrid", webhook_url=listening.url)
    sent = message(f"{word}+7@example.org", category="marketing")
    outcome = send(sent)

    events = told(simulators, listening, *kinds)

    assert {event.reference for event in events} == {sent.reference}
    assert {event.vendor_message_id for event in events} == {outcome.vendor_message_id}
    assert {event.address for event in events} == {f"{word}+7@example.org"}
    assert len({event.vendor_event_id for event in events}) == len(events)
    if kinds == ("bounced",):
        assert "does not exist" in events[-1].detail["reason"]


def test_repetitions_are_recognizable(simulators: Simulators, listening: Endpoint) -> None:
    simulators.order("sendgrid", webhook_url=listening.url, duplicates=2, shuffle=True)
    send(message("bounce@example.org"))

    wait_until(lambda: len(listening.posted) >= 3, seconds=10, what="three deliveries")
    events = told(simulators, listening, "bounced")

    assert len(events) > len({event.vendor_event_id for event in events})


def test_a_webhook_that_was_not_taken_comes_again_signed_anew(
    simulators: Simulators, listening: Endpoint
) -> None:
    simulators.order("sendgrid", webhook_url=listening.url, time_factor=0.001)
    listening.answer = lambda nth, _: (500 if nth < 2 else 200, b"")
    send(message("dropped@example.org"))

    wait_until(
        lambda: [attempt["status"] for attempt in simulators.callbacks("sendgrid")][:3] == [500, 500, 200],
        seconds=10,
        what="a third attempt",
    )

    first, second, third = listening.posted
    assert first.body == second.body == third.body
    email.webhook().verify(third.headers, third.body, now=datetime.now(UTC))


BODY = json.dumps(
    [{"event": "delivered", "email": "a@example.org", "timestamp": 1_790_000_000, "sg_event_id": "e"}]
).encode()
NOW = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)


def signed(*, seed: int = 0, at: datetime = NOW, body: bytes = BODY) -> dict[str, str]:
    return Signer(seed).headers(body, timestamp=int(at.timestamp()))


def way_in() -> EventWebhook:
    server = VendorServer(vendor="sendgrid", base_url="http://127.0.0.1:9", api_key="key", offline=False)
    return EventWebhook(server, public_key=Signer(0).public_key)


def without(headers: dict[str, str], word: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if not name.endswith(word)}


FORGERIES = {
    "another key": (signed(seed=1), BODY),
    "another body": (signed(), BODY.replace(b"delivered", b"spamreport")),
    "one byte more": (signed(), BODY + b" "),
    "stale": (signed(at=NOW - timedelta(minutes=11)), BODY),
    "future": (signed(at=NOW + timedelta(minutes=11)), BODY),
    "no signature": (without(signed(), "Signature"), BODY),
    "no timestamp": (without(signed(), "Timestamp"), BODY),
    "moved timestamp": (
        {**signed(), "X-Twilio-Email-Event-Webhook-Timestamp": str(int(NOW.timestamp()) + 1)}, BODY,
    ),
    "other digits": ({**signed(), "X-Twilio-Email-Event-Webhook-Timestamp": "١٧٩٠"}, BODY),
    "no base64": ({**signed(), "X-Twilio-Email-Event-Webhook-Signature": "é!"}, BODY),
    "empty signature": ({**signed(), "X-Twilio-Email-Event-Webhook-Signature": ""}, BODY),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_webhook_is_refused(forgery: str) -> None:
    headers, body = FORGERIES[forgery]

    with pytest.raises(Forged):
        way_in().verify(headers, body, now=NOW)


def test_a_true_webhook_is_taken_whatever_the_case_of_its_headers() -> None:
    way_in().verify({name.upper(): value for name, value in signed().items()}, BODY, now=NOW)


def test_a_new_key_is_fetched_when_a_signature_does_not_fit(
    listening: Endpoint, environment: pytest.MonkeyPatch
) -> None:
    listening.answer = lambda nth, _: (200, json.dumps({"public_key": Signer(nth).public_key}).encode())
    server = VendorServer(vendor="sendgrid", base_url=listening.url, api_key="key", offline=False)
    webhook = EventWebhook(server, public_key=None)
    environment.setattr("lodestar.adapters.email.sendgrid_events.REFETCH_SECONDS", 0.0)

    webhook.verify(signed(seed=0), BODY, now=NOW)
    webhook.verify(signed(seed=1), BODY, now=NOW)

    assert len(listening.posted) == 2


def test_forgeries_do_not_make_us_ask_for_the_key_again_and_again(listening: Endpoint) -> None:
    listening.answer = lambda _, __: (200, json.dumps({"public_key": Signer(0).public_key}).encode())
    server = VendorServer(vendor="sendgrid", base_url=listening.url, api_key="key", offline=False)
    webhook = EventWebhook(server, public_key=None)

    for _ in range(5):
        with pytest.raises(Forged):
            webhook.verify(signed(seed=9), BODY, now=NOW)

    assert len(listening.posted) == 1


def test_without_the_vendors_key_nothing_is_verified(listening: Endpoint) -> None:
    listening.answer = lambda _, __: (503, b"")
    server = VendorServer(vendor="sendgrid", base_url=listening.url, api_key="key", offline=False)

    with pytest.raises(NotSent):
        EventWebhook(server, public_key=None).verify(signed(), BODY, now=NOW)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b"[{}]", b'[{"event": "open"}]', b"\xff", b'[{"event":"delivered","email":1,"timestamp":1e400,"sg_event_id":"e"}]']
)  # fmt: skip
def test_a_body_that_is_none_of_sendgrids_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(Malformed):
        way_in().events(body)


def test_openings_by_a_machine_and_unknown_events_are_left_out() -> None:
    entry = {
        "event": "open",
        "email": "a@example.org",
        "timestamp": 1,
        "sg_event_id": "e",
        "sg_machine_open": True,
    }
    body = json.dumps([entry, {"event": "group_resubscribe"}]).encode()

    assert way_in().events(body) == []


def test_a_reference_of_another_program_is_none_of_ours() -> None:
    entry = {
        "event": "delivered",
        "email": "a@example.org",
        "timestamp": 1,
        "sg_event_id": "e",
        "reference": "42",
    }

    [event] = way_in().events(json.dumps([entry]).encode())

    assert event.reference is None
