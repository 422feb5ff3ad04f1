"""What a table of learners, or of a metric, holds, column by column: its header and where its value comes from."""

from collections.abc import Callable
from dataclasses import dataclass

from insights.schemas.learners import LearnerRead
from insights.schemas.metrics import MetricRow
from lodestar.cells import Value

STARS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `says` is for the guide."""

    header: str
    says: str
    value: Callable[[LearnerRead], Value]


def _star(star: int) -> Column:
    def earned_at(row: LearnerRead) -> Value:
        return next((earned.earned_at for earned in row.stars_earned if earned.star == star), None)

    return Column(f"star_{star}_at", f"When star {star} was earned", earned_at)


COLUMNS: tuple[Column, ...] = (
    Column("learner_id", "The person", lambda row: row.learner_id),
    Column("display_name", "Empty for who left", lambda row: row.display_name),
    Column("email", "Empty for who left", lambda row: row.email),
    Column("program", "The program's title", lambda row: row.program.title),
    Column("program_version", "The version that the learner is on", lambda row: row.program.version),
    Column("enrollment_id", "The person on this program", lambda row: row.enrollment_id),
    Column("status", "`active`, `completed` or `withdrawn`", lambda row: row.status),
    Column("stars", "Stars earned", lambda row: row.stars),
    Column("possible_stars", "Stars of the program", lambda row: row.possible_stars),
    Column(
        "tier", "`bronze`, `silver`, `gold`, or empty", lambda row: row.tier.tier.value if row.tier else None
    ),
    Column(
        "background", "The chosen background", lambda row: row.background.title if row.background else None
    ),
    *(_star(star) for star in STARS),
    Column("modules_completed", "Modules done", lambda row: row.modules_completed),
    Column("modules_total", "Modules of the program's version", lambda row: row.modules_total),
    Column("progress_percent", "Modules done, in percent, rounded down", lambda row: row.progress_percent),
    Column("best_project_score", "Percent, of graded attempts", lambda row: row.best_project_score),
    Column("best_interview_score", "Percent, of graded attempts", lambda row: row.best_interview_score),
    Column("promotion_exams_taken", "Graded promotion exams", lambda row: row.promotion_exams_taken),
    Column("promotion_exams_passed", "Of these, passed", lambda row: row.promotion_exams_passed),
    Column("quizzes_passed", "Passed quizzes", lambda row: row.quizzes_passed),
    Column("waiting_for_review", "Attempts that wait for a person", lambda row: row.waiting_for_review),
    Column("enrolled_at", "When the learner came on the program", lambda row: row.enrolled_at),
    Column("last_active_at", "The last activity on the program", lambda row: row.last_active_at),
    Column("completed_at", "When the last star was earned", lambda row: row.completed_at),
    Column("cohort", "The cohort on the program", lambda row: row.cohort.title if row.cohort else None),
)
HEADERS = tuple(column.header for column in COLUMNS)


def record(row: LearnerRead) -> list[Value]:
    """The values of a learner, in the columns' order."""
    return [column.value(row) for column in COLUMNS]


@dataclass(frozen=True, slots=True)
class MetricColumn:
    """One column of a metric's table. `says` is for the guide."""

    header: str
    says: str
    value: Callable[[MetricRow], Value]


METRIC_COLUMNS: tuple[MetricColumn, ...] = (
    MetricColumn("group", "The group's name", lambda row: row.label),
    MetricColumn("numerator", "Empty where it is not shown", lambda row: row.numerator),
    MetricColumn("denominator", "Empty where it is not shown", lambda row: row.denominator),
    MetricColumn("value", "100 times numerator by denominator", lambda row: row.value),
    MetricColumn("unit", "Of the value", lambda row: row.unit),
    MetricColumn("average", "The metric's second number, if it has one", lambda row: row.average),
    MetricColumn("average_unit", "Of the average", lambda row: row.average_unit),
    MetricColumn(
        "suppressed",
        "`yes` where nothing is told of the group",
        lambda row: "yes" if row.suppressed else "no",
    ),
    MetricColumn("text", "The group in words", lambda row: row.text),
    MetricColumn("key", "The group's id, or the word that names it in the API", lambda row: row.key),
)
