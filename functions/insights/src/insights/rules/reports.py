"""When a report is due, which days it is about, and who may get it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lodestar.principal import STAFF, Role

MOST_SCHEDULES = 20
"""Of an organization."""
MOST_RECIPIENTS = 20
MOST_METRICS = 6
"""A mail that is read has no more charts; its template has so many places."""
RUNS_A_DAY = 20
"""D-20: so often a person has reports sent again."""
LARGEST_FILES_BYTES = 8 * 1024 * 1024
"""Of what is attached to a mail, its charts included: messaging takes 10 MB, and mail programs show less gladly."""
KEPT = timedelta(days=7)
LINK_SECONDS = 300

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_WAIT_DAYS = 33
"""From one first of a month to the next, and a day on both sides for zones that leave one out."""

NOT_A_MEMBER = "not_a_member"
NO_LONGER_ALLOWED = "role_lost"
NO_RECIPIENTS = "no_recipients"
SCHEDULE_DELETED = "schedule_deleted"
GAVE_UP = "report_not_made"


class Cadence(StrEnum):
    """How often: at the beginning of each day, week or month, about the one before."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Audience(StrEnum):
    """What a recipient may see: everything, or aggregates in which no group is small."""

    STAFF = "staff"
    ANALYST = "analyst"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a report is due, on the clocks of a zone. `weekday` is of weekly ones."""

    cadence: Cadence
    weekday: str
    at: time
    zone: ZoneInfo

    def moment(self, day: date) -> datetime:
        """When it is due on that day, in UTC. A time that a change of clocks leaves out is the one an hour later; of
        one that comes twice, the first: a day has one moment."""
        return datetime.combine(day, self.at, tzinfo=self.zone).astimezone(UTC)

    def _days(self, around: datetime, *, step: int) -> Iterator[date]:
        """Days on which it is due, from a day beyond `around` on in the direction of `step`."""
        begin = around.astimezone(self.zone).date() - timedelta(days=step)
        for nth in range(LONGEST_WAIT_DAYS + 1):
            day = begin + timedelta(days=nth * step)
            if self._is_due_on(day):
                yield day

    def _is_due_on(self, day: date) -> bool:
        match self.cadence:
            case Cadence.DAILY:
                return True
            case Cadence.WEEKLY:
                return WEEKDAYS[day.weekday()] == self.weekday
            case Cadence.MONTHLY:
                return day.day == 1

    def next_after(self, now: datetime) -> datetime:
        """The first moment after `now`."""
        return next(at for day in self._days(now, step=1) if (at := self.moment(day)) > now)

    def latest(self, now: datetime) -> date:
        """The last day of which the moment has come."""
        return next(day for day in self._days(now, step=-1) if self.moment(day) <= now)

    def period(self, due: date) -> tuple[date, date]:
        """The first and the last day that a report which is due on `due` is about: whole days that are over."""
        last = due - timedelta(days=1)
        match self.cadence:
            case Cadence.DAILY:
                return last, last
            case Cadence.WEEKLY:
                return due - timedelta(days=7), last
            case Cadence.MONTHLY:
                return last.replace(day=1), last


def zone(*names: str | None) -> ZoneInfo:
    """The first of these IANA names that there is, else UTC: a zone may be renamed after it was chosen."""
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def audience(roles: Collection[str]) -> Audience | None:
    """What the holder of these roles may see of a report; None for nothing."""
    held = set(roles)
    if held & STAFF:
        return Audience.STAFF
    return Audience.ANALYST if Role.ANALYST in held else None


def folder(org_id: object, run_id: object) -> str:
    """Where a run's files are: with the exports, so that what deletes those finds these."""
    return f"{org_id}/exports/reports/{run_id}/"
