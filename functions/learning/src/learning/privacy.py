"""What learning keeps of people: their enrollments, and what follows from them."""

from lodestar.privacy import PersonalData, PersonalTable, owned_by, part_of

ENROLLMENTS = PersonalTable("learning.enrollments", owned_by("learner_id"))
CONTENT = "What is taught, written for everybody."

PERSONAL_DATA = PersonalData(
    domain="learning",
    tables=(
        ENROLLMENTS,
        PersonalTable("learning.progress_overrides", part_of(ENROLLMENTS, "enrollment_id")),
        PersonalTable("learning.stage_awards", part_of(ENROLLMENTS, "enrollment_id")),
        PersonalTable("learning.tier_changes", part_of(ENROLLMENTS, "enrollment_id")),
        PersonalTable("learning.promotion_declines", part_of(ENROLLMENTS, "enrollment_id")),
        PersonalTable("learning.lesson_progress", part_of(ENROLLMENTS, "enrollment_id")),
        PersonalTable("learning.module_progress", part_of(ENROLLMENTS, "enrollment_id")),
        PersonalTable("learning.masterclass_completions", part_of(ENROLLMENTS, "enrollment_id")),
        PersonalTable("learning.nudges", owned_by("learner_id")),
    ),
    impersonal={
        "learning.programs": CONTENT,
        "learning.program_versions": CONTENT,
        "learning.stages": CONTENT,
        "learning.modules": CONTENT,
        "learning.lessons": CONTENT,
        "learning.resources": CONTENT,
        "learning.masterclasses": CONTENT,
        "learning.cohorts": "Which intakes an organization has.",
        "learning.program_assignments": "Which organization teaches which program.",
    },
    references=frozenset(
        {"learning.progress_overrides.decided_by", "learning.program_assignments.assigned_by"}
    ),
)
