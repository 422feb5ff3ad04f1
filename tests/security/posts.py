"""Every POST as a request that succeeds, and changes something, in an organization that has a row of everything."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from lodestar.adapters.storage import object_store
from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging.models.webhooks import WebhookDelivery
from messaging.service.unsubscribing import unsubscribe_token
from tests.assessment.scenes import ATTEMPTS, Scene, a_scene, an_initial
from tests.factories.assessment import an_attempt
from tests.factories.identity import a_person, an_organization
from tests.factories.media import an_asset
from tests.gateway import Person, patch, post
from tests.media import flows
from tests.security.operations import Operation, filled, operations
from tests.security.twins import Request
from tests.security.world import World

MEGABYTE = 1_000_000
LEARNERS = frozenset(
    {
        f"{ATTEMPTS}/{{attempt_id}}/starts",
        f"{ATTEMPTS}/{{attempt_id}}/submissions",
        "/v1/learning/promotions/{enrollment_id}/declines",
    }
)
PUBLISH = "/v1/learning/programs/{program_id}/versions"
REPEATABLE = {
    "POST /v1/identity/public/invitations/{token}": "the same password may be set twice; the second click is refused",
    "POST /v1/identity/public/registrations": "asking again sends another code; five times in a quarter of an hour",
    "POST /v1/identity/public/email-verifications": "the user pool takes a code once",
    "POST /v1/media/assets/{asset_id}/playback-urls": "two clicks are two clicks, and logged as such (SB-06)",
    "POST /v1/media/uploads whole": "a form is no file: what nobody sends expires",
    "POST /v1/media/uploads in parts": "an open upload is no file: what nobody sends expires",
}
"""What two clicks without an Idempotency-Key may do twice, and why nobody is harmed."""
Prepare = Callable[[World], Request]


def posts() -> list[Operation]:
    """All of them; publishing first, because it needs a draft that nobody has added to."""
    found = [operation for operation in operations() if operation.method == "post"]
    return sorted(found, key=lambda operation: operation.path != PUBLISH)


def requests(world: World) -> Iterator[tuple[str, Callable[[], Request]]]:
    """By name, what makes each request once its turn has come."""
    for operation in posts():
        for name, prepare in PREPARED.get(operation.path, {"": partial(_usual, operation)}).items():
            yield f"{operation} {name}".strip(), partial(prepare, world)


def _usual(operation: Operation, world: World) -> Request:
    person = world.learner if operation.path in LEARNERS else world.admin
    choose = partial(world.own, resource=operation.resource, person=person)
    body = filled(operation.body(), choose)
    return Request("POST", operation.url(choose), None if operation.is_public else person, body)


def _with_a_key(path: str, **fields: Any) -> Prepare:
    """Content, which has a natural key: another one than the world's."""

    def prepare(world: World) -> Request:
        (operation,) = (found for found in posts() if found.path == path)
        usual = _usual(operation, world)
        given = {name: of(world) if callable(of) else of for name, of in fields.items()}
        return Request("POST", path, world.admin, {**usual.body, "key": f"key-{uuid4().hex}", **given})

    return prepare


def _asset(world: World, purpose: str) -> str:
    return str(an_asset(world.org_id, world.admin.user_id, purpose=purpose))


def _resource(world: World) -> Request:
    lesson_id = world.own("lesson_id", resource="lessons", person=world.admin)
    body = {"lesson_id": str(lesson_id), "title": "Sheet", "asset_id": _asset(world, "resource")}
    return Request("POST", "/v1/learning/resources", world.admin, body)


def _course(world: World) -> str:
    """The course of the program's draft."""
    drafts = {row["id"] for row in world.rows["learning.program_versions"] if not row["published_at"]}
    modules = world.rows["learning.modules"]
    return next(str(m["id"]) for m in modules if m["kind"] == "course" and m["version_id"] in drafts)


def _publish(world: World) -> Request:
    patch(f"/v1/learning/modules/{_course(world)}", {"title": "Another"}, as_=world.admin).expect(200)
    url = PUBLISH.format(program_id=world.own("program_id", resource="programs", person=world.admin))
    return Request("POST", url, world.admin)


