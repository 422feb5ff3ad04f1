"""What staff write: banks, items, assessments, rubrics, prompts, backgrounds, fallbacks."""

from typing import Any

import pytest

from lodestar.contracts.learning import ModuleKind
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.factories.assessment import CRITERIA, a_background, a_bank, a_key, a_rubric, an_assessment
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_program, assign
from tests.gateway import Person, delete, get, patch, post, put

pytestmark = pytest.mark.usefixtures("product")
BASE = "/v1/assessment"
ITEM = {
    "stem": "What does a BLUF message open with?",
    "options": ["A greeting", "The request", "The history", "A joke"],
    "answer": 1,
    "explanation": "Bottom line up front.",
}
PROJECT = {
    "title": "A second oven",
    "brief": "A bakery sells 400 loaves a day. Should it buy a second oven?",
    "requirements": ["Compute the profit"],
    "deliverables": ["A text"],
}


def staff_of(org_id: Any = None) -> Person:
    return a_person(org_id or an_organization(), Role.ORG_STAFF)


def a_module(staff: Person, kind: ModuleKind) -> str:
    """A module of a program that the staff's organization wrote."""
    return str(a_program(staff.org_id, assigned_to=()).module(kind))


def bodies(staff: Person) -> dict[str, dict[str, Any]]:
    """A good body for each collection."""
    background = str(a_background(staff.org_id))
    return {
        "item-banks": {"key": a_key("bank"), "title": "A bank"},
        "items": {"bank_id": str(a_bank(staff.org_id, items=0)), "key": a_key("item"), **ITEM},
        "assessments": {
            "kind": "quiz",
            "title": "A quiz",
            "module_id": a_module(staff, ModuleKind.COURSE),
            "bank_id": str(a_bank(staff.org_id, items=0)),
        },
        "rubrics": {"key": a_key("rubric"), "title": "A rubric", "criteria": CRITERIA},
        "backgrounds": {
            "key": a_key("background"),
            "title": "Design",
            "submission_kind": "text",
            "project_types": ["design_concept"],
        },
        "prompt-templates": {
            "purpose": "quiz",
            "system_prompt": "You write.",
            "input_prompt": "Write {count}.",
        },
        "fallback-contents": {
            "kind": "project",
            "key": a_key("project"),
            "background_id": background,
            "tier": "bronze",
            "type": "case_study",
            "body": PROJECT,
        },
    }


