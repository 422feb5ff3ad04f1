"""Enrolment: by itself, once, from either side (JR-05); and what people may read and change of it (JR-13)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from lodestar.contracts.identity import MembershipCreated
from lodestar.contracts.learning import ProgramAssigned
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.factories.assessment import a_background
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_program, an_enrollment, assign
from tests.gateway import delete, get, patch, post, put
from tests.learning.conftest import Start
from tests.learning.telling import tell, told

pytestmark = pytest.mark.usefixtures("product")
URL = "/v1/learning/enrollments"


def joined(org_id: UUID, user_id: UUID, role: Role = Role.LEARNER) -> MembershipCreated:
    return MembershipCreated(membership_id=new_id(), user_id=user_id, role=role)


def test_a_learner_who_joins_is_on_every_assigned_program_once() -> None:
    owner, client = an_organization(), an_organization()
    programs = [a_program(owner, assigned_to=[client]) for _ in range(2)]
    a_program(owner)
    learner, staff = a_person(client), a_person(client, Role.ORG_STAFF)
    tell(client, joined(client, learner.user_id))
    tell(client, joined(client, learner.user_id), times=1)
    tell(client, joined(client, staff.user_id, Role.ORG_STAFF))
    rows = get(URL, as_=learner).expect(200)["data"]
    assert {row["program"]["id"] for row in rows} == {str(p.program_id) for p in programs}
    assert len(told(client, "enrollment_created")) == 2


def test_an_assigned_program_takes_in_who_joined_before_and_an_ended_one_nobody_new() -> None:
    owner, client = an_organization(), an_organization()
    learners = [a_person(client) for _ in range(3)]
    program = a_program(owner, assigned_to=[])
    assignment_id = assign(program, client)
    tell(client, ProgramAssigned(program_id=program.program_id))
    assert len(told(client, "enrollment_created")) == 3
    admin = a_person(client, Role.ORG_ADMIN)
    delete(f"/v1/learning/program-assignments/{assignment_id}", as_=admin).expect(204)
    late = a_person(client)
    tell(client, joined(client, late.user_id))
    tell(client, ProgramAssigned(program_id=program.program_id))
    assert get(URL, as_=late).expect(200)["data"] == []
    assert len(get(URL, as_=learners[0]).expect(200)["data"]) == 1, "who is enrolled goes on"
    assert len(get("/v1/learning/modules", as_=learners[0]).expect(200)["data"]) == 9


def test_assigning_through_the_api_tells_of_it_once() -> None:
    org_id, stranger = an_organization(), an_organization()
    program = a_program(org_id, assigned_to=[])
    body = {"program_id": str(program.program_id)}
    url = "/v1/learning/program-assignments"
    assert post(url, body, as_=a_person(stranger, Role.ORG_ADMIN)).status == 404
    assert post(url, body, as_=a_person(org_id, Role.ORG_STAFF)).status == 403
    admin = a_person(org_id, Role.ORG_ADMIN)
    first = post(url, body, as_=admin).expect(201)
    assert post(url, body, as_=admin).expect(201)["id"] == first["id"]
    assert len(told(org_id, "program_assigned")) == 1
    platform = a_person(stranger, Role.PLATFORM_ADMIN)
    assert post(url, body, as_=platform).expect(201)["owner_id"] == str(org_id)


def test_staff_enrol_their_own_learners_once() -> None:
    org_id = an_organization()
    program = a_program(org_id)
    staff, learner = a_person(org_id, Role.ORG_STAFF), a_person(org_id)
    body = {"program_id": str(program.program_id), "learner_id": str(learner.user_id)}
    made = post(URL, body, as_=staff).expect(201)
    assert (made["stars"], made["tier"], made["learner_name"]) == (0, None, "Ada Lovelace")
    assert post(URL, body, as_=staff).expect(409)["code"] == "already_enrolled"
    foreign = {**body, "learner_id": str(a_person(an_organization()).user_id)}
    assert post(URL, foreign, as_=staff).status == 404
    assert post(URL, {**body, "program_id": str(new_id())}, as_=staff).status == 404
    unassigned = a_program(org_id, assigned_to=())
    refused = post(URL, {**body, "program_id": str(unassigned.program_id)}, as_=staff).expect(409)
    assert refused["code"] == "program_not_assigned"
    assert post(URL, body, as_=learner).status == 403


def test_each_role_reads_what_it_may(start: Start) -> None:
    learner, person = start(stars=1)
    one = f"{URL}/{learner.enrollment_id}"
    row = get(one, as_=person).expect(200)
    assert (row["stars"], row["current_module"]["kind"], row["next_module"]["kind"]) == (
        1, "course", "masterclass",
    )  # fmt: skip
    assert row["learner_name"] is None
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    assert get(one, as_=staff).expect(200)["learner_name"] == "Ada Lovelace"
    for stranger in (
        a_person(learner.org_id),
        a_person(an_organization()),
        a_person(an_organization(), Role.ORG_ADMIN),
    ):
        assert [get(one + rest, as_=stranger).status for rest in ("", "/progress")] == [404, 404]
        assert str(learner.enrollment_id) not in get(URL, as_=stranger).text
    analyst = a_person(learner.org_id, Role.ANALYST)
    assert [get(url, as_=analyst).status for url in (URL, one, f"{one}/progress")] == [403] * 3
    assert get(f"{URL}/{new_id()}", as_=person).status == 404


def test_a_background_may_change_until_the_first_project_starts(start: Start) -> None:
    from lodestar.contracts.learning import ModuleKind

    learner, person = start(stars=3)
    one = f"{URL}/{learner.enrollment_id}"
    before = get(one, as_=person)
    choice, other = ({"background_id": str(a_background(learner.org_id))} for _ in range(2))
    unknown = patch(one, {"background_id": str(new_id())}, as_=person)
    assert unknown.expect(422)["code"] == "unknown_background"
    changed = patch(one, choice, as_=person, headers={"If-Match": before.headers["etag"]})
    assert changed.expect(200)["background_id"] == choice["background_id"]
    stale = patch(one, other, as_=person, headers={"If-Match": before.headers["etag"]})
    assert stale.expect(412)["code"] == "stale_version"
    learner.hand_in(ModuleKind.PROJECT, passed=False)
    late = patch(one, other, as_=person)
    assert late.expect(409)["code"] == "background_fixed"
    assert patch(one, {"status": "withdrawn"}, as_=person).status == 403
    assert patch(one, {"stars": 5}, as_=person).status == 422


def test_a_withdrawn_enrollment_is_locked_until_readmitted(start: Start) -> None:
    learner, person = start(stars=1)
    staff = a_person(learner.org_id, Role.ORG_STAFF)
    one = f"{URL}/{learner.enrollment_id}"
    patch(one, {"status": "withdrawn"}, as_=staff).expect(200)
    found = get(f"{one}/progress", as_=person).expect(200)
    assert all(module["locked"] for module in found["modules"])
    assert found["next_step"]["action"] == "none"
    assert patch(one, {"status": "active"}, as_=staff).expect(200)["status"] == "active"
    assert not all(m["locked"] for m in get(f"{one}/progress", as_=person).expect(200)["modules"])


def statements(act: Callable[[], Any]) -> int:
    """How many statements it takes."""
    from lodestar.db import engine

    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    act()
    event.remove(engine(), "before_cursor_execute", note)
    return len(seen)


def test_the_list_costs_the_same_for_one_and_for_many() -> None:
    org_id = an_organization()
    program = a_program(org_id)
    staff = a_person(org_id, Role.ORG_STAFF)
    counts = []
    for more in (1, 9):
        for _ in range(more):
            an_enrollment(org_id, a_person(org_id).user_id, program, stars=2)
        counts.append(statements(lambda: get(URL, as_=staff).expect(200)))
    assert counts[0] == counts[1] <= 4


def test_progress_costs_the_same_with_and_without_a_history(start: Start) -> None:
    learner, person = start(stars=1, quizzes=True)
    url = f"{URL}/{learner.enrollment_id}/progress"
    before = statements(lambda: get(url, as_=person).expect(200))
    for lesson_id, asset_id in zip(learner.program.lessons, learner.program.lesson_assets, strict=True):
        learner.watch(asset_id)
        learner.pass_quiz(lesson_id)
    assert statements(lambda: get(url, as_=person).expect(200)) == before <= 10


def test_opening_a_lesson_costs_little_and_is_noted_as_activity(start: Start) -> None:
    learner, person = start(stars=1, text_lesson=True)
    one = f"{URL}/{learner.enrollment_id}"
    before = get(one, as_=person)
    url = f"{one}/lesson-progress/{learner.program.lessons[1]}"
    assert statements(lambda: put(url, {}, as_=person).expect(200)) <= 9
    after = get(one, as_=person)
    assert after.json["progressed_at"] > before.json["progressed_at"]
    assert after.headers["etag"] == before.headers["etag"]
    assert statements(lambda: put(url, {"read": True}, as_=person).expect(200)) <= 15


def test_an_organization_without_programs_owns_what_it_writes() -> None:
    org_id, client = an_organization(), an_organization()
    a_program(org_id, assigned_to=[client])
    owners = []
    for reader in (org_id, client):
        with work_for(reader) as session:
            owners.append(set(session.scalars(text("SELECT unnest(learning.content_owner_ids())"))))
    assert owners == [{org_id}, {org_id, client}]
