"""Handing in work that is graded in the background: texts, repositories, recordings; and appeals."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from assessment.schemas.attempts import LONGEST_TEXT
from lodestar.contracts.learning import ModuleKind
from lodestar.db import work_for
from lodestar.ids import new_id
from tests.assessment.scenes import (
    ATTEMPTS,
    Scene,
    a_quiz,
    a_scene,
    an_initial,
    generate,
    move_clock,
    submitted,
)
from tests.factories.assessment import an_assessment, an_attempt
from tests.factories.identity import a_person
from tests.factories.media import an_asset
from tests.gateway import get, patch, post
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
APPEALS = "/v1/assessment/appeals"


def a_started_project(
    submission_kind: str = "text", *, project: UUID | None = None, scene: Scene | None = None
) -> Any:
    """A scene and a project in progress."""
    scene = scene or a_scene(stars=3, submission_kind=submission_kind)
    module = scene.module(ModuleKind.PROJECT)
    project = project or an_assessment(scene.org_id, "project", module_id=module)
    attempt = scene.open(project)
    generate(scene, attempt["id"])
    return scene, scene.started(attempt["id"])


def an_interview_draft(*, consents: bool = True) -> Any:
    """A scene and an interview that may start."""
    scene = a_scene(stars=4)
    interview = an_assessment(scene.org_id, "interview", module_id=scene.module(ModuleKind.INTERVIEW))
    attempt = scene.open(interview)
    generate(scene, attempt["id"])
    if consents:
        consent(scene)
    return scene, scene.read(attempt["id"])


def consent(scene: Scene) -> None:
    """The learner consents to being recorded."""
    body = {"purpose": "recording", "notice_version": "1"}
    post("/v1/identity/consents", body, as_=scene.learner).expect(201)


def test_a_text_is_autosaved_and_handed_in_for_grading() -> None:
    scene, attempt = a_started_project()
    patch(f"{ATTEMPTS}/{attempt['id']}", {"text": "First thoughts."}, as_=scene.learner).expect(200)
    words = "  The problem is the price,\nbecause demand fell.  "
    patch(f"{ATTEMPTS}/{attempt['id']}", {"text": words}, as_=scene.learner).expect(200)
    done = submitted(scene, attempt["id"], {"kind": "text"})
    assert (done["state"], done["submission"]) == ("submitted", {"kind": "text", "text": words})
    assert scene.events("assessment.attempt_submitted") == [
        {"attempt_id": attempt["id"], "kind": "project", "submission_kind": "text"}
    ]
    again = submitted(scene, attempt["id"], {"kind": "text", "text": "Better."}, status=409)
    assert again["code"] == "already_submitted"


def test_an_empty_text_and_one_of_a_megabyte_are_refused_and_the_draft_stays() -> None:
    scene, attempt = a_started_project()
    empty = submitted(scene, attempt["id"], {"kind": "text", "text": " \n "}, status=422)
    assert empty["code"] == "empty_submission"
    huge = submitted(scene, attempt["id"], {"kind": "text", "text": "a" * 1_000_000}, status=422)
    assert huge["errors"][0]["code"] == "string_too_long"
    saved = patch(f"{ATTEMPTS}/{attempt['id']}", {"text": "a" * (LONGEST_TEXT + 1)}, as_=scene.learner)
    assert saved.status == 422
    assert scene.read(attempt["id"])["state"] == "in_progress"
    assert scene.events("assessment.attempt_submitted") == []


def test_a_repository_is_handed_in_by_its_plain_address() -> None:
    scene, attempt = a_started_project("repository")
    assert attempt["submission_kind"] == "repository"
    done = submitted(
        scene, attempt["id"], {"kind": "repository", "url": "https://github.com/Ada/engine.git/"}
    )
    assert done["submission"] == {
        "kind": "repository",
        "url": "https://github.com/Ada/engine",
        "owner": "Ada",
        "name": "engine",
    }
    assert scene.events("assessment.attempt_submitted")[0]["submission_kind"] == "repository"


@pytest.mark.parametrize(
    "url",
    [
        "https://gitlab.com/ada/engine",
        "http://github.com/ada/engine",
        "https://github.com/ada",
        "https://github.com/ada/engine/tree/main",
        "https://github.com@169.254.169.254/ada/engine",
        "file:///etc/passwd",
        "not an address",
    ],
)
def test_what_is_no_github_repository_is_refused_with_a_reason(url: str) -> None:
    scene, attempt = a_started_project("repository")
    refused = submitted(scene, attempt["id"], {"kind": "repository", "url": url}, status=422)
    assert refused["code"] == "not_a_repository"
    assert refused["detail"] != refused["title"]
    assert scene.read(attempt["id"])["submission"] is None


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ("text", {"kind": "repository", "url": "https://github.com/ada/engine"}),
        ("repository", {"kind": "text", "text": "Here is my code."}),
        ("text", {"kind": "answers", "answers": {}}),
        ("text", {"kind": "video", "asset_id": str(new_id())}),
    ],
)
def test_each_background_hands_in_its_own_kind(asked: str, body: dict[str, Any]) -> None:
    scene, attempt = a_started_project(asked)
    refused = submitted(scene, attempt["id"], body, status=422)
    assert (refused["code"], refused["expected"]) == ("wrong_submission_kind", asked)


def test_autosave_of_another_kind_is_refused() -> None:
    scene, attempt = a_started_project("repository")
    refused = patch(f"{ATTEMPTS}/{attempt['id']}", {"text": "words"}, as_=scene.learner)
    assert (refused.status, refused.json["code"]) == (422, "wrong_submission_kind")
    patch(
        f"{ATTEMPTS}/{attempt['id']}", {"repository_url": "https://github.com/a/b"}, as_=scene.learner
    ).expect(200)


def test_after_three_failed_projects_a_person_looks_before_another_begins() -> None:
    scene = a_scene(stars=3)
    module = scene.module(ModuleKind.PROJECT)
    project = an_assessment(scene.org_id, "project", module_id=module)

    def a_failed_one(state: str) -> None:
        an_attempt(
            org_id=scene.org_id,
            learner_id=scene.learner.user_id,
            enrollment_id=scene.enrollment_id,
            module_id=module,
            kind="project",
            state=state,
            assessment_id=project,
            score=40,
            passed=False,
        )

    for _ in range(3):
        a_failed_one("graded")
    refused = scene.open(project, status=409)
    assert (refused["code"], refused["available_at"]) == ("attempt_not_allowed", None)
    a_failed_one("decided")
    assert scene.open(project)["number"] == 5


def test_a_passed_project_is_done() -> None:
    scene = a_scene(stars=3)
    module = scene.module(ModuleKind.PROJECT)
    project = an_assessment(scene.org_id, "project", module_id=module)
    an_attempt(
        org_id=scene.org_id,
        learner_id=scene.learner.user_id,
        enrollment_id=scene.enrollment_id,
        module_id=module,
        kind="project",
        state="graded",
        assessment_id=project,
    )
    assert "already passed" in scene.open(project, status=409)["detail"]


def test_an_interview_needs_consent_first(simulators: Simulators) -> None:
    scene, attempt = an_interview_draft(consents=False)
    refused = post(f"{ATTEMPTS}/{attempt['id']}/starts", as_=scene.learner)
    assert (refused.status, refused.json["code"]) == (409, "consent_required")
    assert refused.json["purpose"] == "recording"
    consent(scene)
    assert scene.started(attempt["id"])["state"] == "in_progress"


def test_when_no_model_answers_an_interview_waits_or_goes_on_with_a_persons_review(
    simulators: Simulators,
) -> None:
    scene, attempt = an_interview_draft()
    simulators.order("gemini", down=True)
    simulators.order("openai", down=True)
    url = f"{ATTEMPTS}/{attempt['id']}/starts"
    refused = post(url, as_=scene.learner, headers={"Idempotency-Key": "start"})
    assert (refused.status, refused.json["code"]) == (503, "ai_unavailable")
    assert refused.json["choice"] == {"accept_review": True}
    assert scene.read(attempt["id"])["state"] == "draft"
    started = post(url, {"accept_review": True}, as_=scene.learner).expect(201)
    assert started["state"] == "in_progress"
    with work_for(scene.org_id) as session:
        query = text("SELECT review_accepted FROM assessment.attempts WHERE id = :id")
        assert session.execute(query, {"id": attempt["id"]}).scalar_one() is True


def test_a_recording_is_handed_in_once_it_has_arrived(simulators: Simulators) -> None:
    scene, attempt = an_interview_draft()
    scene.started(attempt["id"])
    learner = scene.learner.user_id

    def recording(**fields: Any) -> dict[str, Any]:
        asset = an_asset(scene.org_id, learner, **({"purpose": "interview_video"} | fields))
        return {"kind": "video", "asset_id": str(asset)}

    uploading = submitted(scene, attempt["id"], recording(state="uploading", ready_at=None), status=409)
    assert uploading["code"] == "recording_not_uploaded"
    rejected = recording(state="rejected", problem_code="not_a_video", problem_detail="This is a web page.")
    refused = submitted(scene, attempt["id"], rejected, status=422)
    assert (refused["code"], refused["reason"], refused["detail"]) == (
        "recording_unusable",
        "not_a_video",
        "This is a web page.",
    )
    long = submitted(scene, attempt["id"], recording(duration_ms=360_000), status=422)
    assert long["reason"] == "video_too_long"
    lesson = submitted(scene, attempt["id"], recording(purpose="lesson_video"), status=422)
    absent = submitted(scene, attempt["id"], {"kind": "video", "asset_id": str(new_id())}, status=422)
    peer = an_asset(scene.org_id, a_person(scene.org_id).user_id, purpose="interview_video")
    peers = submitted(scene, attempt["id"], {"kind": "video", "asset_id": str(peer)}, status=422)
    assert lesson["detail"] == absent["detail"] == peers["detail"]
    body = recording(duration_ms=309_000)
    done = submitted(scene, attempt["id"], body)
    assert (done["state"], done["submission"]) == ("submitted", body)


def test_three_interviews_in_seven_days() -> None:
    scene = a_scene(stars=4)
    module = scene.module(ModuleKind.INTERVIEW)
    interview = an_assessment(scene.org_id, "interview", module_id=module)
    ids = [
        an_attempt(
            org_id=scene.org_id,
            learner_id=scene.learner.user_id,
            enrollment_id=scene.enrollment_id,
            module_id=module,
            kind="interview",
            state="graded",
            assessment_id=interview,
            score=30,
            passed=False,
        )
        for _ in range(3)
    ]
    with work_for(scene.org_id) as session:
        session.execute(text("UPDATE assessment.attempts SET submitted_at = now()"))
    refused = scene.open(interview, status=409)
    assert refused["available_at"] is not None
    move_clock(scene, str(ids[0]), "submitted_at", "7 days 1 minute")
    scene.open(interview)


def test_a_learner_appeals_once_and_staff_hear_of_it() -> None:
    scene = a_scene(stars=3)
    attempt_id = an_attempt(
        org_id=scene.org_id,
        learner_id=scene.learner.user_id,
        enrollment_id=scene.enrollment_id,
        module_id=scene.module(ModuleKind.PROJECT),
        kind="project",
        state="graded",
        score=60,
        passed=False,
    )
    body = {"attempt_id": str(attempt_id), "reason": "The quote is from another paragraph."}
    made = post(APPEALS, body, as_=scene.learner).expect(201)
    assert post(APPEALS, body, as_=scene.learner).expect(200)["id"] == made["id"]
    (event,) = scene.events("assessment.review_needed")
    assert (event["attempt_id"], event["reason"]) == (str(attempt_id), "appeal")
    assert [r["id"] for r in get(f"{APPEALS}?state=open", as_=scene.staff).expect(200)["data"]] == [
        made["id"]
    ]
    assert get(APPEALS, as_=a_person(scene.org_id)).expect(200)["data"] == []
    assert post(APPEALS, body, as_=a_person(scene.org_id)).status == 404
    assert post(APPEALS, body, as_=a_scene().learner).status == 404


def test_what_no_model_decided_and_what_has_no_outcome_cannot_be_appealed() -> None:
    scene = a_scene(stars=1)
    initial = scene.started(scene.open(an_initial(scene))["id"])
    body = {"attempt_id": initial["id"], "reason": "I want to try again."}
    assert post(APPEALS, body, as_=scene.learner).json["code"] == "not_appealable"
    submitted(scene, initial["id"], {"kind": "answers", "answers": {}})
    assert post(APPEALS, body, as_=scene.learner).json["code"] == "not_appealable"
    quiz = scene.open(a_quiz(scene), scene.lesson_id)
    pending = body | {"attempt_id": quiz["id"]}
    assert post(APPEALS, pending, as_=scene.learner).status == 409