COLLECTIONS = sorted(
    ["item-banks", "items", "assessments", "rubrics", "backgrounds", "prompt-templates", "fallback-contents"]
)
READABLE = [name for name in COLLECTIONS if name != "fallback-contents"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_staff_write_and_list_their_own_and_another_tenant_sees_none_of_it(collection: str) -> None:
    staff, stranger = staff_of(), staff_of()
    made = post(f"{BASE}/{collection}", bodies(staff)[collection], as_=staff)
    assert made.status == 201, made.text
    assert made.headers["etag"] == '"1"'
    own = get(f"{BASE}/{collection}?limit=100", as_=staff).expect(200)["data"]
    assert made.json["id"] in {row["id"] for row in own}
    foreign = get(f"{BASE}/{collection}?limit=100", as_=stranger).expect(200)["data"]
    assert made.json["id"] not in {row["id"] for row in foreign}


@pytest.mark.parametrize("collection", READABLE)
def test_another_tenants_content_is_absent(collection: str) -> None:
    staff, stranger = staff_of(), staff_of()
    made = post(f"{BASE}/{collection}", bodies(staff)[collection], as_=staff).expect(201)
    url = f"{BASE}/{collection}/{made['id']}"
    change = {"active": False} if collection == "prompt-templates" else {"title": "Mine"}
    change = {"stem": "Whose item is this?"} if collection == "items" else change
    for id_url in (url, f"{BASE}/{collection}/{new_id()}"):
        assert get(id_url, as_=stranger).status == 404
        assert patch(id_url, change, as_=stranger).status == 404
    assert get(url, as_=staff).expect(200)["version"] == 1


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_learners_write_no_content(collection: str) -> None:
    org_id = an_organization()
    staff, learner = staff_of(org_id), a_person(org_id)
    refused = post(f"{BASE}/{collection}", bodies(staff)[collection], as_=learner)
    assert (refused.status, refused.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("collection", ["item-banks", "items", "rubrics", "backgrounds", "fallback-contents"])
def test_a_natural_key_stops_the_double_click(collection: str) -> None:
    staff = staff_of()
    body = bodies(staff)[collection]
    post(f"{BASE}/{collection}", body, as_=staff).expect(201)
    again = post(f"{BASE}/{collection}", body, as_=staff)
    assert (again.status, again.json["code"]) == (409, "conflict")
    found = get(f"{BASE}/{collection}?key={body['key']}", as_=staff).expect(200)["data"]
    assert len(found) == 1


def test_an_edit_needs_the_current_version() -> None:
    staff = staff_of()
    url = f"{BASE}/rubrics/{a_rubric(staff.org_id)}"
    etag = {"If-Match": get(url, as_=staff).headers["etag"]}
    patch(url, {"title": "Newer"}, as_=staff, headers=etag).expect(200)
    stale = patch(url, {"title": "Older"}, as_=staff, headers=etag)
    assert (stale.status, stale.json["code"]) == (412, "stale_version")
    assert get(url, as_=staff).json["title"] == "Newer"


@pytest.mark.parametrize(
    "change",
    [
        {"options": ["a", "A ", "b", "c"]},
        {"answer": 4},
        {"answer": -1},
        {"options": ["only one"]},
        {"stem": "no"},
        {"explanation": ""},
        {"key": "Not a key"},
        {"surprise": 1},
    ],
)
def test_an_item_has_exactly_one_right_answer_and_no_surprises(change: dict[str, Any]) -> None:
    staff = staff_of()
    body = bodies(staff)["items"] | change
    assert post(f"{BASE}/items", body, as_=staff).status == 422


def test_an_item_stays_answerable_when_it_is_changed() -> None:
    staff = staff_of()
    url = f"{BASE}/items/" + post(f"{BASE}/items", bodies(staff)["items"], as_=staff).expect(201)["id"]
    assert patch(url, {"options": ["x", "y"], "answer": 2}, as_=staff).status == 422
    assert patch(url, {"stem": None}, as_=staff).status == 422
    changed = patch(url, {"options": ["one", "two"], "answer": 0, "active": False}, as_=staff).expect(200)
    assert (changed["answer"], changed["active"], changed["version"]) == (0, False, 2)
    assert delete(url, as_=staff).status == 204
    assert get(url, as_=staff).status == 404


def test_an_item_goes_only_into_a_bank_of_ones_own() -> None:
    staff, other = staff_of(), staff_of()
    body = bodies(staff)["items"] | {"bank_id": str(a_bank(other.org_id, items=0))}
    assert post(f"{BASE}/items", body, as_=staff).status == 404


def test_a_lessons_items_are_set_whole_and_in_order() -> None:
    staff = staff_of()
    program = a_program(staff.org_id)
    url = f"{BASE}/lesson-items/{program.lessons[0]}"
    a_bank(staff.org_id, items=3)
    rows = get(f"{BASE}/items", as_=staff).expect(200)["data"]
    links = [
        {"item_id": row["id"], "role": role}
        for row, role in zip(rows, ["required", "fallback", "fallback"], strict=True)
    ]
    put(url, {"items": links}, as_=staff).expect(200)
    shown = put(url, {"items": links[1:]}, as_=staff).expect(200)["items"]
    assert [(i["item_id"], i["role"], i["position"]) for i in shown] == [
        (rows[1]["id"], "fallback", 0),
        (rows[2]["id"], "fallback", 1),
    ]
    assert get(url, as_=staff).expect(200)["items"] == shown
    assert put(url, {"items": [links[0], links[0]]}, as_=staff).status == 422
    stranger = staff_of()
    assert get(url, as_=stranger).status == 404
    assert put(url, {"items": []}, as_=stranger).status == 404
    foreign = {"item_id": str(new_id()), "role": "required"}
    assert put(url, {"items": [foreign]}, as_=staff).status == 404
    assert len(get(url, as_=staff).expect(200)["items"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "promotion_exam", "title": "x", "module_id": str(new_id())},
        {"kind": "quiz", "title": "x"},
        {"kind": "initial", "title": "x", "module_id": str(new_id())},
        {"kind": "interview", "title": "x", "module_id": str(new_id()), "time_limit_seconds": 301},
        {"kind": "project", "title": "x", "module_id": str(new_id()), "passing_score": 101},
    ],
)
def test_an_assessment_fits_its_kind(body: dict[str, Any]) -> None:
    assert post(f"{BASE}/assessments", body, as_=staff_of()).status == 422


def test_an_assessments_usual_limits_are_the_defaults() -> None:
    staff = staff_of()
    module_id = a_module(staff, ModuleKind.INTERVIEW)
    interview = {"kind": "interview", "title": "Interview", "module_id": module_id}
    made = post(f"{BASE}/assessments", interview, as_=staff).expect(201)
    assert (made["question_count"], made["passing_score"], made["time_limit_seconds"]) == (5, 70.0, 300)
    assert (made["max_attempts"], made["attempt_window_days"]) == (3, 7)
    assert post(f"{BASE}/assessments", interview, as_=staff).status == 409
    url = f"{BASE}/assessments/{made['id']}"
    assert patch(url, {"time_limit_seconds": 59}, as_=staff).status == 422
    assert patch(url, {"time_limit_seconds": None}, as_=staff).status == 422
    assert patch(url, {"max_attempts": None, "title": "Talk"}, as_=staff).expect(200)["max_attempts"] is None


def test_an_initial_assessment_keeps_a_bank_and_an_exams_settings_are_checked() -> None:
    staff = staff_of()
    initial = an_assessment(
        staff.org_id, "initial", module_id=new_id(), bank_id=a_bank(staff.org_id, items=1)
    )
    refused = patch(f"{BASE}/assessments/{initial}", {"bank_id": None}, as_=staff).expect(422)
    assert "bank_id" in refused["detail"]
    exam = an_assessment(staff.org_id, "promotion_exam", program_id=new_id())
    url = f"{BASE}/assessments/{exam}"
    for change in ({"question_count": 0}, {"passing_score": 101}, {"time_limit_seconds": 59}):
        faults = patch(url, change, as_=staff).expect(422)["errors"]
        assert [fault["field"] for fault in faults] == list(change)
    settings = {"active": False, "question_count": 20, "passing_score": 75}
    changed = patch(url, settings, as_=staff).expect(200)
    assert {name: changed[name] for name in settings} == settings


@pytest.mark.parametrize("place", ["module_id", "program_id"])
def test_an_assessment_belongs_to_what_its_own_organization_wrote(place: str) -> None:
    staff, program = staff_of(), a_program(an_organization(), assigned_to=())
    assign(program, staff.org_id)
    kind = {"module_id": "project", "program_id": "promotion_exam"}[place]
    theirs = {"module_id": program.module(ModuleKind.PROJECT), "program_id": program.program_id}[place]
    for foreign in (theirs, new_id()):
        body = {"kind": kind, "title": "Mine", place: str(foreign)}
        assert post(f"{BASE}/assessments", body, as_=staff).status == 404


def test_a_tier_template_is_written_once_a_tier() -> None:
    staff = staff_of()
    exam = an_assessment(staff.org_id, "promotion_exam", program_id=new_id())
    url = f"{BASE}/assessments/{exam}/tier-templates/silver"
    bank = str(a_bank(staff.org_id, items=0))
    assert put(url, {"bank_id": bank}, as_=staff).expect(200)["version"] == 1
    second = put(url, {"bank_id": bank, "question_count": 20}, as_=staff).expect(200)
    assert (second["version"], second["question_count"]) == (2, 20)
    assert put(url, {"bank_id": str(new_id())}, as_=staff).status == 404
    assert put(url.replace("silver", "platinum"), {}, as_=staff).status == 422
    assert put(url, {"bank_id": bank}, as_=staff_of()).status == 404


def test_the_words_that_are_in_use_make_no_new_revision() -> None:
    staff = staff_of()
    body = bodies(staff)["prompt-templates"]
    first = post(f"{BASE}/prompt-templates", body, as_=staff).expect(201)
    assert post(f"{BASE}/prompt-templates", body, as_=staff).expect(200) == first
    post(f"{BASE}/prompt-templates", body | {"input_prompt": "Other {count}."}, as_=staff).expect(201)
    back = post(f"{BASE}/prompt-templates", body, as_=staff).expect(201)
    assert back["revision"] == first["revision"] + 2


def test_a_new_revision_of_a_prompt_replaces_the_active_one_and_going_back_is_one_call() -> None:
    staff = staff_of()
    body = bodies(staff)["prompt-templates"]
    first = post(f"{BASE}/prompt-templates", body, as_=staff).expect(201)
    second = post(f"{BASE}/prompt-templates", body | {"input_prompt": "Other {count}."}, as_=staff).expect(
        201
    )
    assert (first["name"], second["name"]) == ("quiz/default@1", "quiz/default@2")
    active = get(f"{BASE}/prompt-templates?active=true", as_=staff).expect(200)["data"]
    assert [row["revision"] for row in active] == [2]
    patch(f"{BASE}/prompt-templates/{first['id']}", {"active": True}, as_=staff).expect(200)
    active = get(f"{BASE}/prompt-templates?active=true&purpose=quiz", as_=staff).expect(200)["data"]
    assert [row["revision"] for row in active] == [1]
    refused = patch(f"{BASE}/prompt-templates/{first['id']}", {"system_prompt": "x"}, as_=staff)
    assert refused.status == 422


def test_a_profile_is_written_at_its_place() -> None:
    staff = staff_of()
    background = a_background(staff.org_id)
    url = f"{BASE}/backgrounds/{background}/profiles/project/research_outline/gold"
    body = {
        "system_prompt": "You write projects.",
        "input_prompt": "Write for {background}.",
        "rubric_id": str(a_rubric(staff.org_id)),
        "config": {"passing_score": 75},
    }
    assert get(url, as_=staff).status == 404
    assert put(url, body, as_=staff).expect(200)["tier"] == "gold"
    assert put(url, body | {"focus_area": "archives"}, as_=staff).expect(200)["version"] == 2
    assert get(url, as_=staff).expect(200)["focus_area"] == "archives"
    assert put(url.replace("/project/", "/essay/"), body, as_=staff).status == 422
    assert put(url, body | {"rubric_id": str(new_id())}, as_=staff).status == 404
    assert get(url, as_=staff_of()).status == 404
    assert get(url, as_=a_person(staff.org_id)).status == 403


def test_a_fallback_has_the_body_of_its_kind() -> None:
    staff = staff_of()
    body = bodies(staff)["fallback-contents"]
    wrong = post(f"{BASE}/fallback-contents", body | {"kind": "interview_questions"}, as_=staff)
    assert wrong.status == 422
    made = post(f"{BASE}/fallback-contents", body, as_=staff).expect(201)
    url = f"{BASE}/fallback-contents/{made['id']}"
    questions = {"questions": [{"text": "Tell of a decision.", "type": "behavioural"}]}
    assert patch(url, {"body": questions}, as_=staff).status == 422
    assert patch(url, {"active": False, "tier": "gold"}, as_=staff).expect(200)["tier"] == "gold"
    assert delete(url, as_=staff_of()).status == 404
    assert delete(url, as_=staff).status == 204
    assert patch(url, {"active": True}, as_=staff).status == 404


def test_learners_see_backgrounds_and_assessments_of_the_programs_assigned_to_them() -> None:
    owner, org_id = staff_of(), an_organization()
    learner = a_person(org_id)
    background = str(a_background(owner.org_id))
    quiz = str(an_assessment(owner.org_id, "quiz", module_id=new_id()))
    for url in (f"{BASE}/backgrounds/{background}", f"{BASE}/assessments/{quiz}"):
        assert get(url, as_=learner).status == 404
    assign(a_program(owner.org_id, assigned_to=[]), org_id)
    assert background in {r["id"] for r in get(f"{BASE}/backgrounds", as_=learner).expect(200)["data"]}
    assert quiz in {r["id"] for r in get(f"{BASE}/assessments?kind=quiz", as_=learner).expect(200)["data"]}
    for url in (f"{BASE}/backgrounds/{background}", f"{BASE}/assessments/{quiz}"):
        assert get(url, as_=learner).status == 200
        assert get(url, as_=staff_of(org_id)).status == 404
    patch(f"{BASE}/backgrounds/{background}", {"active": False}, as_=owner).expect(200)
    assert get(f"{BASE}/backgrounds/{background}", as_=learner).status == 404


def test_lists_come_in_pages() -> None:
    staff = staff_of()
    for _ in range(3):
        a_bank(staff.org_id, items=0)
    first = get(f"{BASE}/item-banks?limit=2&include=total", as_=staff).expect(200)
    assert (len(first["data"]), first["page"]["total"]) == (2, 3)
    rest = get(f"{BASE}/item-banks?limit=2&cursor={first['page']['next_cursor']}", as_=staff).expect(200)
    assert (len(rest["data"]), rest["page"]["next_cursor"]) == (1, None)
