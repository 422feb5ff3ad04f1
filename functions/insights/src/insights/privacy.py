"""What insights keeps of people: what they did, what the metrics count of them, who asked for which table, and who is
sent which report.

Tables asked for tell of others, and go with anybody. The rollups lose a person with their facts; releases hold nobody.
"""

from lodestar.privacy import PersonalData, PersonalTable, owned_by

PERSONAL_DATA = PersonalData(
    domain="insights",
    tables=(
        PersonalTable("insights.exports", owned_by("requested_by")),
        PersonalTable("insights.report_recipients", owned_by("user_id")),
        PersonalTable("insights.report_run_recipients", owned_by("user_id")),
        PersonalTable("insights.activity_events", owned_by("learner_id")),
        PersonalTable("insights.enrollment_facts", owned_by("learner_id")),
    ),
    impersonal={
        "insights.daily_metrics": "Sums over many learners.",
        "insights.metric_releases": "Sums over ten learners and more.",
        "insights.metric_rebuilds": "How far a nightly job is.",
        "insights.kpi_snapshots": "How many there were of what, one night.",
        "insights.report_schedules": "What an organization has sent to it, and when; to whom stands in other tables.",
        "insights.report_runs": "That a report was made of a period; whom it went to stands in another table.",
    },
    references=frozenset({"insights.report_schedules.created_by", "insights.report_runs.asked_by"}),
)
