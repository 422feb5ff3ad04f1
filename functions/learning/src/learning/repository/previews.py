"""What a draft holds and leans on in other domains, for those who wrote it: one read, however large it is."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from learning.models.programs import ProgramVersion
from learning.rules.warnings import DraftContent, DraftLesson, DraftModule
from lodestar.contracts.learning import ModuleKind

CONTENT = """
SELECT
  (SELECT jsonb_agg(jsonb_build_object(
     'module_id', m.id, 'kind', m.kind, 'title', m.title, 'description', m.description,
     'quizzes', coalesce((m.configuration ->> 'enable_ai_quizzes')::boolean, false),
     'assessed', EXISTS (SELECT FROM assessment.v_assessed_modules AS a WHERE a.module_id = m.id),
     'lessons', coalesce((
       SELECT jsonb_agg(jsonb_build_object(
         'lesson_id', l.id, 'title', l.title, 'required', l.required, 'ready', l.asset_id IS NULL OR EXISTS (
           SELECT FROM media.v_assets AS f WHERE f.asset_id = l.asset_id AND f.state = 'ready')
       ) ORDER BY l.position, l.id) FROM learning.lessons AS l WHERE l.version_id = m.version_id AND l.module_id = m.id
     ), '[]')) ORDER BY m.position, m.id)
   FROM learning.modules AS m WHERE m.version_id = :version) AS modules,
  (SELECT count(*) FROM learning.masterclasses AS t JOIN media.v_assets AS f ON f.asset_id = t.asset_id
   WHERE t.program_id = :program AND t.active AND t.deleted_at IS NULL AND f.state = 'ready') AS talks,
  (SELECT jsonb_object_agg(title, present) FROM (
     SELECT b.title, coalesce(jsonb_agg(jsonb_build_array(p.kind, p.tier)) FILTER (WHERE p.kind IS NOT NULL), '[]')
       AS present
     FROM assessment.v_backgrounds AS b
     LEFT JOIN assessment.v_background_profiles AS p ON p.background_id = b.background_id
     GROUP BY b.background_id, b.title
   ) AS of_background) AS profiles,
  (SELECT count(*) FROM learning.enrollments AS e
   WHERE e.org_id = backbone.current_org() AND e.program_id = :program) AS learners
"""


def content_of(session: Session, draft: ProgramVersion) -> tuple[DraftContent, int]:
    """What it holds, and how many of the organization's learners are on the program."""
    row = session.execute(text(CONTENT), {"version": draft.id, "program": draft.program_id}).one()
    modules = [
        DraftModule(
            **{**fields, "kind": ModuleKind(fields["kind"])},
            lessons=[DraftLesson(**lesson) for lesson in lessons],
        )
        for fields, lessons in ((module, module.pop("lessons")) for module in row.modules or ())
    ]
    profiles = {
        title: [(kind, tier) for kind, tier in present] for title, present in (row.profiles or {}).items()
    }
    return DraftContent(modules=modules, talks=row.talks, profiles=profiles), row.learners
