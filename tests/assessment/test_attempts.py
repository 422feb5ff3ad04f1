"""Opening, starting and handing in what is scored at once: initial assessments, quizzes, promotion exams."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from lodestar import clock
from lodestar.clock import now
from lodestar.contracts.assessment import attempts_of
from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.db import work_for
from lodestar.ids import new_id
from tests.assessment.conftest import Counting
from tests.assessment.scenes import (
    ATTEMPTS,
    a_quiz,
    a_scene,
    an_exam,
    an_initial,
    at_once,
    generate,
    move_clock,
    right_answers,
    submitted,
)
from tests.factories.assessment import an_attempt
from tests.factories.identity import a_person
from tests.gateway import get, patch, post

pytestmark = pytest.mark.usefixtures("product")


def test_an_initial_assessment_is_asked_from_its_bank_and_scored_at_once() -> None:
    scene = a_scene()
    attempt = scene.open(an_initial(scene))
    assert (attempt["state"], attempt["source"], attempt["content"]) == ("draft", "bank", None)
    started = scene.started(attempt["id"])
    assert len(started["content"]["questions"]) == 10
    assert "answer" not in str(started["content"]["questions"][0].keys())
    right = right_answers(scene, attempt["id"])
    wrong = {"q1": (right["q1"] + 1) % 4}
    done = submitted(scene, attempt["id"], {"kind": "answers", "answers": right | wrong})
    assert (done["state"], done["score"], done["passed"]) == ("graded", 90.0, True)
    (event,) = scene.events("assessment.attempt_graded")
    assert (event["kind"], event["score"], event["tier_used"]) == ("initial", 90.0, None)
    assert event["enrollment_id"] == str(scene.enrollment_id)


def test_right_answers_and_explanations_are_told_only_after_the_end() -> None:
    scene = a_scene()
    attempt = scene.open(an_initial(scene))
    started = scene.started(attempt["id"])
    listed = get(f"{ATTEMPTS}?enrollment_id={scene.enrollment_id}", as_=scene.learner)
    for answer in (started, scene.read(attempt["id"]), listed.json):
        assert "explanation" not in str(answer)
        assert "answer_key" not in str(answer)
    early = get(f"{ATTEMPTS}/{attempt['id']}/result", as_=scene.learner)
    assert (early.status, early.json["code"]) == (409, "result_not_ready")
    submitted(scene, attempt["id"], {"kind": "answers", "answers": {"q1": 0}})
    result = get(f"{ATTEMPTS}/{attempt['id']}/result", as_=scene.learner).expect(200)
    assert result["graded_by"] == "rules"
    assert len(result["questions"]) == 10
    assert all(q["explanation"] and 0 <= q["answer"] < 4 for q in result["questions"])
    assert [q["chosen"] for q in result["questions"][1:]] == [None] * 9


def test_the_right_option_of_an_attempt_is_the_one_its_bank_calls_right() -> None:
    scene = a_scene()
    attempt = scene.started(scene.open(an_initial(scene))["id"])
    right = right_answers(scene, attempt["id"])
    for question in attempt["content"]["questions"]:
        assert question["options"][right[question["id"]]].startswith("right answer")


def test_opening_again_answers_the_open_attempt() -> None:
    scene = a_scene()
    assessment = an_initial(scene)
    first = scene.open(assessment)
    again = scene.open(assessment, status=200)
    assert again["id"] == first["id"]


def test_an_initial_assessment_is_taken_once() -> None:
    scene = a_scene()
    assessment = an_initial(scene)
    attempt = scene.started(scene.open(assessment)["id"])
    submitted(scene, attempt["id"], {"kind": "answers", "answers": {}})
    refused = scene.open(assessment, status=409)
    assert refused["code"] == "attempt_not_allowed"


def test_two_tabs_open_one_attempt() -> None:
    scene = a_scene(stars=1)
    quiz = a_quiz(scene)
    body = scene.body(quiz, scene.lesson_id)
    answers = at_once(lambda: post(ATTEMPTS, body, as_=scene.learner))
    assert {answer.status for answer in answers} <= {200, 201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(scene.events("assessment.content_requested")) == 1


def test_a_locked_module_is_refused_with_its_prerequisite_and_nothing_is_stored() -> None:
    scene = a_scene()
    refused = scene.open(a_quiz(scene), scene.lesson_id, status=403)
    assert refused["code"] == "module_locked"
    assert refused["prerequisite"] == {"star": 1, "stars": 0}
    assert "star 1" in refused["reason"]
    assert get(ATTEMPTS, as_=scene.learner).expect(200)["data"] == []


def test_the_data_layer_refuses_an_attempt_at_a_locked_module() -> None:
    scene = a_scene()
    with pytest.raises(Exception, match="LS409"):
        an_attempt(
            org_id=scene.org_id,
            learner_id=scene.learner.user_id,
            enrollment_id=scene.enrollment_id,
            module_id=scene.module(ModuleKind.PROJECT),
            kind="project",
            state="graded",
        )


def test_every_operation_on_an_attempt_is_refused_once_its_module_is_locked_again() -> None:
    scene = a_scene(stars=1)
    attempt = scene.open(a_quiz(scene), scene.lesson_id)
    generate(scene, attempt["id"])
    with work_for(scene.org_id) as session:
        ended = text("UPDATE learning.enrollments SET status = 'withdrawn' WHERE id = :id")
        session.execute(ended, {"id": scene.enrollment_id})
    url = f"{ATTEMPTS}/{attempt['id']}"
    answers = [
        get(url, as_=scene.learner),
        get(f"{url}/result", as_=scene.learner),
        patch(url, {"answers": {}}, as_=scene.learner),
        post(f"{url}/starts", as_=scene.learner),
        post(f"{url}/regenerations", as_=scene.learner),
        post(f"{url}/submissions", {"kind": "answers"}, as_=scene.learner),
    ]
    assert [(a.status, a.json["code"]) for a in answers] == [(403, "module_locked")] * 6


def test_a_peers_attempt_another_tenants_and_an_absent_one_are_alike() -> None:
    scene, other = a_scene(), a_scene()
    attempt = scene.open(an_initial(scene))
    peer = a_person(scene.org_id)
    bodies = []
    for who, id_ in (
        (peer, attempt["id"]),
        (other.learner, attempt["id"]),
        (other.staff, attempt["id"]),
        (peer, new_id()),
    ):
        url = f"{ATTEMPTS}/{id_}"
        for answer in (
            get(url, as_=who),
            get(f"{url}/result", as_=who),
            patch(url, {"answers": {"q1": 1}}, as_=who),
            post(f"{url}/starts", as_=who),
            post(f"{url}/submissions", {"kind": "answers", "answers": {}}, as_=who),
        ):
            assert answer.status == 404
            bodies.append({k: v for k, v in answer.json.items() if k != "correlation_id"})
    assert all(body == bodies[0] for body in bodies)
    stolen = post(ATTEMPTS, scene.body(an_initial(other)), as_=other.learner)
    assert stolen.status == 404
    assert get(f"{ATTEMPTS}/{attempt['id']}", as_=scene.staff).status == 200


def test_content_of_an_assigned_program_serves_the_recipients_learners() -> None:
    owner = a_scene()
    scene = a_scene(owner_id=owner.org_id)
    attempt = scene.started(scene.open(an_initial(scene))["id"])
    assert len(attempt["content"]["questions"]) == 10


def test_autosave_merges_answers_and_of_two_tabs_the_stale_one_hears_so() -> None:
    scene = a_scene()
    attempt = scene.started(scene.open(an_initial(scene))["id"])
    url = f"{ATTEMPTS}/{attempt['id']}"
    version = attempt["version"]
    headers = {"If-Match": f'"{version}"'}
    saved = patch(url, {"answers": {"q1": 1}}, as_=scene.learner, headers=headers)
    assert saved.status == 200
    assert saved.headers["etag"] != f'"{version}"'
    stale = patch(url, {"answers": {"q1": 2}}, as_=scene.learner, headers=headers)
    assert (stale.status, stale.json["code"]) == (412, "stale_version")
    patch(url, {"answers": {"q2": 3}, "position": "q3"}, as_=scene.learner).expect(200)
    draft = patch(url, {"answers": {"q1": None}}, as_=scene.learner).expect(200)["draft"]
    assert draft == {"answers": {"q2": 3}, "position": "q3"}
    unknown = patch(url, {"answers": {"q99": 1}}, as_=scene.learner)
    assert unknown.status == 422


def test_a_submission_without_answers_hands_in_what_was_saved() -> None:
    scene = a_scene()
    attempt = scene.started(scene.open(an_initial(scene))["id"])
    right = right_answers(scene, attempt["id"])
    patch(f"{ATTEMPTS}/{attempt['id']}", {"answers": right}, as_=scene.learner).expect(200)
    assert submitted(scene, attempt["id"], {"kind": "answers"})["score"] == 100.0


def test_a_second_submission_is_refused_and_changes_nothing() -> None:
    scene = a_scene()
    attempt = scene.started(scene.open(an_initial(scene))["id"])
    first = submitted(scene, attempt["id"], {"kind": "answers", "answers": {}})
    again = submitted(
        scene, attempt["id"], {"kind": "answers", "answers": right_answers(scene, attempt["id"])}, status=409
    )
    assert again["code"] == "already_submitted"
    assert scene.read(attempt["id"])["score"] == first["score"]
    assert len(scene.events("assessment.attempt_graded")) == 1


def test_of_two_submissions_at_once_one_counts() -> None:
    scene = a_scene()
    attempt = scene.started(scene.open(an_initial(scene))["id"])
    url = f"{ATTEMPTS}/{attempt['id']}/submissions"
    body = {"kind": "answers", "answers": {}}
    answers = at_once(lambda: post(url, body, as_=scene.learner))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]


def test_a_submission_before_the_start_and_one_of_another_kind_are_refused() -> None:
    scene = a_scene()
    attempt = scene.open(an_initial(scene))
    early = submitted(scene, attempt["id"], {"kind": "answers", "answers": {}}, status=409)
    assert early["code"] == "attempt_state"
    scene.started(attempt["id"])
    wrong = submitted(scene, attempt["id"], {"kind": "text", "text": "My answer"}, status=422)
    assert (wrong["code"], wrong["expected"]) == ("wrong_submission_kind", "answers")
    submitted(scene, attempt["id"], {"kind": "answers", "answers": {"q99": 0}}, status=422)
    submitted(scene, attempt["id"], {"kind": "answers", "answers": {"q1": 7}}, status=422)
    assert scene.read(attempt["id"])["state"] == "in_progress"


def test_starting_twice_is_starting_once() -> None:
    scene = a_scene()
    attempt = scene.open(an_initial(scene))
    first, second = scene.started(attempt["id"]), scene.started(attempt["id"])
    assert first["started_at"] == second["started_at"]
    assert first["content"] == second["content"]


def test_what_has_started_cannot_be_changed_in_the_data_layer() -> None:
    scene = a_scene()
    attempt = scene.started(scene.open(an_initial(scene))["id"])
    for change in ("content = '{}'", "answer_key = '{}'", "deadline_at = now()", "tier_used = 'gold'"):
        with pytest.raises(Exception, match="frozen"), work_for(scene.org_id) as session:
            session.execute(
                text(f"UPDATE assessment.attempts SET {change} WHERE id = :id"), {"id": attempt["id"]}
            )


def test_a_promotion_exam_is_timed_by_the_server_and_raises_an_event_with_its_jump() -> None:
    scene = a_scene(stars=2, tier=Tier.BRONZE)
    attempt = scene.open(an_exam(scene))
    assert (attempt["tier_used"], attempt["target_tier"], attempt["star"]) == ("bronze", "silver", 2)
    assert attempt["state"] == "preparing"
    generate(scene, attempt["id"])
    assert scene.read(attempt["id"])["content"] is None
    started = scene.started(attempt["id"])
    assert len(started["content"]["questions"]) == 25
    assert started["deadline_at"] is not None
    right = right_answers(scene, attempt["id"])
    done = submitted(scene, attempt["id"], {"kind": "answers", "answers": right})
    assert (done["passed"], done["score"]) == (True, 100.0)
    (event,) = scene.events("assessment.attempt_graded")
    assert (event["star"], event["target_tier"], event["passed"]) == (2, "silver", True)


def test_one_promotion_exam_a_star_and_jump() -> None:
    scene = a_scene(stars=2)
    exam = an_exam(scene)
    attempt = scene.open(exam)
    generate(scene, attempt["id"])
    scene.started(attempt["id"])
    submitted(scene, attempt["id"], {"kind": "answers", "answers": {}})
    assert scene.open(exam, status=409)["code"] == "not_eligible"


def test_no_promotion_exam_before_its_star() -> None:
    scene = a_scene(stars=1)
    assert scene.open(an_exam(scene), status=409)["code"] == "not_eligible"


def test_an_expired_exam_takes_nothing_and_stays_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = a_scene(stars=2)
    exam = an_exam(scene)
    attempt = scene.open(exam)
    generate(scene, attempt["id"])
    started = scene.started(attempt["id"])
    late(monkeypatch, started["deadline_at"])
    assert scene.read(attempt["id"])["state"] == "expired"
    refused = submitted(
        scene, attempt["id"], {"kind": "answers", "answers": right_answers(scene, attempt["id"])}, status=409
    )
    assert refused["code"] == "window_closed"
    saved = patch(f"{ATTEMPTS}/{attempt['id']}", {"answers": {"q1": 1}}, as_=scene.learner)
    assert (saved.status, saved.json["code"]) == (409, "window_closed")
    shown = scene.read(attempt["id"])
    assert (shown["state"], shown["score"], shown["draft"]) == ("expired", None, {})
    assert scene.events("assessment.attempt_graded") == []
    assert scene.open(exam, status=409)["code"] == "not_eligible"
    assert scene.read(attempt["id"])["state"] == "expired"


def test_an_expired_attempt_is_listed_as_expired_and_another_may_begin() -> None:
    scene = a_scene()
    assessment = an_initial(scene, time_limit_seconds=60)
    gone = an_attempt(
        org_id=scene.org_id,
        learner_id=scene.learner.user_id,
        enrollment_id=scene.enrollment_id,
        module_id=scene.module(ModuleKind.ASSESSMENT),
        kind="initial",
        state="in_progress",
        assessment_id=assessment,
        deadline_at=now() - timedelta(seconds=1),
    )
    listed = get(f"{ATTEMPTS}?state=expired", as_=scene.learner).expect(200)["data"]
    assert [(row["id"], row["state"]) for row in listed] == [(str(gone), "expired")]
    assert get(f"{ATTEMPTS}?state=in_progress", as_=scene.learner).expect(200)["data"] == []
    with work_for(scene.org_id) as session:
        (summary,) = attempts_of(session, learner_id=scene.learner.user_id, enrollment_id=scene.enrollment_id)
    assert summary.state == "expired"
    assert scene.open(assessment)["number"] == 2


def late(monkeypatch: pytest.MonkeyPatch, deadline: str) -> None:
    """It is one second after the deadline."""
    moment = datetime.fromisoformat(deadline) + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_after_three_quizzes_there_is_a_pause_of_ten_minutes() -> None:
    scene = a_scene(stars=1)
    quiz = a_quiz(scene, generic=40)
    seen: list[set[str]] = []
    ids: list[str] = []
    for _ in range(3):
        attempt = scene.open(quiz, scene.lesson_id)
        generate(scene, attempt["id"])
        started = scene.started(attempt["id"])
        seen.append({question["stem"] for question in started["content"]["questions"]})
        submitted(scene, attempt["id"], {"kind": "answers", "answers": {}})
        ids.append(attempt["id"])
    assert not seen[0] & seen[1]
    assert not (seen[0] | seen[1]) & seen[2]
    refused = scene.open(quiz, scene.lesson_id, status=409)
    assert (refused["code"], bool(refused["available_at"])) == ("attempt_not_allowed", True)
    for attempt_id in ids:
        move_clock(scene, attempt_id, "submitted_at", "11 minutes")
    scene.open(quiz, scene.lesson_id)


def test_a_quiz_needs_its_own_lesson_and_no_quiz_appears_where_they_are_off() -> None:
    scene = a_scene(stars=1)
    quiz = a_quiz(scene)
    scene.open(quiz, status=422)
    scene.open(quiz, new_id(), status=404)
    off = a_scene(stars=1, configuration={"enable_ai_quizzes": False})
    assert off.open(a_quiz(off), off.lesson_id, status=409)["code"] == "quiz_disabled"
    assert off.events("assessment.content_requested") == []


def test_the_module_and_the_tier_set_a_quizs_limits() -> None:
    scene = a_scene(
        stars=1,
        tier=Tier.SILVER,
        configuration={"enable_ai_quizzes": True, "ai_quiz_question_count": 6, "ai_quiz_passing_score": 65},
    )
    quiz = a_quiz(scene)
    first = scene.open(quiz, scene.lesson_id)
    assert (first["question_count"], first["passing_score"]) == (6, 65.0)
    assert (first["tier_used"], first["difficulty"]) == ("silver", "medium")


def test_a_write_costs_few_statements(count_statements: Counting) -> None:
    scene = a_scene(stars=1)
    quiz = a_quiz(scene)
    key = {"Idempotency-Key": "once"}
    with count_statements() as opening:
        opened = post(ATTEMPTS, scene.body(quiz, scene.lesson_id), as_=scene.learner, headers=key).expect(201)
    generate(scene, opened["id"])
    url = f"{ATTEMPTS}/{opened['id']}"
    with count_statements() as starting:
        post(f"{url}/starts", as_=scene.learner, headers=key).expect(201)
    body = {"kind": "answers", "answers": {}}
    with count_statements() as submitting:
        post(f"{url}/submissions", body, as_=scene.learner, headers=key).expect(201)
    with count_statements() as listing:
        get(ATTEMPTS, as_=scene.learner).expect(200)
    counts = [
        sum("mark_published" not in s for s in kind) for kind in (opening, starting, submitting, listing)
    ]
    assert counts == [9, 7, 8, 2], (counts, opening, starting, submitting)
