"""SES as the other vendor of e-mail: the same messages, as MIME that we make, readable in its simulator."""

import email as stdlib_email
import os
from email.policy import default as modern

import boto3
import httpx
import pytest

from lodestar.adapters import CapabilityNotConfigured, email
from lodestar.adapters.email import ses as email_ses
from lodestar.adapters.email.ses import Ses, mime
from lodestar.adapters.sending import Accepted, NotSent, Outcome, OutcomeUnknown, Refused
from lodestar.config import settings
from tests.adapters.listening import Endpoint
from tests.adapters.mails import CALENDAR, CHART, SENDER, SHOWS_CHART, message
from tests.simulators.running import Simulators


def send(*messages: email.Email) -> list[Outcome]:
    return email.email_sender().send(messages)


@pytest.fixture
def ses(simulators: Simulators, environment: pytest.MonkeyPatch) -> Simulators:
    """The settings of a machine that sends by SES, of which there is the simulator."""
    environment.setenv("EMAIL_VENDOR", "ses")
    environment.setenv("SES_CONFIGURATION_SET", "lodestar")
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    environment.setenv("AWS_ACCESS_KEY_ID", "test")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.cache_clear()
    return simulators


def test_what_arrives_is_what_was_meant(ses: Simulators) -> None:
    sent = message(
        to="casey@bücher.example", subject="שלום 👩🏽‍🚀 Größe", text="مرحبا", html="<p dir=rtl>مرحبا</p>",
        attachments=(CALENDAR,), headers={"List-Unsubscribe": "<https://x.org/u>"},
        reply_to=email.Address("staff@lodestar.example", "Größe"),
    )  # fmt: skip

    [outcome] = send(sent)

    [arrived] = ses.inbox()["messages"]
    assert isinstance(outcome, Accepted)
    assert (outcome.vendor, outcome.vendor_message_id) == ("ses", arrived["id"])
    assert (arrived["to"], arrived["name"]) == ("casey@xn--bcher-kva.example", "Casey")
    assert (arrived["subject"], arrived["text"], arrived["html"]) == (sent.subject, sent.text, sent.html)
    assert arrived["reference"] == str(sent.reference)
    assert arrived["details"]["configuration_set"] == "lodestar"
    assert arrived["headers"] == {
        "Reply-To": "Größe <staff@lodestar.example>", "List-Unsubscribe": "<https://x.org/u>",
    }  # fmt: skip
    file = httpx.get(f"{ses.url}/_inbox/{arrived['id']}/attachments/0")
    assert file.content == CALENDAR.data
    assert arrived["attachments"][0]["name"] == CALENDAR.filename
    assert "method=REQUEST" in file.headers["content-type"]


def test_ten_megabytes_travel(ses: Simulators) -> None:
    large = email.Attachment(filename="book.pdf", content_type="application/pdf", data=os.urandom(10 * 2**20))

    [outcome] = send(message(attachments=(large,)))

    [arrived] = ses.inbox()["messages"]
    assert isinstance(outcome, Accepted)
    assert httpx.get(f"{ses.url}/_inbox/{arrived['id']}/attachments/0").content == large.data


def test_the_mime_of_a_message_holds_everything() -> None:
    sent = message(
        subject="שלום 👩🏽‍🚀 %n%", text="Dear %n%", html="<p>%n%</p>", attachments=(CALENDAR,),
        substitutions={"%n%": "Größe"}, headers={"List-Unsubscribe": "<https://x.org/u>"},
    )  # fmt: skip

    raw = mime(sent).as_bytes()

    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    read = stdlib_email.message_from_bytes(raw, policy=modern)
    assert read["Subject"] == "שלום 👩🏽‍🚀 Größe"
    assert read["To"] == "Casey <casey@example.org>"
    assert read["List-Unsubscribe"] == "<https://x.org/u>"
    text, html = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None
    assert html is not None
    assert (text.get_content().strip(), html.get_content().strip()) == ("Dear Größe", "<p>Größe</p>")
    [calendar] = read.iter_attachments()
    assert calendar.get_filename() == CALENDAR.filename
    assert calendar.get_content_type() == "text/calendar"
    assert calendar.get_param("method") == "REQUEST"
    assert calendar.get_payload(decode=True) == CALENDAR.data


def test_an_image_that_the_html_shows_is_a_part_of_it(ses: Simulators) -> None:
    sent = message(html=SHOWS_CHART, attachments=(CHART, CALENDAR))

    [outcome] = send(sent)

    [arrived] = ses.inbox()["messages"]
    assert isinstance(outcome, Accepted)
    assert (arrived["text"], arrived["html"]) == (sent.text, sent.html)
    assert [file["content_id"] for file in arrived["attachments"]] == ["chart-1", None]
    read = stdlib_email.message_from_bytes(mime(sent).as_bytes(), policy=modern)
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "text/calendar",
    ]  # fmt: skip
    [calendar] = read.iter_attachments()
    assert calendar.get_filename() == CALENDAR.filename


