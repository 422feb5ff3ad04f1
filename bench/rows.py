"""Row-makers: how the n-th row of a table looks, as SQL expressions of `n`; what is not said here is made by its type.

The n-th row belongs to `bench.org(n)`: of 200 organizations the first has a sixth of the rows, the last one in 600.
Within an organization states and kinds are as skewed, the first named being common and the last rare. One learner has
a tenth of the first 10,000 rows, and no more: what a person has does not grow with the institution, nor does a cohort.
Content hangs together: two versions a program, ten modules a version, five lessons a module. Parents are found by
arithmetic, so that rows 1 to N of all tables fit together for every N.
"""

from bench.arithmetic import BEGIN


def _id(table: str, n: str = "n") -> str:
    return f"bench.id('{table}', {n})"


def _pick(*choices: str, salt: int = 3) -> str:
    return f"bench.pick(n, {salt}, ARRAY[{', '.join(map(repr, choices))}])"


Maker = dict[str, str]
"""Column to expression."""

_FIRST = (
    "(SELECT min(k) FROM generate_series(1, 1000) AS k WHERE bench.org(k) = bench.id('organizations', 1))"
)
_TO_FIRST = "bench.chance(n, 5) < 0.05"


def _child_of(table: str, column: str, *, each: int) -> Maker:
    """Children beside their parents: `each` a parent, and every twentieth child with one parent of the first organization."""
    parent = f"CASE WHEN {_TO_FIRST} THEN {_FIRST} ELSE 1 + n / {each} END"
    return {column: _id(table, parent), "org_id": f"bench.org({parent})"}


_TIERS = ("bronze", "silver", "gold")
_SLUG = "'key-' || n"
_MODULE_OF_LESSON = "(n + 4) / 5"
_VERSION_OF_MODULE = "(n + 9) / 10"
_VERSION_OF_LESSON = "(n + 49) / 50"
_KINDS = "ARRAY['assessment', 'course', 'masterclass', 'project', 'interview']"
_REQUESTED = _pick("approved", "rejected", "pending", salt=6)
_EXPORTED = _pick("completed", "rejected", "failed")
_REPORTED = _pick("sent", "failed", "skipped", salt=6)
_MADE = _pick("completed", "failed", "running", "pending", salt=6)
_APPEALED = _pick("dismissed", "upheld", "open")
_STUDYING = _pick("active", "completed", "withdrawn")
_STORED = _pick("ready", "processing", "uploading", "rejected", salt=6)
_ATTEMPTED = _pick("quiz", "project", "interview", "initial")
_STANDING = _pick(
    "graded", "expired", "decided", "in_progress", "failed", "draft", "submitted", "preparing", "grading",
    "needs_review", salt=6,
)  # fmt: skip
_SCORED = f"{_STANDING} IN ('graded', 'decided')"
_REJECTED = f"{_STORED} = 'rejected'"
_CATEGORY: Maker = {"category": _pick("transactional", "operational", "marketing", salt=8)}
_SENT_BY: Maker = {**_CATEGORY, "channel": _pick("email", "in_app", "whatsapp", "voice", salt=9)}
_SENT: Maker = {**_SENT_BY, "recipient_id": "bench.person(n)"}
_ITS_BATCH = "(n - n % 60)"
"""Every sixtieth batch has sixty recipients, wherever a list of them is read: what a page counts hangs on them alone."""


def _program_of(enrollment: str) -> str:
    skewed = f"1 + floor(1000 * power(bench.chance({enrollment}, 4), 2))::bigint"
    few = f"WHEN {enrollment} <= 100 THEN {enrollment} WHEN {enrollment} <= 2000 THEN ({enrollment} + 1) / 2"
    return f"CASE {few} ELSE {skewed} END"


def _of_enrollment(enrollment: str) -> Maker:
    return {
        "enrollment_id": _id("enrollments", enrollment),
        "org_id": f"bench.org({_program_of(enrollment)})",
    }


def _of_version(version: str) -> Maker:
    program = f"(({version}) + 1) / 2"
    return {
        "version_id": _id("program_versions", version),
        "program_id": _id("programs", program),
        "org_id": f"bench.org({program})",
    }


def _of_program(program: str) -> Maker:
    return {"program_id": _id("programs", program), "org_id": f"bench.org({program})"}


