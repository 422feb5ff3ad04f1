"""A preview's way: who asks, once, limited, taken over when its worker is gone, and gone itself after a day."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from assessment.reactions import preview_requested
from assessment.schedules import retain_previews
from backbone import reconcile
from lodestar.contracts.assessment import PreviewRequested
from lodestar.db import work_for
from lodestar.principal import Role
from tests import bus
from tests.assessment.previews import a_profile, made, profile_url, prompt_url, quiz_url, read, runs
from tests.assessment.scenes import Scene, a_quiz, a_scene, an_initial
from tests.factories.identity import a_person, an_organization
from tests.gateway import Answer, get, post
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")


def test_who_is_not_staff_here_previews_nothing() -> None:
    scene = a_scene()
    quiz, body = a_quiz(scene), {"tier": "bronze", "lesson_ids": [str(scene.lesson_id)]}
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    post(quiz_url(quiz), body, as_=scene.learner).expect(403)
    post(quiz_url(quiz), body, as_=stranger).expect(404)
    asked = post(quiz_url(quiz), body, as_=scene.staff).expect(202)
    one = f"{quiz_url(quiz)}/{asked['id']}"
    get(one, as_=scene.learner).expect(403)
    get(one, as_=stranger).expect(404)
    get(f"{quiz_url(a_quiz_elsewhere(scene))}/{asked['id']}", as_=scene.staff).expect(404)


def a_quiz_elsewhere(scene: Scene) -> UUID:
    return an_initial(scene)


def test_a_double_click_is_one_sample_and_a_profiles_place_is_part_of_its_address(
    simulators: Simulators,
) -> None:
    scene = a_scene()
    url, draft = profile_url(scene), a_profile(scene)
    first = post(url, draft, as_=scene.staff).expect(202)
    assert post(url, draft, as_=scene.staff).expect(202)["id"] == first["id"]
    bus.deliver(scene.org_id)
    get(f"{profile_url(scene, type_='voyage')}/{first['id']}", as_=scene.staff).expect(404)
    assert post(url, draft, as_=scene.staff).expect(202)["id"] != first["id"], (
        "another sample, when the first is made"
    )


def test_a_preview_is_made_once_however_often_it_is_asked_for(simulators: Simulators) -> None:
    scene = a_scene()
    preview = made(scene, profile_url(scene), a_profile(scene))
    calls = len(runs(scene))
    bus.deliver(scene.org_id, again=True)
    assert read(scene, profile_url(scene), preview) == preview
    assert len(runs(scene)) == calls
    operation = get(f"/v1/identity/operations/{preview['operation_id']}", as_=scene.staff).expect(200)
    assert (operation["status"], operation["result"]) == ("succeeded", {"preview_id": preview["id"]})


def test_a_killed_worker_is_taken_over_and_in_the_end_the_preview_fails_by_name(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = a_scene()
    asked = post(profile_url(scene), a_profile(scene), as_=scene.staff).expect(202)

    class Killed(BaseException):
        pass

    def die(*_arguments: Any, **_named: Any) -> Any:
        raise Killed

    event = next(e for e in bus.emitted(scene.org_id, "assessment.preview_requested"))
    monkeypatch.setattr("assessment.service.sampling.sample_of", die)
    for _ in range(3):
        with pytest.raises(Killed):
            preview_requested.react(scene.org_id, event_of(event))
        preview_requested.react(
            scene.org_id, event_of(event)
        )  # another run is thought alive: nothing happens
        assert read(scene, profile_url(scene), asked)["state"] == "running"
        long_ago(scene, asked["id"])
        assert reconcile.handler({}, None)["previews"] >= 1
    monkeypatch.undo()
    preview_requested.react(scene.org_id, event_of(event))
    failed = read(scene, profile_url(scene), asked)
    assert (failed["state"], failed["result"]) == ("failed", None)
    assert "Ask for it again" in failed["problem_detail"]
    operation = get(f"/v1/identity/operations/{asked['operation_id']}", as_=scene.staff).expect(200)
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "preview_failed")


def event_of(event: dict[str, Any]) -> Any:
    return PreviewRequested.model_validate(event["data"])


def long_ago(scene: Scene, preview_id: str) -> None:
    with work_for(scene.org_id) as session:
        session.execute(
            text("UPDATE assessment.previews SET updated_at = now() - interval '10 minutes' WHERE id = :id"),
            {"id": preview_id},
        )


def test_what_was_deleted_meanwhile_fails_the_preview_with_its_reason() -> None:
    scene = a_scene()
    url = prompt_url(scene, "quiz")
    project = an_initial(scene)
    body = {"assessment_id": str(project), "lesson_ids": [str(scene.lesson_id)]}
    preview = made(scene, url, body)
    assert (preview["state"], preview["problem_detail"]) == (
        "failed",
        "This prompt is not for an assessment of the kind initial.",
    )


def test_previews_are_limited_by_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment.rules.previews.PREVIEWS_AN_HOUR", 2)
    scene = a_scene()
    quiz = a_quiz(scene)
    answers: list[Answer] = [
        post(
            quiz_url(quiz),
            {"tier": tier, "lesson_ids": [str(scene.lesson_id)]},
            as_=scene.staff,
        )
        for tier in ("bronze", "silver", "gold")
    ]
    assert [answer.status for answer in answers] == [202, 202, 429]


def test_a_day_later_the_sample_is_gone() -> None:
    scene, kept = a_scene(), a_scene()
    body = {"tier": "bronze"}
    preview, other = (made(s, quiz_url(an_initial(s)), body) for s in (scene, kept))
    with work_for(scene.org_id) as session:
        session.execute(text("UPDATE assessment.previews SET expires_at = now() - interval '1 second'"))
    url = quiz_url(preview["subject_id"])
    get(f"{url}/{preview['id']}", as_=scene.staff).expect(404)
    assert retain_previews.handler({}, None)["previews"] >= 1
    assert retain_previews.handler({}, None)["previews"] == 0
    with work_for(scene.org_id) as session:
        assert session.scalar(text("SELECT count(*) FROM assessment.previews")) == 0
    read(kept, quiz_url(other["subject_id"]), other)
