"""The contract of e-mail: every message has one outcome, and what leaves is what was meant."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from lodestar.adapters import CapabilityNotConfigured, email, wire
from lodestar.adapters.email.sendgrid import SendGrid
from lodestar.adapters.sending import Accepted, NotSent, Outcome, OutcomeUnknown, Refused
from lodestar.adapters.vendors import VendorServer
from lodestar.config import settings
from tests.adapters.conftest import live_key
from tests.adapters.listening import Endpoint
from tests.adapters.mails import CALENDAR, CHART, SENDER, SHOWS_CHART, message
from tests.simulators.running import Simulators


def send(*messages: email.Email) -> list[Outcome]:
    return email.email_sender().send(messages)


@pytest.fixture(params=["simulator", pytest.param("live", marks=pytest.mark.live)])
def recipient(
    request: pytest.FixtureRequest, running_simulators: Simulators, environment: pytest.MonkeyPatch
) -> Iterator[tuple[str, email.Address]]:
    """An address that mail may be sent to, and the sender that may send it; simulated and real."""
    if request.param == "live":
        environment.undo()
        live_key("SENDGRID_API_KEY")
        yield live_key("LIVE_EMAIL_TO"), email.Address(live_key("LIVE_EMAIL_FROM"), "Lodestar")
    else:
        running_simulators.reset()
        environment.setenv("SIMULATOR_URL", running_simulators.url)
        yield "casey@example.org", SENDER


def sendgrid_at(url: str) -> SendGrid:
    return SendGrid(VendorServer(vendor="sendgrid", base_url=url, api_key="key", offline=False))


def test_a_message_with_everything_is_accepted_once(recipient: tuple[str, email.Address]) -> None:
    to, sender = recipient
    sent = message(
        to, sender=sender, attachments=(CALENDAR,), headers={"List-Unsubscribe": "<https://x.org/u>"}
    )

    [outcome] = send(sent)

    assert isinstance(outcome, Accepted)
    assert outcome.vendor == "sendgrid"
    assert outcome.vendor_message_id
    assert email.receipt([sent], [outcome]).success


def test_an_address_that_is_none_is_refused_by_itself(recipient: tuple[str, email.Address]) -> None:
    to, sender = recipient

    good, bad = send(message(to, sender=sender), message("nobody", sender=sender))

    assert isinstance(good, Accepted)
    assert isinstance(bad, Refused)
    assert bad.code == "invalid_recipient"


def test_what_arrives_is_what_was_meant(simulators: Simulators) -> None:
    sent = message(
        to="casey@bücher.example",
        subject="שלום 👩🏽‍🚀 Größe",
        text="مرحبا",
        html="<p dir=rtl>مرحبا</p>",
        reply_to=email.Address("staff@lodestar.example", "Staff"),
        headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        attachments=(CALENDAR,),
    )

    [outcome] = send(sent)

    [arrived] = simulators.inbox()["messages"]
    assert isinstance(outcome, Accepted)
    assert arrived["to"] == "casey@xn--bcher-kva.example"
    assert (arrived["subject"], arrived["text"], arrived["html"]) == (sent.subject, sent.text, sent.html)
    assert arrived["reference"] == str(sent.reference)
    assert arrived["headers"] == {
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Reply-To": "Staff <staff@lodestar.example>",
    }
    file = httpx.get(f"{simulators.url}/_inbox/{arrived['id']}/attachments/0")
    assert file.content == CALENDAR.data
    assert file.headers["content-type"] == CALENDAR.content_type
    assert arrived["attachments"][0]["name"] == CALENDAR.filename


def test_an_image_that_the_html_shows_travels_inline_beside_a_file(simulators: Simulators) -> None:
    [outcome] = send(message(html=SHOWS_CHART, attachments=(CHART, CALENDAR)))

    [arrived] = simulators.inbox()["messages"]
    assert isinstance(outcome, Accepted)
    assert [file["content_id"] for file in arrived["attachments"]] == ["chart-1", None]
    assert "data:image/png;base64," in httpx.get(f"{simulators.url}/_inbox/{arrived['id']}/html").text


def test_messages_alike_travel_in_one_call_each_with_its_own_words(simulators: Simulators) -> None:
    messages = [
        message(f"person{n}@example.org", subject=f"For %name% {n}", text="Dear %name%", html="<p>%name%</p>",
                substitutions={"%name%": f"Casey {n}"})
        for n in range(1000)
    ]  # fmt: skip

    outcomes = send(*messages)

    assert len({outcome.batch_id for outcome in outcomes if isinstance(outcome, Accepted)}) == 1
    assert len(simulators.sent("sendgrid")) == 1
    arrived = {sent["reference"]: sent for sent in simulators.inbox(limit=2000)["messages"]}
    assert len(arrived) == 1000
    last = arrived[str(messages[999].reference)]
    assert (last["subject"], last["text"]) == ("For Casey 999 999", "Dear Casey 999")


def test_more_than_the_vendor_takes_at_once_is_the_callers_mistake(simulators: Simulators) -> None:
    with pytest.raises(ValueError, match="1000 at most"):
        send(*[message()] * 1001)


def test_substitutions_too_large_for_the_vendor_are_made_here(simulators: Simulators) -> None:
    long = "x" * 20_000

    send(*[message(f"p{n}@example.org", text="%t%", substitutions={"%t%": long}) for n in range(2)])

    assert [sent["text"] for sent in simulators.inbox()["messages"]] == [long, long]
    assert len(simulators.sent("sendgrid")) == 2


def test_those_whom_the_vendor_refuses_do_not_hold_back_the_others(simulators: Simulators) -> None:
    outcomes = send(message("a@example.org"), message("refuse@example.org"), message("b@example.org"))

    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Accepted)] == [Accepted] * 2
    assert isinstance(outcomes[1], Refused)
    assert "valid address" in outcomes[1].words
    assert {sent["to"] for sent in simulators.inbox()["messages"]} == {"a@example.org", "b@example.org"}


@pytest.mark.parametrize(
    "address",
    [
        "", "nobody", "a@b", "a@example.org,b@example.org", "a@example.org b@example.org", "a@example.org;b@example.org",
        "a@example.org\r\nBcc: b@example.org", "Casey <a@example.org>", "a@@example.org", "a@exa mple.org", "ä@example.org",
        "a@example..org", ".a@example.org", "a" * 65 + "@example.org", "a@" + "b" * 250 + ".org", "a@example.org\0",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_mailbox_is_never_sent(simulators: Simulators, address: str) -> None:
    for bad in (
        message(address),
        message(sender=email.Address(address)),
        message(reply_to=email.Address(address)),
    ):
        [outcome] = send(bad)
        assert isinstance(outcome, Refused)

    assert simulators.sent("sendgrid") == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"subject": "Hello\r\nBcc: all@example.org"}, "invalid_subject"),
        ({"subject": "Hello %n%", "substitutions": {"%n%": "a\nb"}}, "invalid_subject"),
        ({"subject": "  "}, "invalid_subject"),
        ({"subject": "Hello\u2028there"}, "invalid_subject"),
        ({"to": email.Address("a@example.org", "Casey\r\nBcc: b@example.org")}, "invalid_name"),
        ({"headers": {"X-Note": "a\r\nBcc: b@example.org"}}, "invalid_header"),
        ({"headers": {"Bcc": "b@example.org"}}, "invalid_header"),
        ({"headers": {"X Note": "a"}}, "invalid_header"),
        ({"text": " "}, "no_text"),
        ({"attachments": (email.Attachment(filename="a\r\nb", content_type="text/plain", data=b"x"),)}, "invalid_filename"),
        ({"attachments": (email.Attachment(filename="a", content_type="x/y", data=bytes(20 * 2**20)),)}, "too_large"),
        ({"attachments": (email.Attachment(filename="a", content_type="text", data=b"x"),)}, "invalid_content_type"),
        ({"attachments": (email.Attachment(filename="a", content_type="text/plain\r\nBcc: b@example.org", data=b"x"),)}, "invalid_content_type"),
        ({"attachments": (email.Attachment(filename="a", content_type="text/plain; x", data=b"x"),)}, "invalid_content_type"),
        ({"attachments": (email.Attachment(filename="a", content_type="x/y", data=b"x", content_id="a>\r\nBcc: b"),)}, "invalid_content_id"),
    ],
)  # fmt: skip
def test_what_would_break_a_mail_is_refused_by_name(
    simulators: Simulators, more: dict[str, Any], code: str
) -> None:
    [outcome] = send(replace(message(), **more))

    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert simulators.sent("sendgrid") == []


def test_ten_megabytes_travel(simulators: Simulators) -> None:
    large = email.Attachment(filename="book.pdf", content_type="application/pdf", data=os.urandom(10 * 2**20))

    [outcome] = send(message(attachments=(large,)))

    [arrived] = simulators.inbox()["messages"]
    assert isinstance(outcome, Accepted)
    assert httpx.get(f"{simulators.url}/_inbox/{arrived['id']}/attachments/0").content == large.data


def test_a_vendor_that_is_down_has_sent_nothing(simulators: Simulators) -> None:
    simulators.order("sendgrid", down=True)

    [outcome] = send(message())

    assert isinstance(outcome, NotSent)
    assert outcome.retry_after is None
    assert simulators.inbox()["total"] == 0


def test_a_rate_limit_says_how_long_it_lasts(simulators: Simulators) -> None:
    simulators.order("sendgrid", scenario="rate_limited", retry_after_seconds=30)
    [told] = send(message())
    simulators.order("sendgrid", scenario="rate_limited_silently")
    [untold] = send(message())

    assert isinstance(told, NotSent)
    assert told.retry_after is not None
    assert 25 < told.retry_after <= 30
    assert isinstance(untold, NotSent)
    assert untold.retry_after is None


def test_silence_after_acceptance_is_no_failure_and_no_success(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.3)
    silent = message("timeout-after-accept@example.org")

    [outcome] = sendgrid_at(f"{simulators.url}/sendgrid").send([silent])

    assert isinstance(outcome, OutcomeUnknown)
    assert [sent["reference"] for sent in simulators.inbox()["messages"]] == [str(silent.reference)]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, OutcomeUnknown), (301, NotSent), (307, NotSent), (400, Refused), (401, NotSent), (413, Refused),
     (500, NotSent), (502, NotSent), (503, NotSent), (504, OutcomeUnknown)],
)  # fmt: skip
def test_each_answer_means_one_thing(listening: Endpoint, status: int, kind: type[Exception]) -> None:
    listening.answer = lambda _, __: (status, b"<html>{not json")

    [outcome] = sendgrid_at(listening.url).send([message()])

    assert isinstance(outcome, kind)
    assert len(listening.posted) == 1


def test_a_vendor_nobody_can_reach_has_sent_nothing(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SIMULATOR_URL", "http://127.0.0.1:9")

    [outcome] = send(message())

    assert isinstance(outcome, NotSent)


def test_a_receipt_counts_each_recipient(simulators: Simulators) -> None:
    messages = [message("a@example.org"), message("nobody")]

    receipt = email.receipt(messages, send(*messages))

    assert (receipt.success, receipt.accepted, receipt.rejected) == (False, 1, 1)
    assert receipt.message_id == receipt.batch_id == receipt.results[0].message_id
    assert [(result.to, result.status) for result in receipt.results] == [
        ("a@example.org", "accepted"), ("nobody", "rejected"),
    ]  # fmt: skip


def test_without_a_key_and_without_simulators_nothing_is_sent(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(CapabilityNotConfigured, match="SENDGRID_API_KEY or SIMULATOR_URL"):
        email.email_sender()


def test_the_flag_forbids_and_never_chooses(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SIMULATOR_URL", "http://127.0.0.1:9")
    environment.setenv("USE_REAL_EXTERNAL_APIS", "true")
    settings.cache_clear()
    with pytest.raises(CapabilityNotConfigured):
        email.email_sender()

    environment.setenv("SENDGRID_API_KEY", "key")
    environment.setenv("USE_REAL_EXTERNAL_APIS", "false")
    settings.cache_clear()
    [outcome] = send(message())
    assert isinstance(outcome, NotSent)

    environment.delenv("SIMULATOR_URL")
    settings.cache_clear()
    with pytest.raises(CapabilityNotConfigured):
        email.email_sender()