def test_another_stand_in_for_ses_takes_the_same_request(aws: str, ses: Simulators) -> None:
    boto3.client("ses", endpoint_url=aws, region_name="us-east-1").verify_email_identity(
        EmailAddress=SENDER.email
    )

    at_moto = Ses(configuration_set=None, url=aws)

    [good] = at_moto.send([message(attachments=(CALENDAR,))])
    [bad] = at_moto.send([message(sender=email.Address("somebody@else.example"))])

    assert isinstance(good, Accepted)
    assert isinstance(bad, Refused)


@pytest.mark.parametrize(
    ("to", "sender"), [("refuse@example.org", SENDER), ("a@example.org", email.Address("a@unverified.example"))]
)  # fmt: skip
def test_what_ses_refuses_is_refused_for_good(ses: Simulators, to: str, sender: email.Address) -> None:
    [outcome] = send(message(to, sender=sender))

    assert isinstance(outcome, Refused)
    assert "MessageRejected" in outcome.words
    assert ses.inbox()["total"] == 0


def test_what_is_not_exactly_one_mailbox_or_subject_never_leaves(ses: Simulators) -> None:
    outcomes = [
        *send(message("a@example.org,b@example.org")), *send(message(subject="Hello\r\nBcc: all@example.org")),
    ]  # fmt: skip

    assert [outcome.code for outcome in outcomes if isinstance(outcome, Refused)] == [
        "invalid_recipient", "invalid_subject",
    ]  # fmt: skip
    assert ses.sent("ses") == []


def test_more_than_one_at_once_is_the_callers_mistake(ses: Simulators) -> None:
    with pytest.raises(ValueError, match="1 at most"):
        send(message(), message())


def test_each_fault_is_named_for_what_may_have_happened(ses: Simulators) -> None:
    ses.order("ses", down=True)
    [down] = send(message())
    ses.order("ses", down=False, scenario="rate_limited_silently")
    [limited] = send(message())
    ses.order("ses", scenario="normal")
    [broken] = send(message("error@example.org"))

    assert [type(outcome) for outcome in (down, limited, broken)] == [NotSent, NotSent, NotSent]
    assert isinstance(limited, NotSent)
    assert limited.retry_after is None
    assert ses.inbox()["total"] == 0


def test_silence_after_acceptance_is_no_failure_and_no_success(
    ses: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_ses, "ANSWER_SECONDS", 0.3)
    silent = message("timeout-after-accept@example.org")

    [outcome] = send(silent)

    assert isinstance(outcome, OutcomeUnknown)
    assert [sent["reference"] for sent in ses.inbox()["messages"]] == [str(silent.reference)]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, OutcomeUnknown), (400, Refused), (413, Refused), (500, NotSent), (503, NotSent), (504, OutcomeUnknown)],
)  # fmt: skip
def test_each_answer_means_one_thing(
    ses: Simulators, listening: Endpoint, status: int, kind: type[object]
) -> None:
    listening.answer = lambda _, __: (status, b"<html>{not json")

    [outcome] = Ses(configuration_set=None, url=listening.url).send([message()])

    assert isinstance(outcome, kind)
    assert len(listening.posted) == 1


@pytest.mark.parametrize(
    ("endpoint", "simulator", "flag", "is_served"),
    [
        (None, None, None, True), (None, None, "true", True), (None, None, "false", False),
        ("http://127.0.0.1:9", "http://127.0.0.1:9", None, True), ("http://127.0.0.1:9", "http://127.0.0.1:9", "true", False),
        ("http://127.0.0.1:9", "http://127.0.0.1:9", "false", True), ("http://127.0.0.1:9", None, None, False),
    ],
)  # fmt: skip
def test_on_aws_it_is_ses_itself_and_elsewhere_its_simulator(
    environment: pytest.MonkeyPatch, endpoint: str | None, simulator: str | None, flag: str | None, is_served: bool
) -> None:  # fmt: skip
    given = {
        "EMAIL_VENDOR": "ses", "AWS_ENDPOINT_URL": endpoint, "SIMULATOR_URL": simulator, "USE_REAL_EXTERNAL_APIS": flag,
    }  # fmt: skip
    environment.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in given.items():
        if value is not None:
            environment.setenv(name, value)
    settings.cache_clear()
    if is_served:
        assert email.email_sender().vendor == "ses"
        return
    with pytest.raises(CapabilityNotConfigured):
        email.email_sender()


@pytest.mark.live
def test_ses_itself_takes_a_message(environment: pytest.MonkeyPatch) -> None:
    environment.undo()
    to, sender = os.environ.get("LIVE_EMAIL_TO"), os.environ.get("LIVE_SES_FROM")
    if not to or not sender:
        pytest.skip("LIVE_EMAIL_TO or LIVE_SES_FROM is not set")

    [outcome] = Ses(configuration_set=None).send(
        [message(to, sender=email.Address(sender), attachments=(CALENDAR,))]
    )

    assert isinstance(outcome, Accepted)
