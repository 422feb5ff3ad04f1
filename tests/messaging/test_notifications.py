"""/v1/messaging/notifications, and the events that make them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from lodestar.contracts import assessment, learning, media
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Tier
from lodestar.db import work_for
from lodestar.events import Event, emit
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging.rules import texts
from tests import gateway
from tests.bus import emitted, queue_event, subscribers
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person

pytestmark = pytest.mark.usefixtures("product")
URL = "/v1/messaging/notifications"


@pytest.fixture
def learner() -> Person:
    return a_person(an_organization())


def tell(org_id: UUID, event: Event, *, times: int = 2) -> None:
    """The event happens, and messaging's reaction hears of it `times` times."""
    with work_for(org_id) as session:
        emit(session, event)
    told = emitted(org_id, event.name)[-1]
    reaction = f"messaging.reactions.{event.name.rpartition('.')[2]}."
    (handler,) = [h for h in subscribers()[event.name] if name_of(h).startswith(reaction)]
    for _ in range(times):
        assert handler(queue_event(told), None) == {"batchItemFailures": []}


def name_of(handler: Callable[..., Any]) -> str:
    """The reaction behind a handler."""
    import inspect

    return str(inspect.getclosurevars(handler).nonlocals["name"])


def listed(person: Person, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = gateway.get(f"{URL}{query}", as_=person).expect(200)
    return found


def a_star(learner: Person, star: int, *, enrollment_id: UUID | None = None) -> learning.StarAwarded:
    return learning.StarAwarded(
        enrollment_id=enrollment_id or new_id(),
        learner_id=learner.user_id,
        program_id=new_id(),
        star=star,
        tier=Tier.SILVER,
        by_override=False,
    )


def an_outcome(kind: type[assessment.AttemptOutcome], learner: Person, **fields: Any) -> Event:
    usual: dict[str, Any] = {
        "attempt_id": new_id(), "enrollment_id": new_id(), "learner_id": learner.user_id,
        "kind": AssessmentKind.PROJECT, "module_id": None, "lesson_id": None, "tier_used": None,
        "target_tier": None, "star": None, "score": 72.5, "passed": True,
    }  # fmt: skip
    return kind(**usual | fields)


def to_learner(learner: Person) -> list[tuple[Event, str, str]]:
    """Each event that a learner is told of: the event, the title, and a part of the body."""
    enrollment, attempt = new_id(), new_id()
    ids = {"enrollment_id": enrollment, "learner_id": learner.user_id}
    return [
        (a_star(learner, 2), "You earned star 2", "The next stage is open."),
        (
            learning.TierChanged(**ids, old=None, new=Tier.GOLD, cause="initial"),
            "Your tier is Gold",
            "Your assessments place you in Gold.",
        ),
        (
            learning.PromotionOffered(**ids, star=3, current_tier=Tier.BRONZE, target_tier=Tier.SILVER),
            "You may take the exam for Silver",
            "skip it and go on in Bronze",
        ),
        (learning.ProgramCompleted(**ids, program_id=new_id()), "You completed the program", "Five stars"),
        (an_outcome(assessment.AttemptGraded, learner), "Your project is graded", "72.5 %. You passed."),
        (
            an_outcome(assessment.AttemptDecided, learner, passed=False, score=40.0),
            "A person reviewed your project",
            "40 %. It is not passed yet",
        ),
        (
            assessment.AttemptFailed(
                attempt_id=attempt, learner_id=learner.user_id, kind=AssessmentKind.INTERVIEW,
                code="no_transcript", detail="The recording could not be read.",
            ),
            "Your interview could not be completed",
            "The recording could not be read. It does not count against you",
        ),
        (
            media.AssetRejected(
                asset_id=new_id(), owner_id=learner.user_id, purpose="interview_video",
                code="no_audio", detail="There is no sound in this recording.",
            ),
            "Your interview recording cannot be used",
            "There is no sound in this recording.",
        ),
    ]  # fmt: skip


def test_a_learner_is_told_of_each_event_once(learner: Person) -> None:
    expected = to_learner(learner)
    for event, _, _ in expected:
        tell(learner.org_id, event)
    found = listed(learner)
    assert found["unread_count"] == len(expected)
    told = found["data"][::-1]
    assert [n["title"] for n in told] == [title for _, title, _ in expected]
    assert [n["type"] for n in told] == [event.name.split(".")[1] for event, _, _ in expected]
    for notification, (_, _, body) in zip(told, expected, strict=True):
        assert body in notification["body"]


def test_a_dismissed_appeal_is_told_once_and_an_upheld_one_by_its_decision(learner: Person) -> None:
    ids = {"attempt_id": new_id(), "learner_id": learner.user_id}
    dismissed = assessment.AppealDecided(appeal_id=new_id(), upheld=False, **ids)
    for event in (dismissed, dismissed, assessment.AppealDecided(appeal_id=new_id(), upheld=True, **ids)):
        tell(learner.org_id, event)
    [notification] = listed(learner)["data"]
    assert (notification["title"], notification["target_id"]) == (
        "A person answered your appeal",
        str(ids["attempt_id"]),
    )


def test_two_events_of_one_occasion_tell_once(learner: Person) -> None:
    enrollment_id = new_id()
    tell(learner.org_id, a_star(learner, 2, enrollment_id=enrollment_id))
    tell(learner.org_id, a_star(learner, 2, enrollment_id=enrollment_id))
    tell(learner.org_id, a_star(learner, 3, enrollment_id=enrollment_id))
    found = listed(learner)["data"]
    assert [n["title"] for n in found] == ["You earned star 3", "You earned star 2"]
    assert {(n["target_type"], n["target_id"]) for n in found} == {("enrollment", str(enrollment_id))}


def test_staff_hear_of_reviews_and_administrators_of_failing_models(learner: Person) -> None:
    org_id = learner.org_id
    both = a_person(org_id, Role.ORG_ADMIN, Role.ORG_STAFF)
    staff, foreigner = a_person(org_id, Role.ORG_STAFF), a_person(an_organization(), Role.ORG_ADMIN)
    review = assessment.ReviewNeeded(
        attempt_id=new_id(), learner_id=learner.user_id, kind=AssessmentKind.PROJECT, reason="no_model"
    )
    tell(org_id, review)
    failing = assessment.AiFailing(failures=3, calls=10, window_minutes=15)
    tell(org_id, failing)
    assert [n["type"] for n in listed(both)["data"]] == ["ai_failing", "review_needed"]
    assert [n["type"] for n in listed(staff)["data"]] == ["review_needed"]
    assert "no model was there to grade it" in listed(staff)["data"][0]["body"]
    assert "3 of 10 calls failed within 15 minutes" in listed(both)["data"][0]["body"]
    assert listed(learner)["data"] == listed(foreigner)["data"] == []


def test_a_notification_is_read_and_unread_again(learner: Person) -> None:
    tell(learner.org_id, a_star(learner, 1))
    (notification,) = listed(learner)["data"]
    url = f"{URL}/{notification['id']}"
    read = gateway.patch(url, {"read": True}, as_=learner, headers={"If-Match": '"1"'}).expect(200)
    assert (read["read_at"] is not None, read["version"]) == (True, 2)
    assert gateway.patch(url, {"read": True}, as_=learner).expect(200) == read
    assert gateway.patch(url, {"read": True}, as_=learner, headers={"If-Match": '"1"'}).status == 412
    assert listed(learner)["unread_count"] == 0
    assert [n["id"] for n in listed(learner, "?unread=false")["data"]] == [notification["id"]]
    assert listed(learner, "?unread=true")["data"] == []
    assert gateway.patch(url, {"read": False}, as_=learner).expect(200)["read_at"] is None
    assert gateway.patch(url, {"title": "mine"}, as_=learner).status == 422


def test_the_read_marker_covers_what_came_before_it(learner: Person) -> None:
    for star in (1, 2, 3):
        tell(learner.org_id, a_star(learner, star))
    third, second, _first = listed(learner)["data"]
    marked = gateway.put(f"{URL}/read-marker", {"notification_id": second["id"]}, as_=learner)
    assert marked.expect(200) == {"marked": 2, "unread_count": 1}
    assert [n["id"] for n in listed(learner, "?unread=true")["data"]] == [third["id"]]
    again = gateway.put(f"{URL}/read-marker", {"notification_id": second["id"]}, as_=learner)
    assert again.expect(200) == {"marked": 0, "unread_count": 1}


def test_a_list_is_filtered_by_type_and_paged(learner: Person) -> None:
    for event, _, _ in to_learner(learner):
        tell(learner.org_id, event)
    assert [n["type"] for n in listed(learner, "?type=tier_changed")["data"]] == ["tier_changed"]
    page = listed(learner, "?limit=5")
    rest = listed(learner, f"?limit=5&cursor={page['page']['next_cursor']}")
    assert (len(page["data"]), len(rest["data"]), rest["page"]["next_cursor"]) == (5, 3, None)


def test_a_peer_and_another_tenant_find_nothing(learner: Person) -> None:
    tell(learner.org_id, a_star(learner, 1))
    (notification,) = listed(learner)["data"]
    for stranger in (a_person(learner.org_id), a_person(an_organization(), Role.ORG_ADMIN)):
        assert listed(stranger) == {
            "data": [], "page": {"next_cursor": None, "total": None}, "unread_count": 0,
        }  # fmt: skip
        assert gateway.patch(f"{URL}/{notification['id']}", {"read": True}, as_=stranger).status == 404
        body = {"notification_id": notification["id"]}
        assert gateway.put(f"{URL}/read-marker", body, as_=stranger).status == 404


def test_the_first_star_names_the_tier_and_the_last_one_ends_it(learner: Person) -> None:
    assert texts.star_awarded(a_star(learner, 1)).body == "Your tier is Silver. The next stage is open."
    assert texts.star_awarded(a_star(learner, 5)).body == "Every star is yours now."