MAKERS: dict[str, Maker] = {
    "assessment.appeals": {
        "attempt_id": _id("attempts"),
        "learner_id": "bench.person(n)",
        "state": _APPEALED,
        "decided_at": f"CASE WHEN {_APPEALED} <> 'open' THEN now() END",
    },
    "assessment.assessments": {
        "kind": _pick("quiz", "project", "interview", "initial"),
        "module_id": _id("modules"),
        "program_id": _id("programs", "n / 50"),
        "passing_score": "70",
        "time_limit_seconds": "120",
    },
    "assessment.attempt_decisions": {
        **_child_of("attempts", "attempt_id", each=3),
        "outcome": _pick("approved", "rejected"),
        "score": "80",
    },
    "assessment.attempt_ratings": {
        "attempt_id": _id("attempts"),
        "learner_id": "bench.person(n)",
        "rating": "1 + n % 5",
    },
    "assessment.attempts": {
        "learner_id": "bench.person(n)",
        "enrollment_id": _id("enrollments", "n / 10"),
        "program_id": _id("programs", "n % 500"),
        "assessment_id": _id("assessments", "n % 500"),
        "kind": _ATTEMPTED,
        "module_id": _id("modules", "n / 100"),
        "lesson_id": f"CASE WHEN {_ATTEMPTED} = 'quiz' THEN {_id('lessons')} END",
        "state": _STANDING,
        "submission_kind": "'answers'",
        "passing_score": "70",
        "number": "n",
        "score": f"CASE WHEN {_SCORED} THEN 80 END",
        "passed": f"CASE WHEN {_SCORED} THEN true END",
        "deadline_at": "CASE WHEN n % 3 = 0 THEN now() + interval '1 day' END",
    },
    "assessment.background_profiles": {
        "kind": "'project'",
        "type": _pick("essay", "study"),
        "tier": _pick(*_TIERS),
    },
    "assessment.backgrounds": {
        "key": _SLUG,
        "submission_kind": _pick("text", "repository"),
        "project_types": "'[]'",
    },
    "assessment.fallback_contents": {
        "key": _SLUG,
        "kind": _pick("project", "interview_questions"),
        **_child_of("backgrounds", "background_id", each=100),
        "tier": _pick(*_TIERS, salt=6),
    },
    "assessment.grade_evidence": {"points": "1", "possible": "2", "verified": "true"},
    "assessment.grades": {"source": "'model'", "run": "n", "score": "80"},
    "assessment.item_banks": {"key": _SLUG},
    "assessment.item_lesson_links": {"role": _pick("required", "fallback")},
    "assessment.items": {
        "key": _SLUG,
        **_child_of("item_banks", "bank_id", each=100),
        "options": """'["a", "b", "c"]'""",
        "active": "bench.chance(n, 7) < 0.98",
    },
    "assessment.previews": {
        "subject_type": _pick("assessment", "background_profile", "prompt_template"),
        "subject_id": _id("assessments"),
        "requested_by": "bench.person(n)",
        "expires_at": "now() + interval '1 day'",
    },
    "assessment.prompt_templates": {
        "purpose": _pick("quiz", "project", "exam", "interview_questions", "grade_text", "grade_repository"),
        "strategy": "'key-' || n / 10",
        "revision": "n",
        "active": "n % 10 = 0",
    },
    "assessment.rubric_versions": {"version": "n", "criteria": "'[]'"},
    "assessment.rubrics": {"key": _SLUG, "criteria": "'[]'"},
    "assessment.submitted_works": {"parts": "'[]'"},
    "assessment.tier_templates": {"tier": _pick(*_TIERS)},
    "backbone.ai_runs": {
        "purpose": _pick("quiz", "transcribe", "project", "grade_text"),
        "outcome": _pick("succeeded", "failed", "refused", salt=6),
        "subject_id": _id("attempts"),
    },
    "backbone.audit_events": {
        "sequence": "n",
        "action": _pick("membership.created", "consent.given", "enrollment.overridden"),
        "actor_id": "bench.person(n)",
        "subject_type": _pick("membership", "consent", "enrollment"),
        "subject_id": _id("subjects", "n / 5"),
        "api_key_id": f"CASE WHEN n % 10 = 0 THEN {_id('api_keys', 'n / 1000')} END",
        "correlation_id": "'request-' || n / 3",
    },
    "backbone.idempotency_keys": {"key": _SLUG, "fingerprint": "md5(n::text)"},
    "backbone.inbox": {"event_id": _id("outbox"), "reaction": "'bench'"},
    "backbone.operations": {"user_id": "bench.person(n)"},
    "backbone.outbox": {"published_at": "now()"},
    "backbone.rate_buckets": {"bucket": _SLUG},
    "identity.api_keys": {"scopes": """'["learning:read"]'""", "key_hash": "md5(n::text)"},
    "identity.audit_exports": {
        "format": _pick("jsonl", "csv"),
        "state": _pick("completed", "failed"),
        "completed_at": f"CASE WHEN {_pick('completed', 'failed')} = 'completed' THEN now() END",
    },
    "identity.consents": {"user_id": "bench.person(n)", "purpose": "'recording'", "withdrawn_at": "now()"},
    "identity.feature_flags": {"key": _SLUG},
    "identity.invitations": {
        "email": "'person-' || n || '@example.org'",
        "role": _pick("learner", "instructor", "org_staff"),
        "token_hash": "md5(n::text)",
    },
    "identity.memberships": {
        "user_id": _id("users"),
        "role": _pick(
            "learner",
            "instructor",
            "interviewer",
            "recruiter",
            "analyst",
            "support_agent",
            "org_staff",
            "org_admin",
        ),
        "ended_at": "CASE WHEN bench.chance(n, 7) < 0.1 THEN now() END",
    },
    "identity.org_settings": {"org_id": _id("organizations")},
    "identity.organizations": {"kind": "CASE n WHEN 1 THEN 'platform' ELSE 'institution' END", "slug": _SLUG},
    "identity.privacy_requests": {
        "user_id": "bench.id('users', 1000 + n)",
        "kind": "'export'",
        "state": _EXPORTED,
        "completed_at": f"CASE WHEN {_EXPORTED} = 'completed' THEN now() END",
    },
    "identity.retention_policies": {"category": "translate(n::text, '0123456789', 'abcdefghij')"},
    "identity.role_requests": {
        "user_id": f"CASE WHEN {_REQUESTED} = 'pending' THEN bench.id('users', 1000 + n) ELSE bench.person(n) END",
        "role": _pick("instructor", "interviewer"),
        "state": _REQUESTED,
        "decided_at": f"CASE WHEN {_REQUESTED} <> 'pending' THEN now() END",
    },
    "identity.users": {"email": "'person-' || n || '@example.org'", "display_name": "'Person ' || n"},
    "insights.activity_events": {
        "verb": _pick("was_graded", "earned_star", "completed_lesson", "changed_tier"),
        "object_type": "'enrollment'",
        "learner_id": "bench.person(n)",
        **_of_program(_program_of("n")),
    },
    "insights.enrollment_facts": {
        "enrollment_id": _id("enrollments"),
        "cohort": "'2026-01'",
        "tier": _pick(*_TIERS, salt=11),
        "background": "'none'",
    },
    "insights.metric_rebuilds": {"org_id": _id("organizations")},
    "insights.exports": {
        "format": _pick("csv", "xlsx"),
        "state": _MADE,
        "filters": "jsonb_build_object('program_id', bench.id('programs', n))",
        "run_id": f"CASE WHEN {_MADE} = 'running' THEN bench.id('other', n) END",
        "completed_at": f"CASE WHEN {_MADE} = 'completed' THEN now() END",
    },
    "learning.cohorts": {
        **_of_program(_program_of("n")),
        "title": _SLUG,
        "starts_on": "date '2026-01-01' + (n % 300)::integer",
        "ends_on": "date '2027-01-01'",
        "archived": "bench.chance(n, 7) < 0.9",
    },
    "insights.report_schedules": {
        "title": _SLUG,
        "metrics": "ARRAY['completion-rates']",
        "format": "'xlsx'",
        "zone_in_use": "'UTC'",
        "next_at": f"{BEGIN} + interval '20 years'",
    },
    "insights.report_runs": {
        **_child_of("report_schedules", "schedule_id", each=3),
        "occasion": "'asked'",
        "period_from": "'2026-01-05'",
        "period_to": "'2026-01-11'",
        "time_zone": "'UTC'",
        "state": _REPORTED,
        "completed_at": "now()",
        "reason": f"CASE WHEN {_REPORTED} <> 'sent' THEN 'x' END",
    },
    "insights.report_run_recipients": {**_child_of("report_runs", "run_id", each=3), "outcome": "'sent'"},
    "learning.enrollments": {
        **_of_program(_program_of("n")),
        "version_id": _id("program_versions", f"2 * ({_program_of('n')}) - 1"),
        "stars": "(5 * power(bench.chance(n, 10), 2))::integer",
        "tier": _pick(*_TIERS, salt=11),
        "background_id": _id("backgrounds", "1 + n % 20"),
        "cohort_id": _id("cohorts"),
        "progressed_at": f"{BEGIN} + bench.chance(n, 12) * interval '300 days'",
        "learner_id": "bench.id('users', CASE WHEN n <= 100 THEN 1 ELSE 1000 + n END)",
        "status": _STUDYING,
        "completed_at": f"CASE WHEN {_STUDYING} = 'completed' THEN now() END",
    },
    "learning.lessons": {
        **_of_version(_VERSION_OF_LESSON),
        "module_id": _id("modules", _MODULE_OF_LESSON),
        "key": _SLUG,
    },
    "learning.masterclasses": {
        **_of_program("(n + 9) / 10"),
        "key": _SLUG,
        "active": "bench.chance(n, 7) < 0.9",
    },
    "learning.modules": {
        **_of_version(_VERSION_OF_MODULE),
        "key": _SLUG,
        "kind": f"({_KINDS})[1 + n % 5]",
        "configuration": "'{}'",
    },
    "learning.program_assignments": {
        "org_id": _id("organizations", "CASE WHEN n <= 1000 AND n % 20 = 0 THEN 1 ELSE 1000 + n / 20 END"),
        "owner_id": _id("organizations", "CASE WHEN n <= 1000 AND n % 20 = 0 THEN 1 ELSE 1000 + n / 20 END"),
        "program_id": _id("programs"),
    },
    "learning.program_versions": {
        **_of_program("(n + 1) / 2"),
        "number": "2 - n % 2",
        "published_at": "CASE WHEN n % 2 = 1 THEN now() END",
    },
    "learning.programs": {"key": _SLUG, "type": _pick("study", "job_readiness")},
    "learning.progress_overrides": {
        **_child_of("enrollments", "enrollment_id", each=3),
        "old_star": "1",
        "new_star": "2",
    },
    "learning.promotion_declines": {"star": "1", "target_tier": "'silver'"},
    "media.transcripts": {"source": "'none'"},
    "learning.resources": {
        **_of_program("(n + 199) / 200"),
        "lesson_id": _id("lessons", "(n + 1) / 2"),
        "url": "'https://example.org/'",
    },
    "learning.module_progress": _of_enrollment("n"),
    "learning.stage_awards": {**_of_enrollment("n"), "star": "1 + n % 5", "evidence": """'{"a": 1}'"""},
    "learning.stages": {
        **_of_version("(n + 4) / 5"),
        "star": "1 + n % 5",
        "kind": f"({_KINDS})[1 + n % 5]",
        "required_count": "CASE WHEN n % 5 <> 1 THEN 1 END",
    },
    "learning.tier_changes": {"old_tier": "NULL", "new_tier": "'bronze'", "cause": "'initial'", "star": "1"},
    "media.captions": {"cues": "'[]'"},
    "media.media_assets": {
        "owner_id": "bench.person(n)",
        "purpose": _pick("interview_video", "lesson_video", "resource", "masterclass_video"),
        "state": _STORED,
        "problem_code": f"CASE WHEN {_REJECTED} THEN 'bad' END",
        "problem_detail": f"CASE WHEN {_REJECTED} THEN 'bad' END",
    },
    "media.playback_clicks": {**_child_of("media_assets", "asset_id", each=100), "learner_id": _id("users")},
    "media.playback_completions": {
        **_child_of("media_assets", "asset_id", each=100),
        "learner_id": _id("users", "CASE WHEN bench.chance(n, 7) < 0.6 THEN n ELSE 10000000 + n END"),
        "covered_ms": "100",
        "duration_ms": "100",
    },
    "media.playback_segments": {
        **_child_of("media_assets", "asset_id", each=100),
        "learner_id": _id("users"),
        "duration_ms": "100",
        "unspent_ms": "0",
    },
    "media.recording_consents": {"purpose": "'recording'"},
    "media.renditions": {"kind": "'audio'", "position": "n"},
    "media.uploads": {"method": "'post'", "declared_bytes": "1000"},
    "messaging.anchor_recipients": {"recipient_id": "bench.person(n)"},
    "messaging.anchors": {"kind": "'booking'"},
    "messaging.deliveries": {
        **_SENT,
        "state": _pick("delivered", "read", "sent", "failed", "skipped", "queued"),
        "template_key": "'key-' || n % 20",
        "org_id": f"bench.org({_ITS_BATCH})",
        "batch_id": _id("message_batches", _ITS_BATCH),
        "scheduled_message_id": _id("scheduled_messages"),
    },
    "messaging.delivery_events": {"kind": "'sent'"},
    "messaging.message_batches": _SENT_BY,
    "messaging.message_templates": {
        **_SENT_BY,
        "key": _SLUG,
        "locale": _pick("en", "de"),
        "revision": "1",
        "state": _pick("active", "retired", "draft", salt=6),
    },
    "messaging.notifications": {
        "recipient_id": "bench.person(n)",
        "type": _pick("star_earned", "review_needed", "content_ready"),
        "read_at": "CASE WHEN bench.chance(n, 7) < 0.95 THEN now() END",
    },
    "messaging.reminder_policies": {**_CATEGORY, "key": _SLUG, "anchor_kind": "'booking'"},
    "messaging.scheduled_messages": {
        **_SENT,
        "state": _pick("released", "scheduled", "skipped", "cancelled"),
        "policy_key": "'key-' || n % 20",
        "anchor_id": _id("anchors", "n / 10"),
    },
    "messaging.suppressions": {
        "channel": _pick("email", "whatsapp", "voice"),
        "reason": _pick("unsubscribe", "hard_bounce", "complaint", "manual", salt=6),
    },
    "messaging.webhook_deliveries": {**_child_of("webhook_endpoints", "endpoint_id", each=100)},
}
"""What a table's constraints, or the lists that read it, want of its rows. A table that is not here needs nothing."""
