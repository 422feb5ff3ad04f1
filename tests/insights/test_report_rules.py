"""When a report is due: on people's clocks, whatever is done to those."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from insights.rules import reports as rules
from insights.rules.reports import Audience, Cadence, Rhythm
from lodestar.principal import Role

BERLIN = "Europe/Berlin"


def rhythm(
    cadence: str = "weekly", *, weekday: str = "monday", at: str = "07:00", zone: str = BERLIN
) -> Rhythm:
    return Rhythm(Cadence(cadence), weekday, time.fromisoformat(at), ZoneInfo(zone))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_weekly_is_monday_at_seven_where_the_report_lives() -> None:
    assert rhythm().next_after(utc("2026-11-25T12:00")) == utc("2026-11-30T06:00")
    assert rhythm(zone="Asia/Kolkata").next_after(utc("2026-11-25T12:00")) == utc("2026-11-30T01:30")


def test_the_moment_itself_is_past() -> None:
    assert rhythm().next_after(utc("2026-11-30T06:00")) == utc("2026-12-07T06:00")
    assert rhythm().latest(utc("2026-11-30T06:00")) == date(2026, 11, 30)
    assert rhythm().latest(utc("2026-11-30T05:59")) == date(2026, 11, 23)


def test_seven_stays_seven_when_the_clocks_change() -> None:
    moments = [utc("2026-10-18T12:00")]
    for _ in range(2):
        moments.append(rhythm().next_after(moments[-1]))
    assert moments[1:] == [utc("2026-10-19T05:00"), utc("2026-10-26T06:00")]


def test_a_time_that_comes_twice_is_due_once() -> None:
    daily = rhythm("daily", at="02:30")
    first = daily.next_after(utc("2026-10-24T12:00"))
    assert first == utc("2026-10-25T00:30")  # the first half past two, still summer time
    assert daily.next_after(first + timedelta(minutes=1)) == utc("2026-10-26T01:30")
    assert daily.latest(utc("2026-10-25T01:30")) == date(2026, 10, 25)


def test_a_time_that_is_left_out_is_due_an_hour_later_on_the_same_day() -> None:
    daily = rhythm("daily", at="02:30")
    due = daily.next_after(utc("2026-03-28T12:00"))
    assert due == utc("2026-03-29T01:30")
    assert due.astimezone(ZoneInfo(BERLIN)).time() == time(3, 30)
    assert daily.next_after(due) == utc("2026-03-30T00:30")


def test_a_day_that_a_zone_left_out_is_reported_with_the_next_one_and_not_twice() -> None:
    daily = rhythm("daily", zone="Pacific/Apia")
    before = daily.next_after(utc("2011-12-29T00:00"))
    assert before == utc("2011-12-29T17:00")
    after = daily.next_after(before)
    assert after == utc("2011-12-30T17:00")
    assert daily.latest(after) == date(2011, 12, 31)
    assert daily.next_after(after) == utc("2011-12-31T17:00")


@pytest.mark.parametrize(
    "zone", [BERLIN, "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kolkata"]
)
@pytest.mark.parametrize("at", ["00:00", "02:30", "07:00", "23:59"])
def test_every_day_of_a_year_has_its_moment_and_each_only_one(zone: str, at: str) -> None:
    daily = rhythm("daily", at=at, zone=zone)
    now, days = utc("2026-01-01T00:00"), list[date]()
    while now < utc("2027-01-01T00:00"):
        now = daily.next_after(now)
        days.append(daily.latest(now))
    assert len(days) == len(set(days))
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


@pytest.mark.parametrize(
    ("cadence", "due", "first", "last"),
    [
        ("daily", date(2026, 12, 1), date(2026, 11, 30), date(2026, 11, 30)),
        ("weekly", date(2026, 11, 30), date(2026, 11, 23), date(2026, 11, 29)),
        ("monthly", date(2026, 3, 1), date(2026, 2, 1), date(2026, 2, 28)),
        ("monthly", date(2026, 1, 1), date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_a_report_is_about_whole_days_that_are_over(cadence: str, due: date, first: date, last: date) -> None:
    assert rhythm(cadence).period(due) == (first, last)


def test_monthly_is_the_first_of_a_month() -> None:
    assert rhythm("monthly").next_after(utc("2026-01-01T06:00")) == utc("2026-02-01T06:00")
    assert rhythm("monthly").latest(utc("2026-01-31T23:59")) == date(2026, 1, 1)


def test_a_zone_that_is_no_more_is_the_organizations_else_utc() -> None:
    assert rules.zone("Mars/Olympus", BERLIN).key == BERLIN
    assert rules.zone(None, None).key == "UTC"


@pytest.mark.parametrize(
    ("roles", "audience"),
    [
        ({Role.ORG_STAFF}, Audience.STAFF),
        ({Role.ORG_ADMIN, Role.ANALYST}, Audience.STAFF),
        ({Role.ANALYST}, Audience.ANALYST),
        ({Role.INSTRUCTOR, Role.LEARNER}, None),
        (set(), None),
    ],
)
def test_a_role_says_what_its_holder_may_see(roles: set[Role], audience: Audience | None) -> None:
    assert rules.audience(roles) is audience
