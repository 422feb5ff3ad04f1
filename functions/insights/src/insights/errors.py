"""Problems of insights' own."""

from lodestar.problems import Conflict, Forbidden, InvalidContent


class AggregatesOnly(Forbidden):
    """Analysts read whole programs: figures of parts could be subtracted from each other until a person is left."""

    code = "aggregates_only"
    title = "Analysts read whole programs"


class ScheduleExists(Conflict):
    """A title tells a report from the others in a mailbox."""

    code = "schedule_exists"
    title = "There is a scheduled report of this title already; change that one"


class TooManySchedules(Conflict):
    """Each is made and sent for as long as it stands."""

    code = "too_many_schedules"
    title = "The organization has as many scheduled reports as it may have"


class RecipientRefused(InvalidContent):
    """Reports go to members whose role may see them; `errors` names who may not."""

    code = "recipient_refused"
    title = "Somebody named as a recipient may not see this report"
