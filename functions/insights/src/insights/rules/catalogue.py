"""The metrics by name: what each counts, in plain words. A metric counts people on programs, each once a group."""

from dataclasses import dataclass
from enum import StrEnum


class MetricName(StrEnum):
    """What is measured."""

    STAR_ACQUISITION = "star-acquisition"
    TIER_DISTRIBUTION = "tier-distribution"
    MODULE_COMPLETION = "module-completion"
    PROMOTION_EXAMS = "promotion-exams"
    PROJECT_QUALITY = "project-quality"
    INTERVIEW_PERFORMANCE = "interview-performance"
    COHORT_COMPARISON = "cohort-comparison"
    QUIZ_EFFECTIVENESS = "quiz-effectiveness"
    PROJECT_RELEVANCE = "project-relevance"
    AI_QUALITY = "ai-quality"
    COMPLETION_RATES = "completion-rates"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric in words. `average` is what the second number of a row averages, if there is one; `unit` is the
    value's and `average_unit` that number's. `distribution` groups share one denominator: everybody in any of them."""

    title: str
    group: str
    numerator: str
    denominator: str
    source: str
    average: str | None = None
    average_unit: str | None = None
    distribution: bool = False


UNIT = "percent"
"""Of every value: 100 times numerator by denominator."""
WINDOW = (
    "Learners whose enrolment on a program falls on a day from `from` to `to`, both included; those who withdrew"
    " count like the others. Without them, all learners. What is counted is how these learners stand now."
)
ZONE = "Days are those of the organization's time zone."
FRESHNESS = (
    "Staff: exact as soon as the event behind it was taken in, usually within seconds; what has no event of its own"
    " (a star taken back, a background chosen, another cohort, another version, a masterclass done at the end of its"
    " video) with the learner's next one, or by the next night."
    " Analysts: as on the first night of the month."
)
SUPPRESSION = (
    "Analysts read no group of fewer than 10 people, no group whose remainder would have fewer than 10, and every count"
    " rounded down to tens (docs/adr/0014)."
)
ENROLLED = "Learners on the program"
LEARNING = "learning: enrollments"
ATTEMPTS = "assessment: attempts that are graded or decided"

CATALOGUE: dict[MetricName, Definition] = {
    MetricName.STAR_ACQUISITION: Definition(
        "Stars earned, and how long they took",
        "Each star of the program",
        "Learners who hold the star",
        "Learners on a program that has the star",
        "learning: standing stars, earned or given by staff",
        average="Days from enrolment to the star, of those who hold it",
        average_unit="days",
    ),
    MetricName.TIER_DISTRIBUTION: Definition(
        "Learners by tier",
        "Bronze, silver, gold, and no tier yet",
        "Learners whose tier it is",
        "All learners",
        LEARNING,
        distribution=True,
    ),
    MetricName.MODULE_COMPLETION: Definition(
        "Modules completed",
        "Each module",
        "Learners who have completed the module",
        "Learners whose version of the program has the module",
        "learning: modules completed",
    ),
    MetricName.PROMOTION_EXAMS: Definition(
        "Promotion exams",
        "The tier that the exam leads to",
        "Learners who passed the exam",
        "Learners who took the exam",
        ATTEMPTS,
    ),
    MetricName.PROJECT_QUALITY: Definition(
        "Quality of projects",
        "Bands of the learner's best project: below 60, 60 to 79, 80 and more percent",
        "Learners whose best project is in the band",
        "Learners with a graded project",
        ATTEMPTS,
        average="The best project's score",
        average_unit="percent",
        distribution=True,
    ),
    MetricName.INTERVIEW_PERFORMANCE: Definition(
        "Performance in interviews",
        "Bands of the learner's best interview: below 60, 60 to 79, 80 and more percent",
        "Learners whose best interview is in the band",
        "Learners with a graded interview",
        ATTEMPTS,
        average="The best interview's score",
        average_unit="percent",
        distribution=True,
    ),
    MetricName.COHORT_COMPARISON: Definition(
        "Cohorts compared",
        "Each cohort, and the month of enrolment of who is in none",
        "Learners who hold every star of the program",
        ENROLLED,
        LEARNING,
        average="Stars held",
        average_unit="stars",
    ),
    MetricName.QUIZ_EFFECTIVENESS: Definition(
        "Quizzes and later success",
        "Bands of the mean score of a learner's graded quizzes: below 60, 60 to 79, 80 and more percent",
        "Learners whose best project scored 80 percent or more",
        "Learners with a graded quiz",
        ATTEMPTS,
        average="The best project's score, of those who have one",
        average_unit="percent",
    ),
    MetricName.PROJECT_RELEVANCE: Definition(
        "Projects carried through",
        "Each background",
        "Learners who handed a project in",
        "Learners who began a project",
        "assessment: projects begun and handed in, and learners' ratings of them",
        average="The learner's rating of the project, 1 to 5, of those who rated it",
        average_unit="of 5",
    ),
    MetricName.AI_QUALITY: Definition(
        "Content that needed no correction",
        "Where the content came from: a model, a bank, the generic content, a person",
        "Learners none of whose attempts on such content failed, waits for a person or was decided by one",
        "Learners with an ended attempt on such content",
        "assessment: attempts by source",
    ),
    MetricName.COMPLETION_RATES: Definition(
        "Programs completed",
        "Each program",
        "Learners who hold every star of the program",
        ENROLLED,
        LEARNING,
        average="Stars held",
        average_unit="stars",
    ),
}
