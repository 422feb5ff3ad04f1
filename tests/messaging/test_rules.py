"""Pure decisions of messaging."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from messaging.rules import addresses, html_texts, retrying
from messaging.rules.reminders import Policy, send_at
from messaging.rules.sending import Action, Facts, Wishes, decide, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
MAIL = Facts(channel="email", category="operational", address="ada@example.org", zone=BERLIN, now=NOON)
WHATSAPP = replace(MAIL, channel="whatsapp", address="+49301234567")


@pytest.mark.parametrize(
    ("facts", "action", "rule"),
    [
        (MAIL, Action.SEND, "preferences"),
        (replace(MAIL, address=None), Action.SKIP, "no_address"),
        (replace(MAIL, has_text=False), Action.SKIP, "no_template"),
        (replace(MAIL, stopped=("anchor_moved", "Moved.")), Action.SKIP, "anchor_moved"),
        (replace(MAIL, useful_until=NOON), Action.SKIP, "too_late"),
        (replace(MAIL, category="transactional", reasons=frozenset({"hard_bounce"})), Action.SKIP, "suppressed_hard_bounce"),
        (replace(MAIL, reasons=frozenset({"complaint"})), Action.SKIP, "suppressed_complaint"),
        (replace(MAIL, category="transactional", reasons=frozenset({"complaint"})), Action.SEND, "preferences"),
        (replace(MAIL, wishes=Wishes(email=False)), Action.SKIP, "preference_channel"),
        (replace(MAIL, category="marketing", wishes=Wishes(marketing=False)), Action.SKIP, "preference_marketing"),
        (replace(MAIL, category="marketing", marketing_day=1), Action.SKIP, "frequency_cap"),
        (replace(MAIL, category="marketing", marketing_week=3), Action.SKIP, "frequency_cap"),
        (replace(MAIL, now=NIGHT), Action.SEND, "preferences"),
        (WHATSAPP, Action.SEND, "quiet_hours"),
        (replace(WHATSAPP, is_approved=False), Action.SKIP, "whatsapp_window"),
        (replace(WHATSAPP, is_approved=False, last_inbound_at=NOON - timedelta(hours=23)), Action.SEND, "quiet_hours"),
        (replace(WHATSAPP, is_approved=False, last_inbound_at=NOON - timedelta(hours=25)), Action.SKIP, "whatsapp_window"),
        (replace(WHATSAPP, now=NIGHT), Action.DEFER, "quiet_hours"),
        (replace(WHATSAPP, now=NIGHT, is_urgent=True), Action.SEND, "quiet_hours"),
        (replace(WHATSAPP, now=NIGHT, useful_until=NIGHT + timedelta(hours=3)), Action.SKIP, "quiet_hours"),
        (replace(WHATSAPP, now=NIGHT, wishes=Wishes(quiet_from=time(1), quiet_until=time(5))), Action.SEND, "quiet_hours"),
        (replace(MAIL, channel="in_app", address=None, wishes=Wishes(False, False, False, False)), Action.SEND, "address"),
    ],
)  # fmt: skip
def test_the_first_rule_that_objects_decides(facts: Facts, action: Action, rule: str) -> None:
    last = decide(facts)[-1]
    assert (last.action, last.rule) == (action, rule)
    assert last.words.endswith(".")


def test_an_unknown_zone_is_said_in_the_words() -> None:
    words = decide(replace(WHATSAPP, zone_is_known=False))[-1].words
    assert "organization's zone, because the recipient's is not known" in words


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 3, 2, 19, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 2, 20, 0, tzinfo=UTC), datetime(2026, 3, 3, 7, 0, tzinfo=UTC)),
        (datetime(2026, 3, 3, 6, 59, tzinfo=UTC), datetime(2026, 3, 3, 7, 0, tzinfo=UTC)),
        (datetime(2026, 3, 3, 7, 0, tzinfo=UTC), None),
        (datetime(2026, 3, 28, 22, 0, tzinfo=UTC), datetime(2026, 3, 29, 6, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 7, 0, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_at_eight_where_the_recipient_lives(now: datetime, until: datetime | None) -> None:
    assert quiet_until(now, BERLIN, begin=time(21), end=time(8)) == until


def a_policy(**fields: object) -> Policy:
    usual: dict[str, object] = {
        "key": "k", "anchor_kind": "class_session", "offset_seconds": 0, "audience": "learner",
        "channels": ("email",), "template_key": "class-reminder", "category": "operational",
    }  # fmt: skip
    return Policy(**{**usual, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "at", "expected"),
    [
        (a_policy(offset_seconds=-86_400), datetime(2026, 3, 29, 8, tzinfo=UTC), datetime(2026, 3, 28, 8, tzinfo=UTC)),
        (a_policy(offset_seconds=86_400, at_local_time=time(10)), datetime(2026, 3, 28, 12, tzinfo=UTC),
         datetime(2026, 3, 29, 8, tzinfo=UTC)),
        (a_policy(at_local_time=time(2, 30)), datetime(2026, 3, 29, 12, tzinfo=UTC),
         datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (a_policy(at_local_time=time(2, 30)), datetime(2026, 10, 25, 12, tzinfo=UTC),
         datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_reminders_moment_across_changes_of_clocks(
    policy: Policy, at: datetime, expected: datetime
) -> None:
    assert send_at(policy, at, BERLIN) == expected


def test_tries_wait_longer_each_time_heed_the_vendor_and_end() -> None:
    def after(attempts: int, retry_after: float | None = None) -> datetime | None:
        return retrying.next_try(attempts=attempts, since=NOON, now=NOON, retry_after=retry_after, chance=1.0)

    waits = [moment - NOON for n in range(1, 6) if (moment := after(n))]
    assert waits == sorted(waits)
    assert len(waits) == 5
    assert (after(1, 600.0) or NOON) >= NOON + timedelta(seconds=600)
    assert after(6) is None
    assert (
        retrying.next_try(attempts=2, since=NOON - timedelta(hours=24), now=NOON, retry_after=None, chance=0)
        is None
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada@Example.org", "ada@example.org"),
        ("a@b.org,c@d.org", None), ("a@b.org c@d.org", None), ("a@b@c.org", None), ("a@b", None),
        ("a@b.org\r\nBcc: c@d.org", None), ("<a@b.org>", None), ("", None), ("x" * 65 + "@b.org", None),
    ],
)  # fmt: skip
def test_an_email_address_is_one_mailbox(text: str, expected: str | None) -> None:
    assert addresses.email(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("+49 (30) 123-4567", "+49301234567"), ("030 1234567", None), ("+0123456789", None), ("+49301", None)],
)
def test_a_number_names_its_country(text: str, expected: str | None) -> None:
    assert addresses.phone(text) == expected


def test_the_text_part_says_what_the_html_says() -> None:
    html = (
        '<style>p{}</style><h1>Hi</h1><ul><li>one</li><li><a href="https://x.org">two</a></li></ul><p>end</p>'
    )
    assert html_texts.plain(html) == "Hi\n\n- one\n\n- two (https://x.org)\n\nend"
