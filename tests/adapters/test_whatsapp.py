"""The contract of WhatsApp: approved templates to one number, and notifications that only AiSensy can sign."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.processes import wait_until
from lodestar.adapters import CapabilityNotConfigured, whatsapp, wire
from lodestar.adapters.sending import Accepted, NotSent, Outcome, OutcomeUnknown, Refused
from lodestar.adapters.vendors import VendorServer
from lodestar.adapters.webhooks import Forged, Malformed, VendorEvent
from lodestar.adapters.whatsapp.aisensy import AiSensy
from lodestar.config import settings
from tests.adapters.conftest import live_key
from tests.adapters.listening import Endpoint
from tests.simulators.running import Simulators

NUMBER = "+12025550100"
NOW = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)


def message(to: str = NUMBER, **more: Any) -> whatsapp.WhatsAppMessage:
    given: dict[str, Any] = {
        "reference": uuid4(),
        "to_e164": to,
        "name": "Casey שלום",
        "template": "class_reminder",
        "parameters": ("Casey", "tomorrow at 9 👩🏽‍🚀"),
    }
    return whatsapp.WhatsAppMessage(**{**given, **more})


def outcome_of(sent: whatsapp.WhatsAppMessage, *, url: str | None = None) -> Outcome:
    sender = whatsapp.whatsapp_sender() if url is None else at(url)
    try:
        return sender.send(sent)
    except (NotSent, Refused, OutcomeUnknown) as error:
        return error


def at(url: str) -> AiSensy:
    return AiSensy(VendorServer(vendor="aisensy", base_url=url, api_key="key", offline=False))


@pytest.fixture(params=["simulator", pytest.param("live", marks=pytest.mark.live)])
def sendable(
    request: pytest.FixtureRequest, running_simulators: Simulators, environment: pytest.MonkeyPatch
) -> Iterator[whatsapp.WhatsAppMessage]:
    """A message that may be sent; simulated and real."""
    if request.param == "live":
        environment.undo()
        live_key("AISENSY_API_KEY")
        yield message(
            live_key("LIVE_WHATSAPP_TO"), template=live_key("LIVE_AISENSY_CAMPAIGN"), parameters=("Casey",)
        )
    else:
        running_simulators.reset()
        environment.setenv("SIMULATOR_URL", running_simulators.url)
        yield message()


def test_a_message_is_accepted_and_has_the_id_that_events_name(sendable: whatsapp.WhatsAppMessage) -> None:
    accepted = whatsapp.whatsapp_sender().send(sendable)

    assert accepted.vendor == "aisensy"
    assert accepted.vendor_message_id
    receipt = whatsapp.receipt(sendable, accepted, now=NOW)
    assert (receipt.success, receipt.status, receipt.campaign_id) == (True, "sent", sendable.template)
    assert (receipt.destination, receipt.timestamp) == (sendable.to_e164, accepted.at)


def test_a_campaign_that_is_none_is_refused(sendable: whatsapp.WhatsAppMessage) -> None:
    unknown = message(sendable.to_e164, template="unknown-campaign-of-nobody")

    with pytest.raises(Refused):
        whatsapp.whatsapp_sender().send(unknown)


def test_what_arrives_is_what_was_meant(simulators: Simulators) -> None:
    media = whatsapp.Media(url="https://files.example.org/timetable.pdf", filename="timetable.pdf")
    accepted = whatsapp.whatsapp_sender().send(message(media=media, parameters=("a\nb\t  c", "  שלום ")))

    [arrived] = simulators.inbox()["messages"]
    assert arrived["id"] == accepted.vendor_message_id
    assert arrived["details"]["parameters"] == ["a b c", "שלום"]
    assert arrived["attachments"][0]["name"] == "timetable.pdf"
    assert arrived["name"] == "Casey שלום"


@pytest.mark.parametrize(
    ("campaign", "parameters"),
    [({"template": "PENDING"}, ("a",)), ({"template": "REJECTED"}, ("a",)), ({"status": "PAUSED"}, ("a",)), ({"parameters": 2}, ("a",))],
)  # fmt: skip
def test_a_template_that_may_not_be_sent_is_refused(
    simulators: Simulators, campaign: dict[str, Any], parameters: tuple[str, ...]
) -> None:
    httpx.put(f"{simulators.url}/_control/aisensy/campaigns/t", json=campaign).raise_for_status()

    outcome = outcome_of(message(template="t", parameters=parameters))

    assert isinstance(outcome, Refused)
    assert simulators.inbox()["total"] == 0


@pytest.mark.parametrize(
    "number", ["", "12025550100", "+0123456789", "+1555", "+1 202 555 0100", "+12025550100,+12025550101", "+1202555010０", "tel:+12025550100", "+12025550100\n"]
)  # fmt: skip
def test_what_is_not_exactly_one_number_is_never_sent(simulators: Simulators, number: str) -> None:
    outcome = outcome_of(message(number))

    assert isinstance(outcome, Refused)
    assert outcome.code == "invalid_recipient"
    assert simulators.sent("aisensy") == []


@pytest.mark.parametrize("parameter", ["", " \n ", "x" * 1025])
def test_a_parameter_that_a_template_cannot_hold_is_refused(simulators: Simulators, parameter: str) -> None:
    outcome = outcome_of(message(parameters=("a", parameter)))

    assert isinstance(outcome, Refused)
    assert outcome.code == "invalid_parameter"


def test_each_fault_of_the_vendor_is_named_for_what_may_have_happened(simulators: Simulators) -> None:
    simulators.order("aisensy", down=True)
    down = outcome_of(message())
    simulators.order("aisensy", down=False, scenario="rate_limited")
    limited = outcome_of(message())
    simulators.order("aisensy", scenario="normal")
    broken = outcome_of(message("+12025550109"))
    refused = outcome_of(message("+12025550105"))
    simulators.order("aisensy", scenario="garbled")
    garbled = outcome_of(message())

    assert [type(outcome) for outcome in (down, limited, broken, garbled)] == [
        NotSent, NotSent, OutcomeUnknown, OutcomeUnknown,
    ]  # fmt: skip
    assert isinstance(refused, Refused)
    assert isinstance(limited, NotSent)
    assert limited.retry_after is None


def test_silence_after_acceptance_is_no_failure_and_no_success(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.3)

    outcome = outcome_of(message("+12025550104"), url=f"{simulators.url}/aisensy")

    assert isinstance(outcome, OutcomeUnknown)
    assert simulators.inbox()["total"] == 1
    assert whatsapp.receipt(message(), outcome, now=NOW).status == "unknown"


@pytest.mark.parametrize(
    ("status", "kind"), [(302, NotSent), (400, Refused), (402, NotSent), (500, OutcomeUnknown), (503, NotSent), (504, OutcomeUnknown)]
)  # fmt: skip
def test_each_answer_means_one_thing(listening: Endpoint, status: int, kind: type[Exception]) -> None:
    listening.answer = lambda _, __: (status, b"<html>")

    assert isinstance(outcome_of(message(), url=listening.url), kind)
    assert len(listening.posted) == 1


def test_without_settings_nothing_is_sent_and_nothing_believed(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(CapabilityNotConfigured, match="AISENSY_API_KEY"):
        whatsapp.whatsapp_sender()
    environment.setenv("AISENSY_API_KEY", "key")
    settings.cache_clear()
    with pytest.raises(CapabilityNotConfigured, match="AISENSY_WEBHOOK_SECRET"):
        whatsapp.webhook()


def told(listening: Endpoint, *kinds: str) -> list[VendorEvent]:
    """The verified events, once all those kinds have come."""
    way_in = whatsapp.webhook()

    def events() -> list[VendorEvent]:
        for posted in list(listening.posted):
            way_in.verify(posted.headers, posted.body, now=datetime.now(UTC))
        return [event for posted in list(listening.posted) for event in way_in.events(posted.body)]

    wait_until(lambda: set(kinds) <= {event.kind for event in events()}, seconds=10, what=f"{kinds}")
    return events()


@pytest.mark.parametrize(
    ("number", "kinds"), [("+12025550100", ("sent", "delivered")), ("+12025550103", ("failed",)), ("+12025550106", ("read", "replied"))]
)  # fmt: skip
def test_each_fate_is_told(
    simulators: Simulators, listening: Endpoint, number: str, kinds: tuple[str, ...]
) -> None:
    simulators.order("aisensy", webhook_url=listening.url)
    accepted = whatsapp.whatsapp_sender().send(message(number))

    events = told(listening, *kinds)

    assert {event.vendor_message_id for event in events} == {accepted.vendor_message_id}
    assert {event.address for event in events} == {number}
    if "failed" in kinds:
        assert "not on WhatsApp" in events[-1].detail["reason"]
    if "replied" in kinds:
        assert [event.detail["text"] for event in events if event.kind == "replied"] == [
            "Thank you, I will be there."
        ]


def test_somebody_may_write_first(simulators: Simulators, listening: Endpoint) -> None:
    simulators.order("aisensy", webhook_url=listening.url)
    wanted = {"phone": NUMBER, "text": "When does it begin? שלום"}
    httpx.post(f"{simulators.url}/_control/aisensy/messages", json=wanted).raise_for_status()

    [event] = told(listening, "replied")

    assert (event.address, event.vendor_message_id, event.detail["text"]) == (NUMBER, None, wanted["text"])


BODY = json.dumps(
    {
        "id": "n", "topic": "message.status.updated", "created_at": "2026-11-21T05:00:00.000Z",
        "data": {"message": {"id": "m", "status": "DELIVERED", "phone_number": "12025550100", "delivered_at": 1_790_000_000_000}},
    }
).encode()  # fmt: skip


def signature(secret: str, body: bytes) -> dict[str, str]:
    return {"X-AiSensy-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (signature("another", BODY), BODY), (signature("simulator", BODY), BODY + b" "), ({}, BODY),
        ({"X-AiSensy-Signature": ""}, BODY), ({"X-AiSensy-Signature": "é"}, BODY),
    ],
    ids=["another secret", "another body", "no signature", "empty", "no hex"],
)  # fmt: skip
def test_a_forged_notification_is_refused(
    simulators: Simulators, headers: dict[str, str], body: bytes
) -> None:
    whatsapp.webhook().verify(signature("simulator", BODY), BODY, now=NOW)

    with pytest.raises(Forged):
        whatsapp.webhook().verify(headers, body, now=NOW)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"topic":"message.status.updated","id":"n"}', b'{"topic":"message.sender.user","id":"n","data":{"message":[]}}']
)  # fmt: skip
def test_a_body_that_is_none_of_aisensys_is_said_to_be_so(simulators: Simulators, body: bytes) -> None:
    with pytest.raises(Malformed):
        whatsapp.webhook().events(body)


def test_topics_that_we_do_not_know_are_left_out(simulators: Simulators) -> None:
    assert whatsapp.webhook().events(b'{"topic": "contact.created", "id": "n"}') == []


def test_a_repeated_notification_is_the_same_event(simulators: Simulators, listening: Endpoint) -> None:
    simulators.order("aisensy", webhook_url=listening.url, duplicates=3, shuffle=True)
    accepted: Accepted = whatsapp.whatsapp_sender().send(message())

    wait_until(lambda: len(listening.posted) == 8, seconds=10, what="two events, four times each")

    events = told(listening, "sent", "delivered")
    assert {event.vendor_message_id for event in events} == {accepted.vendor_message_id}
    assert len({event.vendor_event_id for event in events}) == 2
