"""An organization that has a row of everything that an id can name, and which of its ids fits which name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lodestar import operations
from lodestar.contracts.messaging import Recipient
from lodestar.db import unit_of_work, work_for
from lodestar.ids import new_id
from lodestar.principal import Principal, Role
from messaging.models.batches import MessageBatch
from messaging.models.webhooks import WebhookDelivery
from tests import bus
from tests.factories.assessment import (
    a_background,
    a_bank,
    a_tier_template,
    an_assessment,
    an_attempt,
    link_items,
)
from tests.factories.identity import a_person, an_organization
from tests.factories.media import an_asset, played
from tests.factories.messaging import a_message, an_anchor, in_future
from tests.gateway import Person, get, patch, post, put
from tests.proof import size
from tests.security.catalogue import Row, Rows, visible_to

MEANS = {
    "actor_id": "user",
    "delivery_id": "deliver",
    "recipient_id": "user",
    "learner_id": "user",
    "owner_id": "user",
    "recipients": "user",
    "run_id": "report_run",
    "schedule_id": "report_schedule",
    "member_id": "membership",
    "org_id": "organization",
    "subject_id": "attempt",
}
"""Names of ids that do not begin as the table is called."""
PEOPLE = "identity.users"
MOST_PER_SLOT = size(slice=3, whole=50)


class NoSuchRow(AssertionError):
    """An operation takes an id for which this organization has no row: add one to `a_full_organization`."""


@dataclass(frozen=True)
class World:
    """An organization, its people, and its rows as they stood when it was complete."""

    org_id: UUID
    admin: Person
    learner: Person
    peer: Person
    rows: Rows

    def ids_of(self, person: Person | None) -> frozenset[str]:
        """The ids of the organization's rows; with `person`, of those that are theirs."""
        return frozenset(
            str(row["id"])
            for rows in self.rows.values()
            for row in rows
            if row.get("id") and (person is None or _belongs_to(row, person))
        )

    def own(self, name: str, *, resource: str, person: Person, nth: int = 0) -> UUID:
        """An id that fits the name, of the person's own rows where there are any; with `nth`, another one."""
        for table in self._tables(name, resource):
            if table == PEOPLE:
                return self.learner.user_id
            rows = self.rows[table]
            mine = [row for row in rows if _belongs_to(row, person)] or rows
            return UUID(mine[nth % len(mine)]["id"])
        raise NoSuchRow(f"{name} of {resource}")

    def some(self, name: str, *, resource: str, of: Person | None = None) -> list[UUID]:
        """Ids that fit the name, of several tables and kinds; with `of`, of rows that are this person's only. One is of
        the likeliest table: a slice once held no background for a background's id."""
        rows = [
            row
            for table in self._tables(name, resource)
            for row in self.rows[table]
            if of is None or _belongs_to(row, of)
        ]
        chosen = list(dict.fromkeys(UUID(row["id"]) for row in _mixed(rows)))[:MOST_PER_SLOT]
        likeliest = [UUID(row["id"]) for row in rows[:1]]
        return list(dict.fromkeys([*chosen, *likeliest]))

    def _tables(self, name: str, resource: str) -> Iterator[str]:
        """Tables that have rows and whose name holds the id's, the likeliest first."""
        stem = MEANS.get(name, name.removesuffix("s").removesuffix("_id"))
        fitting = [
            table for table, rows in self.rows.items() if rows and "id" in rows[0] and _speaks_of(table, stem)
        ]
        yield from sorted(fitting, key=lambda t: (_base(t) not in {resource, f"{stem}s"}, len(t), t))


def _base(table: str) -> str:
    return table.partition(".")[2]


def _speaks_of(table: str, stem: str) -> bool:
    return any(word.startswith(stem) for word in (_base(table), *_base(table).split("_")))


def _belongs_to(row: Row, person: Person) -> bool:
    return str(person.user_id) in (value for value in row.values() if isinstance(value, str))


def _mixed(rows: list[Row]) -> list[Row]:
    """Rows of different states first: an id's answer must not depend on how far its row is."""
    states = {str(row.get("state") or row.get("kind")): row for row in rows}
    return [*states.values(), *rows]


