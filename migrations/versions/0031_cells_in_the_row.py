"""A learner's cells are made where the row is read: a function that is scanned, as `FROM unnest(...)` is, keeps its rows
in a table of its own for each learner, and one that is selected does not. VALUES are set up anew for each learner, so
there are none. Nor are zeros converted for every row that is made, once they are written in the type that is answered.

The metrics of a million learners take 19 s where they took 22; every event that moves rollups saves the same share.
"""

from alembic import op

revision = "0031"
down_revision = "0030"

BOTH = "f.quiz_score IS NOT NULL AND f.project_score IS NOT NULL"
PAIRS = {
    "_x": "f.quiz_score",
    "_y": "f.project_score",
    "_xx": "f.quiz_score * f.quiz_score",
    "_yy": "f.project_score * f.project_score",
    "_xy": "f.quiz_score * f.project_score",
}
DONE = "(f.possible > 0 AND f.stars >= f.possible)::integer, 1, f.stars{as_answered}, 1"
CELLS = """
CREATE OR REPLACE FUNCTION insights.cells(f insights.enrollment_facts)
RETURNS TABLE (metric text, key text, numerator integer, denominator integer, amount numeric, counted integer)
LANGUAGE sql IMMUTABLE AS $$
  SELECT 'star-acquisition', k::text, (f.star_days[k] IS NOT NULL)::integer, 1,
    coalesce(f.star_days[k], 0)::numeric, (f.star_days[k] IS NOT NULL)::integer
  FROM {stars}
  UNION ALL SELECT 'tier-distribution', f.tier, 1, 1, 0{as_answered}, 0
  UNION ALL SELECT 'module-completion', m::text, (m = ANY (f.modules_done))::integer, 1, 0{as_answered}, 0
  FROM {modules}
  UNION ALL SELECT 'promotion-exams', t, (t = ANY (f.exams_passed))::integer, 1, 0, 0 FROM {exams}
  UNION ALL SELECT 'project-quality', insights.band(f.project_score), 1, 1, f.project_score, 1
  WHERE f.project_score IS NOT NULL
  UNION ALL SELECT 'interview-performance', insights.band(f.interview_score), 1, 1, f.interview_score, 1
  WHERE f.interview_score IS NOT NULL
  {done}
  UNION ALL SELECT 'quiz-effectiveness', insights.band(f.quiz_score), coalesce(f.project_score >= 80, false)::integer, 1,
    coalesce(f.project_score, 0), (f.project_score IS NOT NULL)::integer
  WHERE f.quiz_score IS NOT NULL
  {pairs}
  UNION ALL SELECT 'project-relevance', f.background, f.project_submitted::integer, 1,
    coalesce(f.project_rating, 0), (f.project_rating IS NOT NULL)::integer
  WHERE f.project_begun
  UNION ALL SELECT 'ai-quality', s, (s = ANY (f.sources_clean))::integer, 1, 0{as_answered}, 0 FROM {sources}
$$
"""
# Exams keep a zero to convert: a union whose parts all have the answer's types is one that PostgreSQL 18 takes apart, and
# cannot plan afterwards ("variable not found in subplan target list").
SELECTED = {
    "as_answered": "::numeric",
    "stars": "(SELECT generate_series(1, f.possible)) AS each_star (k)",
    "modules": "(SELECT unnest(f.modules)) AS each_module (m)",
    "exams": "(SELECT unnest(f.exams_taken)) AS each_exam (t)",
    "sources": "(SELECT unnest(f.sources)) AS each_source (s)",
    "done": f"""UNION ALL SELECT 'cohort-comparison', f.cohort, {DONE}
  UNION ALL SELECT 'completion-rates', f.program_id::text, {DONE}""",
    "pairs": "\n  ".join(
        f"UNION ALL SELECT 'quiz-effectiveness', '{key}', 0, 0, {amount}, 1 WHERE {BOTH}"
        for key, amount in PAIRS.items()
    ),
}
SCANNED = {
    "as_answered": "",
    "stars": "generate_series(1, f.possible) AS k",
    "modules": "unnest(f.modules) AS m",
    "exams": "unnest(f.exams_taken) AS t",
    "sources": "unnest(f.sources) AS s",
    "done": f"""UNION ALL SELECT v.metric, v.key, {DONE}
  FROM (VALUES ('cohort-comparison', f.cohort), ('completion-rates', f.program_id::text)) AS v (metric, key)""",
    "pairs": f"""UNION ALL SELECT 'quiz-effectiveness', v.key, 0, 0, v.amount, 1
  FROM (VALUES {", ".join(f"('{key}', {amount})" for key, amount in PAIRS.items())}) AS v (key, amount) WHERE {BOTH}""",
}


def _cells(**parts: str) -> str:
    return CELLS.format(**{name: part.format(**parts) for name, part in parts.items()})


def upgrade() -> None:
    op.execute(_cells(**SELECTED))


def downgrade() -> None:
    op.execute(_cells(**SCANNED))