def _attempt(scene: Scene, kind: ModuleKind, state: str, **fields: Any) -> UUID:
    return an_attempt(
        org_id=scene.org_id,
        learner_id=scene.learner.user_id,
        enrollment_id=scene.enrollment_id,
        module_id=scene.module(kind),
        kind=kind.value,
        state=state,
        **fields,
    )


def _opening(_world: World) -> Request:
    scene = a_scene()
    return Request("POST", ATTEMPTS, scene.learner, scene.body(an_initial(scene)))


def _regeneration(_world: World) -> Request:
    scene = a_scene(stars=4)
    attempt_id = _attempt(scene, ModuleKind.PROJECT, "draft", content={"title": "A price that fell"})
    return Request("POST", f"{ATTEMPTS}/{attempt_id}/regenerations", scene.learner)


def _interview(_world: World) -> Request:
    scene = a_scene(stars=4)
    flows.consent(scene.learner)
    questions = {"questions": [{"id": "q1", "text": "Tell of a conflict.", "type": "behavioural"}]}
    attempt_id = _attempt(scene, ModuleKind.INTERVIEW, "draft", content=questions, time_limit_seconds=300)
    return Request("POST", f"{ATTEMPTS}/{attempt_id}/starts", scene.learner, {"accept_review": True})


def _appeal(_world: World) -> Request:
    scene = a_scene(stars=4)
    attempt_id = _attempt(scene, ModuleKind.INTERVIEW, "graded", score=40, passed=False)
    reason = "The quote under the first criterion is from another paragraph."
    body = {"attempt_id": str(attempt_id), "reason": reason}
    return Request("POST", "/v1/assessment/appeals", scene.learner, body)


def _rating(_world: World) -> Request:
    scene = a_scene(stars=4)
    attempt_id = _attempt(scene, ModuleKind.PROJECT, "graded", score=80, passed=True)
    return Request("POST", f"{ATTEMPTS}/{attempt_id}/ratings", scene.learner, {"rating": 4})


def _assessment_preview(world: World) -> Request:
    rows = world.rows["assessment.assessments"]
    initial = next(row["id"] for row in rows if row["kind"] == "initial")
    return Request("POST", f"/v1/assessment/assessments/{initial}/previews", world.admin, {"tier": "bronze"})


def _prompt_preview(world: World) -> Request:
    quiz = next(row["id"] for row in world.rows["assessment.assessments"] if row["kind"] == "quiz")
    template_id = world.rows["assessment.prompt_templates"][0]["id"]
    lesson_id = world.own("lesson_id", resource="lessons", person=world.admin)
    body = {"assessment_id": quiz, "lesson_ids": [str(lesson_id)]}
    return Request("POST", f"/v1/assessment/prompt-templates/{template_id}/previews", world.admin, body)


def _newcomer() -> Person:
    """Somebody with a proven address, who belongs nowhere."""
    email = f"{uuid4()}@example.org"
    person = a_person(an_organization(), email=email)
    with work_for(person.org_id) as session:
        linking = {"email": email, "subject": str(uuid4())}
        session.execute(text("SELECT identity.link_subject(:subject, :email)"), linking)
        session.execute(text("UPDATE identity.memberships SET ended_at = now()"))
    return Person(person.user_id, {})


def _founding(_world: World) -> Request:
    body = {"name": "Hillside College", "kind": "institution", "slug": f"hillside-{uuid4().hex}"}
    return Request("POST", "/v1/identity/organizations", _newcomer(), body)


def _verification(world: World) -> Request:
    founded = _founding(world).send().expect(201)
    root = Person(new_id(), {new_id(): frozenset({Role.PLATFORM_ADMIN})})
    url = f"/v1/identity/organizations/{founded['id']}/verification-decisions"
    return Request("POST", url, root, {"decision": "verified", "reason": "Registered."})


def _registration(_world: World) -> Request:
    body = {
        "email": f"{uuid4()}@example.org",
        "password": "Correct-Horse-7",
        "display_name": "Ada Lovelace",
        "time_zone": "Europe/Berlin",
    }
    return Request("POST", "/v1/identity/public/registrations", None, body)


def _email_verification(world: World) -> Request:
    registered = _registration(world)
    registered.send().expect(202)
    body = {"email": registered.body["email"], "code": "123456"}
    return Request("POST", "/v1/identity/public/email-verifications", None, body)


