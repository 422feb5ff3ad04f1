"""What each list of the API reads, and what its filters are asked for: a new list is measured once it stands here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST = "SELECT {column}::text FROM {table} WHERE org_id = :org GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
LEAST = "SELECT {column}::text FROM {table} WHERE org_id = :org GROUP BY 1 ORDER BY count(*), 1 LIMIT 1"
ENROLLMENT = "SELECT id::text FROM learning.enrollments WHERE org_id = :org AND learner_id = :learner ORDER BY id LIMIT 1"
DRAFTED = "SELECT t.{column}::text FROM {table} AS t JOIN learning.program_versions AS v ON v.id = t.version_id WHERE t.org_id = :org AND v.published_at IS NULL ORDER BY t.id LIMIT 1"

MOMENT = (
    "SELECT to_char(percentile_disc({share}) WITHIN GROUP (ORDER BY occurred_at) AT TIME ZONE 'UTC',"
    ' \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') FROM {table} WHERE org_id = :org'
)


@dataclass(frozen=True)
class Listing:
    """`table` is what it pages through. A parameter's values are the column's most and least common ones in the
    organization, if the parameter is not enumerated; `values` has SQL for those that are not called as a column is."""

    table: str
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def queries(self, parameter: str) -> tuple[str, ...]:
        """SQL for the values to ask for, of `:org` and `:learner`."""
        given = self.values.get(parameter, (MOST, LEAST))
        return tuple(query.format(column=parameter, table=self.table) for query in given)


LISTINGS: dict[str, Listing] = {
    "/v1/assessment/ai-runs": Listing("backbone.ai_runs"),
    "/v1/assessment/appeals": Listing("assessment.appeals"),
    "/v1/assessment/assessments": Listing("assessment.assessments"),
    "/v1/assessment/attempts": Listing("assessment.attempts"),
    "/v1/assessment/attempts/{attempt_id}/decisions": Listing(
        "assessment.attempt_decisions", {"attempt_id": (MOST,)}
    ),
    "/v1/assessment/attempts/{attempt_id}/ratings": Listing(
        "assessment.attempt_ratings", {"attempt_id": (MOST,)}
    ),
    "/v1/assessment/backgrounds": Listing("assessment.backgrounds"),
    "/v1/assessment/fallback-contents": Listing("assessment.fallback_contents"),
    "/v1/assessment/item-banks": Listing("assessment.item_banks"),
    "/v1/assessment/items": Listing("assessment.items"),
    "/v1/assessment/prompt-templates": Listing("assessment.prompt_templates"),
    "/v1/assessment/rubrics": Listing("assessment.rubrics"),
    "/v1/identity/api-keys": Listing("identity.api_keys"),
    "/v1/identity/audit-events": Listing(
        "backbone.audit_events",
        {
            "since": (MOMENT.replace("{share}", "0"), MOMENT.replace("{share}", "0.5")),
            "before": (MOMENT.replace("{share}", "0.5"), MOMENT.replace("{share}", "1")),
        },
    ),
    "/v1/identity/audit-exports": Listing("identity.audit_exports"),
    "/v1/identity/consents": Listing("identity.consents"),
    "/v1/identity/feature-flags": Listing("identity.feature_flags"),
    "/v1/identity/invitations": Listing("identity.invitations"),
    "/v1/identity/members": Listing(
        "identity.memberships",
        {
            "email": (
                "SELECT u.email FROM identity.users AS u JOIN identity.memberships AS m ON m.user_id = u.id"
                " WHERE m.org_id = :org AND m.ended_at IS NULL ORDER BY m.id LIMIT 1",
            )
        },
    ),
    "/v1/identity/operations": Listing("backbone.operations"),
    "/v1/identity/organizations": Listing(
        "identity.organizations", {"slug": ("SELECT slug FROM {table} WHERE id = :org",)}
    ),
    "/v1/identity/privacy-requests": Listing("identity.privacy_requests"),
    "/v1/identity/role-requests": Listing("identity.role_requests"),
    "/v1/insights/activity": Listing("insights.activity_events"),
    "/v1/insights/exports": Listing("insights.exports"),
    "/v1/insights/report-schedules": Listing("insights.report_schedules"),
    "/v1/insights/report-schedules/{schedule_id}/runs": Listing(
        "insights.report_runs", {"schedule_id": (MOST,)}
    ),
    "/v1/insights/learners": Listing(
        "learning.enrollments",
        {
            "star": tuple(query.replace("{column}", "stars") for query in (MOST, LEAST)),
            "q": (
                "SELECT u.email FROM identity.users AS u JOIN learning.enrollments AS e ON e.learner_id = u.id"
                " JOIN identity.memberships AS m ON m.user_id = u.id AND m.org_id = e.org_id AND m.ended_at IS NULL"
                " WHERE e.org_id = :org ORDER BY e.id LIMIT 1",
            ),
        },
    ),
    "/v1/learning/cohorts": Listing("learning.cohorts"),
    "/v1/learning/enrollments": Listing("learning.enrollments"),
    "/v1/learning/lessons": Listing(
        "learning.lessons", {"module_id": (DRAFTED,), "enrollment_id": (ENROLLMENT,)}
    ),
    "/v1/learning/masterclasses": Listing("learning.masterclasses", {"enrollment_id": (ENROLLMENT,)}),
    "/v1/learning/modules": Listing(
        "learning.modules", {"program_id": (DRAFTED,), "enrollment_id": (ENROLLMENT,)}
    ),
    "/v1/learning/overrides": Listing("learning.progress_overrides"),
    "/v1/learning/program-assignments": Listing("learning.program_assignments"),
    "/v1/learning/programs": Listing("learning.programs"),
    "/v1/learning/resources": Listing("learning.resources"),
    "/v1/media/assets": Listing("media.media_assets"),
    "/v1/media/assets/{asset_id}/views": Listing("media.playback_segments", {"asset_id": (MOST,)}),
    "/v1/messaging/batches": Listing("messaging.message_batches"),
    "/v1/messaging/deliveries": Listing("messaging.deliveries"),
    "/v1/messaging/notifications": Listing("messaging.notifications"),
    "/v1/messaging/scheduled-messages": Listing("messaging.scheduled_messages"),
    "/v1/messaging/suppressions": Listing("messaging.suppressions"),
    "/v1/messaging/templates": Listing("messaging.message_templates"),
    "/v1/messaging/webhook-endpoints": Listing("messaging.webhook_endpoints"),
    "/v1/messaging/webhook-endpoints/{endpoint_id}/deliveries": Listing(
        "messaging.webhook_deliveries", {"endpoint_id": (MOST,)}
    ),
}
BESIDE = (
    "identity.users", "learning.module_progress", "learning.program_versions", "learning.stage_awards",
    "learning.stages", "media.playback_clicks", "media.playback_completions",
)  # fmt: skip
"""Tables that grow along, because lists join them."""
TABLES = tuple(sorted({*(listing.table for listing in LISTINGS.values()), *BESIDE}))
