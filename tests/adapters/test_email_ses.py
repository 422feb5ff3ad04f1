"""SES as the other vendor of e-mail: the same messages, as MIME that we make."""

import email as stdlib_email
from email.policy import default as modern

import boto3
import pytest

from lodestar.adapters import CapabilityNotConfigured, email
from lodestar.adapters.email.ses import mime
from lodestar.adapters.sending import Accepted, Outcome, Refused
from lodestar.config import settings
from tests.adapters.mails import CALENDAR, SENDER, message


def send(*messages: email.Email) -> list[Outcome]:
    return email.email_sender().send(messages)


@pytest.fixture
def ses(aws: str, environment: pytest.MonkeyPatch) -> str:
    """SES in process, with the sender verified."""
    environment.setenv("EMAIL_VENDOR", "ses")
    environment.setenv("AWS_ENDPOINT_URL", aws)
    environment.setenv("AWS_ACCESS_KEY_ID", "test")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.cache_clear()
    client = boto3.client("ses", endpoint_url=aws, region_name="us-east-1")
    client.verify_email_identity(EmailAddress=SENDER.email)
    return aws


def test_ses_sends_the_same_message(ses: str) -> None:
    sent = message(
        subject="שלום 👩🏽‍🚀 Größe", text="مرحبا", html="<p>مرحبا</p>", attachments=(CALENDAR,),
        headers={"List-Unsubscribe": "<https://x.org/u>"}, reply_to=email.Address("staff@lodestar.example", "Größe"),
    )  # fmt: skip

    [outcome] = send(sent)

    assert isinstance(outcome, Accepted)
    assert outcome.vendor == "ses"


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


def test_ses_refuses_a_sender_that_it_has_not_verified(ses: str) -> None:
    [outcome] = send(message(sender=email.Address("somebody@else.example")))

    assert isinstance(outcome, Refused)


@pytest.mark.parametrize(("flag", "is_served"), [("true", False), ("false", True)])
def test_the_flag_knows_the_embedded_aws_from_the_real_one(
    ses: str, environment: pytest.MonkeyPatch, flag: str, is_served: bool
) -> None:
    environment.setenv("USE_REAL_EXTERNAL_APIS", flag)
    settings.cache_clear()
    if is_served:
        assert email.email_sender().vendor == "ses"
        return
    with pytest.raises(CapabilityNotConfigured):
        email.email_sender()