def a_full_organization() -> World:
    """Build one, through factories and endpoints."""
    org_id = an_organization()
    admin, learner, peer = a_person(org_id, Role.ORG_ADMIN), a_person(org_id), a_person(org_id)
    assets = {
        purpose: an_asset(org_id, admin.user_id, purpose=purpose)
        for purpose in ("lesson_video", "masterclass_video", "resource")
    }
    cue = {"start_ms": 0, "end_ms": 2000, "text": "Welcome to the first lesson."}
    transcript = {"text": cue["text"], "language": "en", "cues": [cue]}
    patch(f"/v1/media/assets/{assets['lesson_video']}/transcript", transcript, as_=admin).expect(200)
    modules, lesson_id = _a_taught_program(admin, assets)
    background_id = a_background(org_id)
    bank_id = a_bank(org_id, items=3)
    link_items(org_id, lesson_id, bank_id)
    for kind, module in (("initial", "assessment"), ("quiz", "course")):
        assessment_id = an_assessment(org_id, kind, module_id=modules[module], bank_id=bank_id)
        a_tier_template(org_id, assessment_id, "bronze")
    for person in (learner, peer):
        _a_learners_work(person, admin, modules, background_id)
        played(org_id, person.user_id, assets["lesson_video"])
        post(f"/v1/media/assets/{assets['lesson_video']}/playback-urls", as_=person).expect(201)
    _administration(admin)
    _messages(org_id, admin, learner, peer)
    bus.deliver(org_id)
    for person in (learner, peer):
        nudge = get("/v1/learning/journey/nudges", as_=person).expect(200)["data"][0]
        patch(f"/v1/learning/journey/nudges/{nudge['id']}", {"dismissed": True}, as_=person).expect(200)
    return World(org_id, admin, learner, peer, visible_to(org_id))


def _a_taught_program(admin: Person, assets: dict[str, UUID]) -> tuple[dict[str, UUID], UUID]:
    """A program that is published, assigned and being drafted anew. Returns the modules by kind, and the lesson."""
    content = {"key": "job-readiness", "title": "Job Readiness"}
    program_id = post("/v1/learning/programs", content, as_=admin).expect(201)["id"]
    modules: dict[str, UUID] = {}
    for nth, kind in enumerate(["assessment"] * 5 + ["course", "masterclass", "project", "interview"]):
        body = {"program_id": program_id, "kind": kind, "key": f"module-{nth}", "title": kind}
        modules[kind] = UUID(post("/v1/learning/modules", body, as_=admin).expect(201)["id"])
    lesson = {"module_id": str(modules["course"]), "asset_id": str(assets["lesson_video"])}
    lesson_id = post("/v1/learning/lessons", {**content, **lesson}, as_=admin).expect(201)["id"]
    talk = {"program_id": program_id, "asset_id": str(assets["masterclass_video"])}
    post("/v1/learning/masterclasses", {**content, **talk}, as_=admin).expect(201)
    handout = {"lesson_id": lesson_id, "title": "Checklist", "asset_id": str(assets["resource"])}
    post("/v1/learning/resources", handout, as_=admin).expect(201)
    post(f"/v1/learning/programs/{program_id}/versions", as_=admin).expect(201)
    post("/v1/learning/program-assignments", {"program_id": program_id}, as_=admin).expect(201)
    intake = {"title": "Autumn", "starts_on": "2026-09-01", "ends_on": "2026-12-18"}
    post("/v1/learning/cohorts", {"program_id": program_id, **intake}, as_=admin).expect(201)
    bus.deliver(admin.org_id)
    return modules, UUID(lesson_id)


def _a_learners_work(person: Person, admin: Person, modules: dict[str, UUID], background_id: UUID) -> None:
    """An enrollment with four stars, attempts in several states, an appeal, a recording, an operation."""
    enrollment_id = get("/v1/learning/enrollments", as_=person).expect(200)["data"][0]["id"]
    stars = {"enrollment_id": enrollment_id, "star": 4, "tier": "bronze", "reason": "To see everything."}
    post("/v1/learning/overrides", stars, as_=admin).expect(201)
    url = f"/v1/learning/enrollments/{enrollment_id}"
    patch(url, {"background_id": str(background_id)}, as_=person).expect(200)
    cohort_id = get("/v1/learning/cohorts", as_=admin).expect(200)["data"][0]["id"]
    patch(url, {"cohort_id": cohort_id}, as_=admin).expect(200)
    attempts = {
        state: an_attempt(
            org_id=person.org_id,
            learner_id=person.user_id,
            enrollment_id=UUID(enrollment_id),
            module_id=modules[module],
            kind=kind,
            state=state,
            **fields,
        )
        for module, kind, state, fields in ATTEMPTS
    }
    reason = "The quote under the first criterion is from another paragraph."
    post(
        "/v1/assessment/appeals", {"attempt_id": str(attempts["graded"]), "reason": reason}, as_=person
    ).expect(201)
    rating = {"rating": 2, "comment": "Far from what I want to do."}
    post(f"/v1/assessment/attempts/{attempts['graded']}/ratings", rating, as_=person).expect(201)
    ruling = {"outcome": "rejected", "feedback": "The second question is not answered."}
    post(f"/v1/assessment/attempts/{attempts['needs_review']}/decisions", ruling, as_=admin).expect(201)
    post("/v1/identity/consents", {"purpose": "recording", "notice_version": "2026-01"}, as_=person).expect(
        201
    )
    _an_upload(person, "interview_video")
    post("/v1/identity/role-requests", {"role": "instructor", "reason": "I teach."}, as_=person).expect(201)
    post("/v1/identity/privacy-requests", {"kind": "erase"}, as_=person).expect(202)
    with unit_of_work(Principal(person.user_id, person.org_id)) as session:
        operations.begin(session, "export", subject_type="user", subject_id=person.user_id)


ATTEMPTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("assessment", "initial", "in_progress", {"answer_key": {}}),
    ("project", "project", "draft", {"content": {"title": "A price that fell"}}),
    ("interview", "interview", "in_progress", {"time_limit_seconds": 300}),
    ("interview", "interview", "graded", {"score": 40, "passed": False}),
    ("interview", "interview", "needs_review", {}),
)
"""The kind of module, the attempt's kind and state, and further columns."""


def _an_upload(person: Person, purpose: str) -> None:
    body = {"purpose": purpose, "size_bytes": 1000, "content_type": "video/webm", "filename": "video.webm"}
    post("/v1/media/uploads", body, as_=person).expect(201)


def _administration(admin: Person) -> None:
    """What only administrators keep."""
    _an_upload(admin, "lesson_video")
    asset_id = get("/v1/media/assets?purpose=masterclass_video", as_=admin).expect(200)["data"][0]["id"]
    post(f"/v1/media/assets/{asset_id}/transcriptions", as_=admin).expect(202)
    prompt = {"purpose": "quiz", "system_prompt": "Write fairly.", "input_prompt": "Write {count} questions."}
    template_id = post("/v1/assessment/prompt-templates", prompt, as_=admin).expect(201)["id"]
    _previews(admin, template_id)
    post("/v1/identity/invitations", {"email": "new@example.org"}, as_=admin).expect(201)
    post("/v1/identity/api-keys", {"name": "Import", "scopes": ["learning:read"]}, as_=admin).expect(201)
    put("/v1/identity/retention-policies", {"periods": {"notifications": 90}}, as_=admin).expect(200)
    put("/v1/identity/feature-flags/peer-practice", {"enabled": True}, as_=admin).expect(200)
    post("/v1/insights/exports", {"format": "csv"}, as_=admin).expect(202)
    post("/v1/identity/audit-exports", as_=admin).expect(202)
    report = {"title": "Weekly", "metrics": ["completion-rates"], "recipients": [str(admin.user_id)]}
    schedule_id = post("/v1/insights/report-schedules", report, as_=admin).expect(201)["id"]
    post(f"/v1/insights/report-schedules/{schedule_id}/runs", as_=admin).expect(202)


def _previews(admin: Person, template_id: str) -> None:
    """One of each kind, in the order in which `own` and `some` pair them with what they are of."""
    assessments = get("/v1/assessment/assessments", as_=admin).expect(200)["data"]
    ids = {entry["kind"]: entry["id"] for entry in assessments}
    lesson_id = get("/v1/learning/lessons", as_=admin).expect(200)["data"][0]["id"]
    background_id = get("/v1/assessment/backgrounds", as_=admin).expect(200)["data"][0]["id"]
    profile = f"/v1/assessment/backgrounds/{background_id}/profiles/project/case_study/bronze"
    written = get(profile, as_=admin).expect(200)
    draft = {name: written[name] for name in ("system_prompt", "input_prompt", "rubric_id")}
    words = {"assessment_id": ids["quiz"], "lesson_ids": [lesson_id]}
    post(f"/v1/assessment/assessments/{ids['initial']}/previews", {"tier": "bronze"}, as_=admin).expect(202)
    post(f"/v1/assessment/prompt-templates/{template_id}/previews", words, as_=admin).expect(202)
    post(f"{profile}/previews", draft, as_=admin).expect(202)


def _messages(org_id: UUID, admin: Person, *people: Person) -> None:
    """A text, wishes, a suppressed address, reminders of a class, and messages that wait for a vendor."""
    body = {
        "key": "welcome",
        "channel": "email",
        "category": "operational",
        "subject": "Hi",
        "body_text": "Hi",
    }
    post("/v1/messaging/templates", body, as_=admin).expect(201)
    address = {"channel": "email", "address": "bounced@example.org"}
    post("/v1/messaging/suppressions", address, as_=admin).expect(201)
    recipients = [Recipient(user_id=person.user_id) for person in people]
    an_anchor(org_id, recipients, at=in_future(days=3))
    a_message(org_id, *recipients)
    with work_for(org_id) as session:
        batch = MessageBatch(
            channel="email", category="operational", template_key="welcome", segment={}, operation_id=new_id()
        )
        session.add(batch)
    _webhooks(org_id, admin)
    for person in people:
        put("/v1/messaging/preferences", {"marketing": False}, as_=person).expect(200)


def _webhooks(org_id: UUID, admin: Person) -> None:
    """An endpoint of the organization's own, and an event that went there."""
    hook = {"url": "https://hooks.example.org/lodestar", "event_types": ["learning.star_awarded"]}
    endpoint_id = post("/v1/messaging/webhook-endpoints", hook, as_=admin).expect(201)["id"]
    with work_for(org_id) as session:
        sent = WebhookDelivery(
            endpoint_id=UUID(endpoint_id),
            event_id=new_id(),
            event_type="learning.star_awarded",
            payload={},
            state="delivered",
        )
        session.add(sent)
