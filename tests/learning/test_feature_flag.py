"""Job Readiness switched off: hidden from learners, kept by staff, lost by nobody, and back as it was (JR-14)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, event, text

from learning.models.resources import Resource
from lodestar.contracts.identity import FEATURES, MembershipCreated
from lodestar.contracts.learning import ModuleKind
from lodestar.db import engine, work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests import bus
from tests.assessment.scenes import ATTEMPTS
from tests.database import Database
from tests.factories.assessment import a_background, an_assessment, an_attempt
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import ProgramRows, a_program, an_enrollment
from tests.gateway import Answer, Person, call, get, patch, post, put
from tests.learning.conftest import Start
from tests.learning.telling import Learner, tell, told

FLAG = "/v1/identity/feature-flags/job_readiness"


@dataclass
class Scene:
    """A learner on a Job Readiness program and on a study program, and who runs both."""

    learner: Learner
    person: Person
    admin: Person
    study: ProgramRows
    study_enrollment: UUID
    initial: UUID
    exam: UUID
    drafted: UUID
    begun: UUID
    handout: UUID

    def switch(self, *, enabled: bool) -> None:
        put(FLAG, {"enabled": enabled}, as_=self.admin).expect(200)

    def routes(self) -> dict[str, tuple[str, Any]]:
        """Every operation about Job Readiness that a learner has, with a body: refused while it is off."""
        program, enrollment_id = self.learner.program, self.learner.enrollment_id
        enrollment = f"/v1/learning/enrollments/{enrollment_id}"
        lesson, asset = program.lessons[0], program.lesson_assets[0]
        attempt = {"enrollment_id": str(enrollment_id)}
        segments = {"position_ms": 0}
        return {
            enrollment: ("GET", None),
            f"{enrollment}?": ("PATCH", {"background_id": str(new_id())}),
            f"{enrollment}/progress": ("GET", None),
            f"{enrollment}/lesson-progress/{lesson}": ("PUT", {}),
            f"/v1/learning/lessons/{lesson}": ("GET", None),
            f"/v1/learning/modules/{program.module(ModuleKind.PROJECT)}": ("GET", None),
            f"/v1/learning/masterclasses/{program.masterclasses[0]}": ("GET", None),
            f"/v1/learning/resources/{self.handout}": ("GET", None),
            f"/v1/learning/resources/{self.handout}/downloads": ("POST", {}),
            f"/v1/learning/promotions/{enrollment_id}": ("GET", None),
            f"/v1/learning/promotions/{enrollment_id}/declines": ("POST", {}),
            f"/v1/media/assets/{asset}": ("GET", None),
            f"/v1/media/assets/{asset}/transcript": ("GET", None),
            f"/v1/media/assets/{asset}/captions.vtt": ("GET", None),
            f"/v1/media/assets/{asset}/playback-urls": ("POST", {}),
            f"/v1/media/playback/{asset}": ("GET", None),
            f"/v1/media/playback/{asset}?": ("PUT", segments),
            ATTEMPTS: ("POST", {**attempt, "assessment_id": str(self.initial)}),
            f"{ATTEMPTS}?exam": ("POST", {**attempt, "assessment_id": str(self.exam)}),
            f"{ATTEMPTS}/{self.drafted}": ("GET", None),
            f"{ATTEMPTS}/{self.drafted}/starts": ("POST", {}),
            f"{ATTEMPTS}/{self.drafted}/regenerations": ("POST", {}),
            f"{ATTEMPTS}/{self.drafted}/result": ("GET", None),
            "/v1/assessment/backgrounds": ("GET", None),
        }

    def asked(self) -> dict[str, Answer]:
        return {
            f"{method} {url}": call(method, url.partition("?")[0], as_=self.person, body=body)
            for url, (method, body) in self.routes().items()
        }


LISTS = (
    "/v1/learning/enrollments",
    "/v1/learning/modules",
    "/v1/learning/lessons",
    "/v1/learning/masterclasses",
    "/v1/learning/resources",
    "/v1/learning/journey/nudges",
    "/v1/assessment/assessments",
    ATTEMPTS,
)


@pytest.fixture
def scene(start: Start) -> Scene:
    learner, person = start(stars=4)
    org_id, program = learner.org_id, learner.program
    study = a_program(org_id, lesson_assets=[None], masterclass_assets=[])
    with work_for(org_id) as session:
        change = text("UPDATE learning.programs SET type = 'study' WHERE id = :id")
        session.execute(change, {"id": study.program_id})
        handout = Resource(
            id=new_id(), program_id=program.program_id, lesson_id=program.lessons[0], title="Checklist",
            url="https://example.org/checklist",
        )  # fmt: skip
        session.add(handout)
    a_background(org_id)
    initial = an_assessment(org_id, "initial", module_id=program.module(ModuleKind.ASSESSMENT))
    exam = an_assessment(org_id, "promotion_exam", program_id=program.program_id)
    drafted, begun = (
        an_attempt(
            org_id=org_id,
            learner_id=person.user_id,
            enrollment_id=learner.enrollment_id,
            program_id=program.program_id,
            module_id=program.module(kind),
            kind=kind.value,
            state=state,
            content={"title": "A price that fell", "questions": []},
        )
        for kind, state in ((ModuleKind.INTERVIEW, "draft"), (ModuleKind.PROJECT, "in_progress"))
    )
    return Scene(
        learner,
        person,
        a_person(org_id, Role.ORG_ADMIN),
        study,
        an_enrollment(org_id, person.user_id, study, stars=1),
        initial,
        exam,
        drafted,
        begun,
        handout.id,
    )


def is_off(answer: Answer) -> bool:
    return answer.status == 403 and answer.json["code"] == "feature_off"


def sizes(person: Person) -> dict[str, int]:
    return {url: len(get(url, as_=person).expect(200)["data"]) for url in LISTS}


def test_off_hides_it_from_learners_and_on_again_all_is_as_it_was(scene: Scene) -> None:
    lists = sizes(scene.person)
    before = scene.asked()
    assert [route for route, answer in before.items() if is_off(answer)] == []
    mine = get(f"/v1/learning/enrollments/{scene.learner.enrollment_id}", as_=scene.person).expect(200)
    scene.switch(enabled=False)
    assert {route: answer.text for route, answer in scene.asked().items() if not is_off(answer)} == {}
    listed = get("/v1/learning/enrollments", as_=scene.person).expect(200)["data"]
    assert [row["id"] for row in listed] == [str(scene.study_enrollment)]
    hidden = sizes(scene.person)
    for url in LISTS:
        assert hidden[url] < lists[url], url
    journey = get("/v1/learning/journey", as_=scene.person).expect(200)
    assert [one["enrollment_id"] for one in journey["programs"]] == [str(scene.study_enrollment)]
    scene.switch(enabled=True)
    assert [route for route, answer in scene.asked().items() if is_off(answer)] == []
    assert sizes(scene.person)["/v1/learning/enrollments"] == lists["/v1/learning/enrollments"]
    again = get(f"/v1/learning/enrollments/{scene.learner.enrollment_id}", as_=scene.person).expect(200)
    assert {**again, "progressed_at": None} == {**mine, "progressed_at": None}


def test_staff_study_programs_and_the_core_answer_as_before(scene: Scene) -> None:
    scene.switch(enabled=False)
    talk_id, enrollment_id = scene.learner.program.masterclasses[0], scene.learner.enrollment_id
    for url in (
        f"/v1/learning/enrollments/{enrollment_id}",
        f"/v1/learning/enrollments/{enrollment_id}/progress",
        f"/v1/learning/promotions/{enrollment_id}",
        f"/v1/learning/masterclasses/{talk_id}",
        f"{ATTEMPTS}/{scene.drafted}",
        f"/v1/insights/learners/{scene.person.user_id}",
    ):
        get(url, as_=scene.admin).expect(200)
    assert len(get("/v1/learning/enrollments", as_=scene.admin).expect(200)["data"]) == 2
    change = {"title": "Renamed while it is off"}
    patch(f"/v1/learning/masterclasses/{talk_id}", change, as_=scene.admin).expect(200)
    enrollment = f"/v1/learning/enrollments/{scene.study_enrollment}"
    lesson = scene.study.lessons[0]
    get(f"{enrollment}/progress", as_=scene.person).expect(200)
    put(f"{enrollment}/lesson-progress/{lesson}", {"read": True}, as_=scene.person).expect(200)
    get(f"/v1/learning/lessons/{lesson}", as_=scene.person).expect(200)
    for url in ("/v1/identity/me", "/v1/messaging/notifications", "/v1/media/assets", FLAG):
        get(url, as_=scene.person).expect(200)


def test_what_was_begun_finishes(scene: Scene) -> None:
    scene.switch(enabled=False)
    url = f"{ATTEMPTS}/{scene.begun}"
    assert get(url, as_=scene.person).expect(200)["state"] == "in_progress"
    patch(url, {"text": "My work."}, as_=scene.person).expect(200)
    assert [row["id"] for row in get(ATTEMPTS, as_=scene.person).expect(200)["data"]] == [str(scene.begun)]
    scene.learner.hand_in(ModuleKind.INTERVIEW)
    assert [one["star"] for one in told(scene.learner.org_id, "star_awarded")][-1] == 5
    scene.switch(enabled=True)
    url = f"/v1/learning/enrollments/{scene.learner.enrollment_id}"
    assert get(url, as_=scene.person).expect(200)["stars"] == 5


def test_nobody_is_enrolled_while_it_is_off_and_whoever_joined_is_afterwards(scene: Scene) -> None:
    scene.switch(enabled=False)
    org_id, program_id = scene.learner.org_id, str(scene.learner.program.program_id)
    newcomer = a_person(org_id)
    body = {"program_id": program_id, "learner_id": str(newcomer.user_id)}
    assert is_off(post("/v1/learning/enrollments", body, as_=scene.admin))
    joined = MembershipCreated(membership_id=new_id(), user_id=newcomer.user_id, role=Role.LEARNER)
    tell(org_id, joined)

    def programs() -> list[str]:
        found = get(f"/v1/learning/enrollments?learner_id={newcomer.user_id}", as_=scene.admin).expect(200)
        return [row["program"]["id"] for row in found["data"]]

    assert programs() == []
    scene.switch(enabled=True)
    assert [one["data"]["enabled"] for one in bus.emitted(org_id, "identity.feature_flag_set")] == [
        False,
        True,
    ]
    bus.deliver(org_id, again=True)
    assert programs() == [program_id]


def test_another_organization_is_not_switched_off(scene: Scene) -> None:
    scene.switch(enabled=False)
    elsewhere = an_organization()
    person = a_person(elsewhere)
    an_enrollment(elsewhere, person.user_id, a_program(elsewhere))
    assert len(get("/v1/learning/enrollments", as_=person).expect(200)["data"]) == 1


def test_the_flag_is_known_on_until_it_is_set_and_only_administrators_set_it(scene: Scene) -> None:
    known = get(FLAG, as_=scene.person)
    flag = known.expect(200)
    assert (flag["enabled"], flag["by_default"], flag["version"], flag["updated_at"]) == (True, True, 0, None)
    assert flag["description"] == FEATURES["job_readiness"].description
    put("/v1/identity/feature-flags/another", {"enabled": True}, as_=scene.admin).expect(200)
    listed = get("/v1/identity/feature-flags", as_=scene.person).expect(200)["data"]
    assert [(one["key"], one["enabled"], one["by_default"]) for one in listed] == [
        ("another", True, False),
        ("job_readiness", True, True),
    ]
    assert put(FLAG, {"enabled": False}, as_=scene.person).status == 403
    headers = {"If-Match": known.headers["etag"]}
    put(FLAG, {"enabled": False, "note": "Exams week"}, as_=scene.admin, headers=headers).expect(200)
    assert put(FLAG, {"enabled": True}, as_=scene.admin, headers=headers).status == 412
    assert get(FLAG, as_=scene.person).expect(200)["note"] == "Exams week"
    pages = [
        get(f"/v1/identity/feature-flags?limit=1{cursor}", as_=scene.person).expect(200)
        for cursor in ("", f"&cursor={_first_cursor(scene.person)}")
    ]
    assert [page["data"][0]["key"] for page in pages] == ["another", "job_readiness"]
    assert pages[1]["page"]["next_cursor"] is None
    assert get("/v1/identity/feature-flags/never-set", as_=scene.person).status == 404


def _first_cursor(person: Person) -> str:
    page = get("/v1/identity/feature-flags?limit=1", as_=person).expect(200)["page"]
    return str(page["next_cursor"])


def test_what_the_product_knows_is_what_the_database_knows(product: None) -> None:
    with work_for(an_organization()) as session:
        rows = session.execute(text("SELECT key, enabled FROM identity.v_feature_flags"))
        assert {row.key: row.enabled for row in rows} == {f.key: f.by_default for f in FEATURES.values()}


def test_it_costs_no_statement_of_its_own(scene: Scene) -> None:
    counts = []
    for enabled in (True, False):
        scene.switch(enabled=enabled)
        seen: list[str] = []

        def note(*told: object, seen: list[str] = seen) -> None:
            seen.append(str(told[2]))

        event.listen(engine(), "after_cursor_execute", note)
        try:
            get("/v1/learning/enrollments", as_=scene.person).expect(200)
            get("/v1/learning/modules", as_=scene.person).expect(200)
        finally:
            event.remove(engine(), "after_cursor_execute", note)
        counts.append(len(seen))
    assert counts == [5, 5]


def test_without_the_view_of_what_is_hidden_nothing_is_refused(scene: Scene, database: Database) -> None:
    """The control: what refuses above is this view, and nothing else that the scene lacks."""
    scene.switch(enabled=False)
    with _blind(database):
        refused = [route for route, answer in scene.asked().items() if is_off(answer)]
        assert refused == ["GET /v1/assessment/backgrounds"]
    assert all(is_off(answer) for answer in scene.asked().values())


@contextmanager
def _blind(database: Database) -> Iterator[None]:
    """Nothing is hidden, as far as the views say, until the block ends."""
    names = ("v_hidden_programs", "v_hidden_modules")
    with create_engine(database.migrator_url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SET ROLE lodestar_owner"))
        definition = text("SELECT pg_get_viewdef(CAST(:name AS regclass))")
        kept = {name: connection.scalar(definition, {"name": f"learning.{name}"}) for name in names}
        for name, query in kept.items():
            _define(connection, name, f"SELECT * FROM ({str(query).rstrip(';')}) AS hidden WHERE false")
        connection.commit()
        try:
            yield
        finally:
            for name, query in kept.items():
                _define(connection, name, str(query))
            connection.commit()


def _define(connection: Any, name: str, query: str) -> None:
    view = f"CREATE OR REPLACE VIEW learning.{name} WITH (security_invoker = true) AS {query}"
    connection.execute(text(view))
