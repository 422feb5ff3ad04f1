"""One enrollment's outline: one read, however large the program is."""

from functools import cache

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.orm import Session

from learning.models.enrollments import Enrollment
from learning.rules.outline import Evidence, Outline
from lodestar.contracts import assessment, media

STAGES = """
SELECT star, kind, required_count, title, description, earned_text FROM learning.stages
WHERE version_id = :version ORDER BY star
"""
MODULES = """
SELECT m.id AS module_id, m.kind, m.key, m.title, m.description, m.configuration, p.completed_at
FROM learning.modules AS m JOIN learning.stages AS s ON s.version_id = m.version_id AND s.kind = m.kind
LEFT JOIN learning.module_progress AS p ON p.enrollment_id = :enrollment AND p.module_id = m.id
WHERE m.version_id = :version ORDER BY s.star, m.position, m.id
"""
LESSONS = """
SELECT l.id AS lesson_id, l.module_id, l.title, l.required, l.asset_id, p.last_opened_at, p.read_at, p.completed_at
FROM learning.lessons AS l JOIN learning.modules AS m ON m.version_id = l.version_id AND m.id = l.module_id
LEFT JOIN learning.lesson_progress AS p ON p.enrollment_id = :enrollment AND p.lesson_id = l.id
WHERE l.version_id = :version ORDER BY m.position, m.id, l.position, l.id
"""
TALKS = """
SELECT t.id AS masterclass_id, t.title, t.speaker, t.asset_id, t.active AND t.deleted_at IS NULL AS offered,
       c.completed_at
FROM learning.masterclasses AS t
LEFT JOIN learning.masterclass_completions AS c ON c.enrollment_id = :enrollment AND c.masterclass_id = t.id
WHERE t.program_id = :program AND (c.id IS NOT NULL OR (t.active AND t.deleted_at IS NULL))
ORDER BY t.position, t.id
"""
LISTS = {"stages": STAGES, "modules": MODULES, "lessons": LESSONS, "talks": TALKS}
OUTLINE = "SELECT json_build_object({})::text".format(
    ", ".join(
        f"'{name}', (SELECT coalesce(json_agg(listed), '[]') FROM ({query}) AS listed)"
        for name, query in LISTS.items()
    )
)


@cache
def _parsed() -> TypeAdapter[Outline]:
    return TypeAdapter(Outline)


def read(session: Session, enrollment: Enrollment) -> Outline:
    """The version's stages, modules and lessons and the program's masterclasses, with what is done of them."""
    parameters = {
        "enrollment": enrollment.id,
        "version": enrollment.version_id,
        "program": enrollment.program_id,
    }
    return _parsed().validate_json(session.execute(text(OUTLINE), parameters).scalar_one())


def evidence(session: Session, enrollment: Enrollment, outline: Outline) -> Evidence:
    """What assessment and media say of the learner: two reads."""
    learner_id = enrollment.learner_id
    return Evidence(
        attempts=assessment.attempts_of(session, learner_id=learner_id, enrollment_id=enrollment.id),
        playbacks=media.playbacks(session, learner_id=learner_id, asset_ids=outline.asset_ids()),
    )
