"""What assessment keeps of people: their attempts, what they handed in, how it was graded and disputed."""

from lodestar.privacy import PersonalData, PersonalTable, owned_by, part_of, runs_about

ATTEMPTS = PersonalTable("assessment.attempts", owned_by("learner_id"))
GRADES = PersonalTable("assessment.grades", part_of(ATTEMPTS, "attempt_id"))
PREVIEWS = PersonalTable("assessment.previews", owned_by("requested_by"))
CONTENT = "What is asked, written for everybody."

PERSONAL_DATA = PersonalData(
    domain="assessment",
    tables=(
        ATTEMPTS,
        PersonalTable("assessment.responses", part_of(ATTEMPTS, "attempt_id")),
        GRADES,
        PersonalTable("assessment.grade_evidence", part_of(GRADES, "grade_id")),
        PersonalTable("assessment.attempt_decisions", part_of(ATTEMPTS, "attempt_id")),
        PersonalTable("assessment.appeals", owned_by("learner_id")),
        PersonalTable("assessment.attempt_ratings", owned_by("learner_id")),
        PREVIEWS,
        PersonalTable("assessment.submitted_works", part_of(ATTEMPTS, "attempt_id")),
        PersonalTable("assessment.integrity_signals", part_of(ATTEMPTS, "attempt_id")),
        runs_about(ATTEMPTS),
    ),
    impersonal={
        "assessment.item_banks": CONTENT,
        "assessment.items": CONTENT,
        "assessment.item_lesson_links": CONTENT,
        "assessment.rubrics": CONTENT,
        "assessment.rubric_versions": CONTENT,
        "assessment.prompt_templates": CONTENT,
        "assessment.assessments": CONTENT,
        "assessment.tier_templates": CONTENT,
        "assessment.backgrounds": CONTENT,
        "assessment.background_profiles": CONTENT,
        "assessment.fallback_contents": CONTENT,
    },
    references=frozenset({"assessment.attempt_decisions.decided_by", "assessment.appeals.decided_by"}),
)
