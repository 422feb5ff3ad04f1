"""What SES tells afterwards over EventBridge: of our account and configuration set, with our reference."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.events.models import EventPattern

from local.processes import wait_until
from lodestar.adapters import CapabilityNotConfigured, email
from lodestar.adapters.email.ses_events import SesEvents
from lodestar.adapters.sending import Accepted
from lodestar.adapters.webhooks import Forged, Malformed
from lodestar.config import settings
from tests.adapters.listening import Endpoint
from tests.adapters.mails import message
from tests.architecture.test_messages import rules_into
from tests.simulators.running import Simulators

NOW = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
WAY_IN = SesEvents("lodestar")


def by_ses(environment: pytest.MonkeyPatch) -> None:
    given = {
        "EMAIL_VENDOR": "ses", "SES_CONFIGURATION_SET": "lodestar", "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }  # fmt: skip
    for name, value in given.items():
        environment.setenv(name, value)
    settings.cache_clear()


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("delivered", ["sent", "delivered"]), ("bounce", ["sent", "bounced"]), ("blocked", ["sent", "blocked"]),
        ("dropped", ["sent", "dropped"]), ("defer", ["sent", "deferred", "delivered"]),
        ("spam", ["sent", "delivered", "complained"]),
    ],
)  # fmt: skip
def test_each_fate_is_told_with_our_reference(
    simulators: Simulators, listening: Endpoint, environment: pytest.MonkeyPatch, word: str, kinds: list[str]
) -> None:
    by_ses(environment)
    simulators.order("ses", webhook_url=listening.url, duplicates=1)
    sent = message(f"{word}+7@example.org")
    [outcome] = email.email_sender().send([sent])
    assert isinstance(outcome, Accepted)

    wait_until(lambda: len(listening.posted) == 2 * len(kinds), seconds=10, what=f"{kinds}")

    for posted in listening.posted:
        email.told_by_ses().verify({}, posted.body, now=datetime.now(UTC))
    told = {
        event.vendor_event_id: event
        for posted in listening.posted
        for event in email.told_by_ses().events(posted.body)
    }
    assert sorted(event.kind for event in told.values()) == sorted(kinds)
    assert {event.reference for event in told.values()} == {sent.reference}
    assert {event.vendor_message_id for event in told.values()} == {outcome.vendor_message_id}
    assert {event.address for event in told.values()} == {f"{word}+7@example.org"}
    if word == "bounce":
        assert any("user unknown" in event.detail.get("reason", "") for event in told.values())


def told(kind: str = "Bounce", **own: Any) -> dict[str, Any]:
    """An event as AWS documents it."""
    usual: dict[str, Any] = {
        "bounceType": "Permanent", "bounceSubType": "General", "feedbackId": "0100-feedback",
        "timestamp": "2026-11-21T04:59:00.000Z",
        "bouncedRecipients": [{"emailAddress": "forwarded@elsewhere.example", "status": "5.1.1"}],
    }  # fmt: skip
    return {
        "version": "0", "id": "01890000-0000-7000-8000-0000000000e2", "detail-type": "Email Bounced",
        "source": "aws.ses", "account": "123456789012", "region": "us-east-1",
        "detail": {
            "eventType": kind, kind[0].lower() + kind[1:]: {**usual, **own},
            "mail": {
                "timestamp": "2026-11-21T04:58:00.000Z", "messageId": "0100-message", "destination": ["ada@example.org"],
                "sendingAccountId": "123456789012", "tags": {"ses:configuration-set": ["lodestar"], "reference": ["42"]},
            },
        },
    }  # fmt: skip


def with_mail(**mail: Any) -> dict[str, Any]:
    made = told()
    made["detail"]["mail"] |= mail
    return made


FORGERIES: dict[str, dict[str, Any]] = {
    "another source": told() | {"source": "lodestar.messaging"},
    "a source that looks like it": told() | {"source": "aws.ses.example"},
    "another account": told() | {"account": "210987654321"},
    "no account": told() | {"account": ""},
    "sent by another account": with_mail(sendingAccountId="210987654321"),
    "another configuration set": with_mail(tags={"ses:configuration-set": ["theirs"]}),
    "no configuration set": with_mail(tags={}),
    "two configuration sets": with_mail(tags={"ses:configuration-set": ["lodestar", "theirs"]}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_not_of_our_mails_is_refused(forgery: str) -> None:
    with pytest.raises(Forged):
        WAY_IN.verify({}, json.dumps(FORGERIES[forgery]).encode(), now=NOW)


def test_what_is_of_our_mails_is_taken_however_old_it_is() -> None:
    WAY_IN.verify({}, json.dumps(told()).encode(), now=NOW.replace(year=2027))


def test_the_rule_of_the_template_keeps_most_forgeries_from_the_queue() -> None:
    (rule,) = rules_into("messaging", "EmailEventsQueue")
    text = json.dumps(rule["EventPattern"])
    for name, value in {"AWS::AccountId": "123456789012", "ConfigurationSet": "lodestar"}.items():
        text = text.replace(json.dumps({"Ref": name}), json.dumps(value))
    pattern = EventPattern.load(text)

    def passes(event: Any) -> bool:
        return bool(pattern.matches_event(event))

    assert passes(told())
    assert {name for name, event in FORGERIES.items() if passes(event)} == {
        "sent by another account", "two configuration sets",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("event", "kinds"),
    [
        (told(), ["bounced"]),
        (told(bounceSubType="OnAccountSuppressionList"), ["bounced"]),
        (told(bounceType="Transient", bounceSubType="MailboxFull"), ["blocked"]),
        (told(bounceType="Undetermined", bounceSubType="Undetermined"), ["blocked"]),
        (told("Complaint", complaintFeedbackType="abuse"), ["complained"]),
        (told("Complaint"), ["complained"]),
        (told("Complaint", complaintSubType="OnAccountSuppressionList"), ["dropped"]),
        (told("Complaint", complaintFeedbackType="not-spam"), []),
        (told("Send"), ["sent"]),
        (told("Open"), []),
    ],
)  # fmt: skip
def test_each_event_means_one_thing(event: dict[str, Any], kinds: list[str]) -> None:
    read = WAY_IN.events(json.dumps(event).encode())

    assert [one.kind for one in read] == kinds
    assert {one.address for one in read} <= {"ada@example.org"}
    assert {one.reference for one in read} <= {None}


@pytest.mark.parametrize(
    "breaking",
    [
        lambda event: "nothing",
        lambda event: [],
        lambda event: {**event, "detail": None},
        lambda event: {**event, "detail": {"eventType": "Bounce", "bounce": {}}},
        lambda event: {**event, "detail": {**event["detail"], "mail": {"messageId": "x"}}},
        lambda event: {**event, "detail": {**event["detail"], "bounce": {"timestamp": "yesterday"}}},
    ],
)
def test_a_body_that_is_none_of_ses_is_said_to_be_so(breaking: Callable[[Any], Any]) -> None:
    with pytest.raises(Malformed):
        WAY_IN.events(json.dumps(breaking(told())).encode())


def test_without_a_configuration_set_nothing_is_believed(environment: pytest.MonkeyPatch) -> None:
    settings.cache_clear()
    with pytest.raises(CapabilityNotConfigured, match="SES_CONFIGURATION_SET"):
        email.told_by_ses()