def _acceptance(world: World) -> Request:
    invited = {"email": f"{uuid4()}@example.org", "role": "learner"}
    token = post("/v1/identity/invitations", invited, as_=world.admin).expect(201)["token"]
    body = {"display_name": "Ada Lovelace", "password": "Correct-Horse-7", "time_zone": "Europe/Berlin"}
    return Request("POST", f"/v1/identity/public/invitations/{token}", None, body)


def _policy_preview(world: World) -> Request:
    body = {"at": "2030-03-29T09:00:00Z"}
    return Request("POST", "/v1/messaging/reminder-policies/class-24-hours/previews", world.admin, body)


def _unsubscribing(world: World) -> Request:
    delivery_id = world.own("delivery_id", resource="deliveries", person=world.learner)
    token = unsubscribe_token(world.org_id, delivery_id)
    return Request("POST", f"/v1/messaging/public/unsubscribes/{token}", None, None)


def _membership(world: World) -> Request:
    body = {"user_id": str(a_person(world.org_id).user_id), "role": "instructor"}
    return Request("POST", "/v1/identity/members", world.admin, body)


def _role_request(world: World) -> Request:
    body = {"role": "instructor", "reason": "I teach."}
    return Request("POST", "/v1/identity/role-requests", a_person(world.org_id), body)


def _erasure(world: World) -> Request:
    asked = post("/v1/identity/privacy-requests", {"kind": "erase"}, as_=a_person(world.org_id)).expect(202)
    body = {"decision": "approved", "reason": "Identity confirmed."}
    return Request("POST", f"/v1/identity/privacy-requests/{asked['id']}/decisions", world.admin, body)


def _enrolling(world: World) -> Request:
    program_id = world.own("program_id", resource="programs", person=world.admin)
    body = {"program_id": str(program_id), "learner_id": str(a_person(world.org_id).user_id)}
    return Request("POST", "/v1/learning/enrollments", world.admin, body)


def _override_preview(world: World) -> Request:
    """To a star that neither the world nor an override before gives."""
    enrollment_id = world.own("enrollment_id", resource="overrides", person=world.admin)
    body = {"enrollment_id": str(enrollment_id), "star": 3}
    return Request("POST", "/v1/learning/overrides/previews", world.admin, body)


def _cohort(world: World) -> Request:
    program_id = world.own("program_id", resource="programs", person=world.admin)
    body = {"program_id": str(program_id), "title": f"Intake {uuid4().hex}"}
    dates = {"starts_on": "2026-09-01", "ends_on": "2026-12-18"}
    return Request("POST", "/v1/learning/cohorts", world.admin, {**body, **dates})


def _an_upload(world: World, *, size_bytes: int) -> Request:
    body = {
        "purpose": "lesson_video",
        "size_bytes": size_bytes,
        "content_type": "video/webm",
        "filename": f"{uuid4()}.webm",
    }
    return Request("POST", "/v1/media/uploads", world.admin, body)


def _whole(world: World) -> Request:
    return _an_upload(world, size_bytes=MEGABYTE)


def _in_parts(world: World) -> Request:
    return _an_upload(world, size_bytes=300 * MEGABYTE)


def _parts(world: World) -> Request:
    upload = _in_parts(world).send().expect(201)
    return Request("POST", f"/v1/media/uploads/{upload['id']}/parts", world.admin, {"numbers": [1, 2]})


def _completion(world: World) -> Request:
    upload = _whole(world).send().expect(201)
    key = flows.key_of(world.org_id, upload["asset_id"])
    object_store().upload(key, b"x" * 100, content_type="video/webm")
    return Request("POST", f"/v1/media/uploads/{upload['id']}/completions", world.admin)


def _again(noun: str) -> Prepare:
    """A file that is there, to be worked on once more."""

    def prepare(world: World) -> Request:
        asset_id = an_asset(world.org_id, world.admin.user_id, etag="abc")
        return Request("POST", f"/v1/media/assets/{asset_id}/{noun}", world.admin)

    return prepare


def _report(world: World) -> Request:
    body = {
        "title": f"Report {uuid4()}",
        "metrics": ["completion-rates"],
        "recipients": [str(world.admin.user_id)],
    }
    return Request("POST", "/v1/insights/report-schedules", world.admin, body)


