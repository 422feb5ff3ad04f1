"""What the state machines are walked through: for each machine the worlds that lead through every step it has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import text

from lodestar.adapters.storage import object_store
from lodestar.contracts.assessment import AssessmentKind, AttemptSubmitted
from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from lodestar.events import emit
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.assessment.grading.submissions import HONEST
from tests.assessment.grading.test_repositories import FILES, RUBRIC
from tests.assessment.grading.walking import HandedIn, a_text, handed_in
from tests.assessment.scenes import Scene, a_quiz, a_scene, transcribed
from tests.bus import emitted
from tests.factories.assessment import an_assessment
from tests.factories.identity import a_person, an_organization
from tests.factories.media import a_transcript, an_asset
from tests.gateway import Person, put
from tests.media import flows
from tests.media.files import PAGE, short_clip
from tests.privacy import STARTS, approved, asked
from tests.simulators.running import Simulators

ASKING = {
    "assessment.content_requested",
    "assessment.attempt_submitted",
    "media.upload_received",
    "media.processing_requested",
    "identity.export_requested",
    "identity.erasure_requested",
}
"""The events that start machines; reconcile repeats them, so that how many there are says nothing."""


@dataclass(frozen=True)
class Subject:
    """What a machine works on: how it stands, what says that it is unfinished, and how to let time pass for it."""

    standing: str
    unfinished: str
    age: tuple[str, ...]


ATTEMPT = Subject(
    standing="""
        SELECT state, score, passed, source, model, review_reason, failure_code, jsonb_array_length(
          coalesce(content->'questions', '[]')) AS questions
        FROM assessment.attempts WHERE id = :id""",
    unfinished="SELECT state IN ('preparing', 'submitted', 'grading') FROM assessment.attempts WHERE id = :id",
    age=(
        "UPDATE assessment.attempts SET claimed_at = claimed_at - interval '1 hour',"
        " updated_at = updated_at - interval '1 hour' WHERE id = :id",
    ),
)
ASSET = Subject(
    standing="""
        SELECT a.state, a.problem_code, a.duration_ms, t.state AS transcript, t.text, t.problem_detail
        FROM media.media_assets AS a LEFT JOIN media.transcripts AS t ON t.asset_id = a.id WHERE a.id = :id""",
    unfinished="""
        SELECT a.state = 'processing' OR coalesce(t.state = 'pending', false)
        FROM media.media_assets AS a LEFT JOIN media.transcripts AS t ON t.asset_id = a.id WHERE a.id = :id""",
    age=(
        "UPDATE media.media_assets SET claimed_at = claimed_at - interval '1 hour',"
        " updated_at = updated_at - interval '1 hour' WHERE id = :id",
        "UPDATE media.transcripts SET updated_at = updated_at - interval '1 hour' WHERE asset_id = :id",
    ),
)
REQUEST = Subject(
    standing="""
        SELECT r.state, r.kind, r.certificate IS NOT NULL AS certified, r.export_key IS NOT NULL AS exported,
          r.problem_detail, o.status AS operation
        FROM identity.privacy_requests AS r LEFT JOIN backbone.operations AS o ON o.id = r.operation_id
        WHERE r.id = :id""",
    unfinished="SELECT state IN ('approved', 'running') FROM identity.privacy_requests WHERE id = :id",
    age=(
        "UPDATE identity.privacy_requests SET claimed_at = claimed_at - interval '1 hour',"
        " updated_at = updated_at - interval '1 hour' WHERE id = :id",
    ),
)


@dataclass(frozen=True)
class Case:
    """One organization in which one thing waits for its machine, and the event that starts it."""

    org_id: UUID
    subject: Subject
    subject_id: UUID
    event: Mapping[str, Any]

    def standing(self) -> dict[str, Any]:
        with work_for(self.org_id) as session:
            return dict(
                session.execute(text(self.subject.standing), {"id": self.subject_id}).mappings().one()
            )

    def is_unfinished(self) -> bool:
        with work_for(self.org_id) as session:
            return bool(session.scalar(text(self.subject.unfinished), {"id": self.subject_id}))

    def let_pass(self) -> None:
        """As if an hour had passed since anybody last worked on it."""
        with work_for(self.org_id) as session:
            for statement in self.subject.age:
                session.execute(text(statement), {"id": self.subject_id})


Begin = Callable[[Simulators], Case]


@dataclass(frozen=True)
class Story:
    """One way through a machine. `broken` names a step that fails for good each time, as a bug would; `down` vendors."""

    machine: str
    name: str
    begin: Begin = field(compare=False)
    broken: str | None = None
    down: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.machine}: {self.name}"

    def begun(self, simulators: Simulators) -> Case:
        """A world of this story."""
        case = self.begin(simulators)
        self.set_vendors(simulators)
        return case

    def set_vendors(self, simulators: Simulators) -> None:
        """All vendors well and asked nothing yet, but those that are down here."""
        simulators.reset()
        for vendor in self.down:
            simulators.order(vendor, down=True)


def _requested(scene: Scene, assessment_id: UUID, lesson_id: UUID | None = None) -> Case:
    attempt = scene.open(assessment_id, lesson_id)
    [event] = emitted(scene.org_id, "assessment.content_requested")
    return Case(scene.org_id, ATTEMPT, UUID(attempt["id"]), event)


def a_requested_quiz(_simulators: Simulators) -> Case:
    scene = a_scene(stars=1)
    transcribed(scene)
    return _requested(scene, a_quiz(scene), scene.lesson_id)


def a_requested_project(_simulators: Simulators) -> Case:
    scene = a_scene(stars=3)
    module = scene.module(ModuleKind.PROJECT)
    return _requested(scene, an_assessment(scene.program.owner_id, "project", module_id=module))


def a_requested_interview(_simulators: Simulators) -> Case:
    scene = a_scene(stars=4)
    module = scene.module(ModuleKind.INTERVIEW)
    usual = {"module_id": module, "question_count": 5, "time_limit_seconds": 300}
    return _requested(scene, an_assessment(scene.program.owner_id, "interview", **usual))


def a_quiz_about_nothing(_simulators: Simulators) -> Case:
    scene = a_scene(stars=1)
    return _requested(scene, a_quiz(scene, generic=0), scene.lesson_id)


def _submitted(case: HandedIn) -> Case:
    """Told of as the product does, so that reconcile tells of it again."""
    attempt = case.attempt
    kind = AssessmentKind(attempt.kind)
    told = AttemptSubmitted(attempt_id=attempt.id, kind=kind, submission_kind=attempt.submission_kind)
    with work_for(case.org_id) as session:
        emit(session, told)
    [event] = emitted(case.org_id, told.name)
    return Case(case.org_id, ATTEMPT, attempt.id, event)


def a_submitted_text(_simulators: Simulators) -> Case:
    return _submitted(a_text(HONEST, stars=3))


@cache
def honest_score() -> float:
    """What the simulated model and our code make of the honest text."""
    case = a_text(HONEST)
    case.graded()
    return float(case.grades[0].score)


def a_borderline_text(_simulators: Simulators) -> Case:
    return _submitted(a_text(HONEST, stars=3, passing_score=honest_score() - 1))


def a_submitted_repository(simulators: Simulators) -> Case:
    name = f"work-{new_id().hex[:12]}"
    simulators.push("a-learner", name, FILES)
    return _a_repository(name, rubric=RUBRIC)


def an_absent_repository(_simulators: Simulators) -> Case:
    return _a_repository("absent")


def _a_repository(name: str, **fields: Any) -> Case:
    url = f"https://github.com/a-learner/{name}"
    submission = {"kind": "repository", "url": url, "owner": "a-learner", "name": name}
    return _submitted(handed_in(ModuleKind.PROJECT, submission, stars=3, **fields))


def a_submitted_interview(_simulators: Simulators) -> Case:
    asset_id = new_id()
    questions = {"questions": [{"id": "q1", "text": "Which problem did you solve?", "type": "behavioural"}]}
    submission = {"kind": "video", "asset_id": str(asset_id)}
    case = handed_in(ModuleKind.INTERVIEW, submission, content=questions, time_limit_seconds=300)
    an_asset(case.org_id, case.learner.user_id, purpose="interview_video", id=asset_id)
    a_transcript(case.org_id, asset_id, HONEST, source="model")
    return _submitted(case)


def _received(data: bytes, **fields: Any) -> Case:
    staff = a_person(an_organization(), Role.ORG_STAFF)
    upload = flows.begin(staff, **fields).expect(201)
    flows.arrive(staff, upload, data)
    [event] = emitted(staff.org_id, "media.upload_received")
    return Case(staff.org_id, ASSET, UUID(upload["asset_id"]), event)


def a_received_lesson(_simulators: Simulators) -> Case:
    return _received(short_clip(), purpose="lesson_video")


def a_received_table(_simulators: Simulators) -> Case:
    return _received(b"name,score\n", purpose="resource", content_type="text/csv", filename="scores.csv")


def a_page_named_video(_simulators: Simulators) -> Case:
    return _received(PAGE, purpose="lesson_video")


def _asked_for_by_a_learner(kind: str) -> tuple[Person, str]:
    """A learner with work, files and a place in a program, and their request."""
    case = a_text(HONEST, stars=3)
    asset_id = an_asset(case.org_id, case.learner.user_id, purpose="interview_video")
    object_store().upload(flows.key_of(case.org_id, asset_id), b"a recording", content_type="video/webm")
    return case.learner, asked(case.learner, kind)


def _requested_by(learner: Person, request_id: str) -> Case:
    *_, event = [event for event in emitted(learner.org_id) if event["name"] in STARTS]
    return Case(learner.org_id, REQUEST, UUID(request_id), event)


def a_requested_export(_simulators: Simulators) -> Case:
    return _requested_by(*_asked_for_by_a_learner("export"))


def an_approved_erasure(_simulators: Simulators) -> Case:
    learner, request_id = _asked_for_by_a_learner("erase")
    approved(request_id, a_person(learner.org_id, Role.ORG_ADMIN))
    return _requested_by(learner, request_id)


def an_erasure_under_a_hold(simulators: Simulators) -> Case:
    case = an_approved_erasure(simulators)
    admin = a_person(case.org_id, Role.ORG_ADMIN)
    with work_for(case.org_id) as session:
        query = text("SELECT user_id FROM identity.privacy_requests WHERE id = :id")
        person = session.scalar(query, {"id": case.subject_id})
    hold = {"legal_holds": [{"user_id": str(person), "reason": "File 2026-114."}]}
    put("/v1/identity/retention-policies", hold, as_=admin).expect(200)
    return case


STORIES = (
    Story("fulfil_privacy_request", "an export", a_requested_export),
    Story("fulfil_privacy_request", "an erasure", an_approved_erasure),
    Story("fulfil_privacy_request", "an erasure under a hold", an_erasure_under_a_hold),
    Story(
        "fulfil_privacy_request",
        "an export that cannot be answered",
        a_requested_export,
        broken="AnswerForMedia",
    ),
    Story("generate_content", "a quiz", a_requested_quiz),
    Story("generate_content", "a project", a_requested_project),
    Story("generate_content", "interview questions", a_requested_interview),
    Story("generate_content", "a quiz about nothing", a_quiz_about_nothing),
    Story("grade_attempt", "a text", a_submitted_text),
    Story("grade_attempt", "a borderline text", a_borderline_text),
    Story("grade_attempt", "a repository", a_submitted_repository),
    Story("grade_attempt", "a repository that is not there", an_absent_repository),
    Story("grade_attempt", "an interview", a_submitted_interview),
    Story("grade_attempt", "a text that cannot be settled", a_submitted_text, broken="SettleGrade"),
    Story("process_media", "a lesson", a_received_lesson),
    Story("process_media", "a table", a_received_table),
    Story("process_media", "a page named .webm", a_page_named_video),
    Story("process_media", "a lesson that nobody transcribes", a_received_lesson, down=("openai",)),
    Story("process_media", "a lesson that cannot be probed", a_received_lesson, broken="Probe"),
)