def _report_now(world: World) -> Request:
    """Of a schedule that has no run yet."""
    made = _report(world).send().expect(201)
    return Request("POST", f"/v1/insights/report-schedules/{made['id']}/runs", world.admin)


def _redelivery(world: World) -> Request:
    """Of what another endpoint did not take."""
    endpoint_id = _endpoint(world).send().expect(201)["id"]
    with work_for(world.org_id) as session:
        missed = {"event_type": "learning.star_awarded", "payload": {}, "state": "failed"}
        session.add(WebhookDelivery(endpoint_id=UUID(endpoint_id), event_id=new_id(), **missed))
    url = f"/v1/messaging/webhook-endpoints/{endpoint_id}/redeliveries"
    return Request("POST", url, world.admin, {"failed_since": "2026-11-20T00:00:00Z"})


def _endpoint(world: World) -> Request:
    body = {"url": f"https://hooks.example.org/{uuid4()}", "event_types": ["learning.star_awarded"]}
    return Request("POST", "/v1/messaging/webhook-endpoints", world.admin, body)


PREPARED: dict[str, dict[str, Prepare]] = {
    PUBLISH: {"": _publish},
    "/v1/assessment/appeals": {"": _appeal},
    "/v1/assessment/assessments/{assessment_id}/previews": {"": _assessment_preview},
    "/v1/assessment/prompt-templates/{template_id}/previews": {"": _prompt_preview},
    ATTEMPTS: {"": _opening},
    f"{ATTEMPTS}/{{attempt_id}}/regenerations": {"": _regeneration},
    f"{ATTEMPTS}/{{attempt_id}}/ratings": {"": _rating},
    f"{ATTEMPTS}/{{attempt_id}}/starts": {"of an interview": _interview},
    "/v1/identity/organizations": {"": _founding},
    "/v1/identity/organizations/{org_id}/verification-decisions": {"": _verification},
    "/v1/identity/public/registrations": {"": _registration},
    "/v1/identity/public/email-verifications": {"": _email_verification},
    "/v1/identity/public/invitations/{token}": {"": _acceptance},
    "/v1/identity/members": {"": _membership},
    "/v1/identity/role-requests": {"": _role_request},
    "/v1/identity/privacy-requests/{request_id}/decisions": {"": _erasure},
    "/v1/learning/cohorts": {"": _cohort},
    "/v1/insights/report-schedules": {"": _report},
    "/v1/insights/report-schedules/{schedule_id}/runs": {"": _report_now},
    "/v1/learning/enrollments": {"": _enrolling},
    "/v1/learning/overrides/previews": {"": _override_preview},
    "/v1/learning/programs": {"": _with_a_key("/v1/learning/programs")},
    "/v1/learning/lessons": {
        "": _with_a_key(
            "/v1/learning/lessons",
            module_id=_course,
            asset_id=lambda world: _asset(world, "lesson_video"),
        )
    },
    "/v1/learning/masterclasses": {
        "": _with_a_key(
            "/v1/learning/masterclasses", asset_id=lambda world: _asset(world, "masterclass_video")
        )
    },
    "/v1/learning/resources": {"": _resource},
    **{f"/v1/messaging/webhooks/{vendor}": {} for vendor in ("sendgrid", "aisensy", "bolna")},
    "/v1/messaging/webhook-endpoints": {"": _endpoint},
    "/v1/messaging/webhook-endpoints/{endpoint_id}/redeliveries": {"": _redelivery},
    "/v1/messaging/reminder-policies/{key}/previews": {"": _policy_preview},
    "/v1/messaging/public/unsubscribes/{token}": {"": _unsubscribing},
    "/v1/media/uploads": {"whole": _whole, "in parts": _in_parts},
    "/v1/media/uploads/{upload_id}/parts": {"": _parts},
    "/v1/media/uploads/{upload_id}/completions": {"": _completion},
    "/v1/media/assets/{asset_id}/processings": {"": _again("processings")},
    "/v1/media/assets/{asset_id}/transcriptions": {"": _again("transcriptions")},
}
"""Operations whose example body does not suffice, by what they are about. Vendors name no key: R1 repeats their calls."""
