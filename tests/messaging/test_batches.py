"""One message to many: each member of a segment once, followed to its end, resumed wherever it was left."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.config import settings
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging.schedules import batches_due
from messaging.service import batches as service
from tests import bus
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, get, post
from tests.simulators.running import Simulators, running

pytestmark = pytest.mark.usefixtures("product")
BATCHES = "/v1/messaging/batches"
VARIABLES = {"program_title": "Job Readiness", "action_url": "https://example.org/apply"}


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with running(tmp_path_factory.mktemp("simulators")) as made:
        yield made


@pytest.fixture(autouse=True)
def vendors(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    simulators.reset()
    monkeypatch.setenv("SIMULATOR_URL", simulators.url)
    monkeypatch.setenv("SIGNING_KEY", "k" * 32)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def a_batch(segment: Any, **more: Any) -> dict[str, Any]:
    return {
        "channel": "email",
        "template_key": "import-day-1",
        "variables": VARIABLES,
        "segment": segment,
        **more,
    }


def deliveries(org_id: UUID) -> list[tuple[UUID, str]]:
    with work_for(org_id) as session:
        query = "SELECT recipient_id, state FROM messaging.deliveries ORDER BY recipient_id"
        return [(row.recipient_id, row.state) for row in session.execute(text(query))]


def test_two_clicks_without_a_key_send_once_and_what_was_sent_may_be_sent_again(
    staff: Person, simulators: Simulators
) -> None:
    a_person(staff.org_id)
    first = post(BATCHES, a_batch({"role": "learner"}), as_=staff).expect(202)
    assert post(BATCHES, a_batch({"role": "learner"}), as_=staff).expect(202) == first
    other = post(BATCHES, a_batch({"role": "org_staff"}), as_=staff).expect(202)
    assert other["batch_id"] != first["batch_id"]
    bus.deliver(staff.org_id)
    assert simulators.inbox(channel="email")["total"] == 2
    batches_due.run()
    again = post(BATCHES, a_batch({"role": "learner"}), as_=staff).expect(202)
    assert again["batch_id"] != first["batch_id"]


def test_everybody_of_a_role_gets_it_once(staff: Person, simulators: Simulators) -> None:
    people = [a_person(staff.org_id) for _ in range(5)]
    begun = post(BATCHES, a_batch({"role": "learner"}), as_=staff)
    accepted = begun.expect(202)
    assert begun.headers["location"] == f"/v1/identity/operations/{accepted['operation_id']}"
    bus.deliver(staff.org_id)
    bus.deliver(staff.org_id, again=True)
    assert deliveries(staff.org_id) == sorted((person.user_id, "sent") for person in people)
    assert simulators.inbox(channel="email")["total"] == len(people)
    batches_due.run()
    read = get(f"{BATCHES}/{accepted['batch_id']}", as_=staff).expect(200)
    assert (read["state"], read["total"]) == ("completed", 5)
    assert read["counts"] == {"sent": 5, "failed": 0, "skipped": 0, "waiting": 0}
    operation = get(f"/v1/identity/operations/{accepted['operation_id']}", as_=staff).expect(200)
    assert (operation["status"], operation["progress_percent"]) == ("succeeded", 100)
    assert get(BATCHES, as_=staff).expect(200)["data"] == [read]


def test_a_list_reaches_its_members_once_and_nobody_else(staff: Person) -> None:
    stranger = a_person(an_organization())
    person = a_person(staff.org_id)
    ids = [str(one) for one in (person.user_id, person.user_id, stranger.user_id, new_id())]
    preview = post(BATCHES, a_batch({"user_ids": ids}, dry_run=True), as_=staff).expect(200)
    assert preview == {"recipients": 1, "category": "marketing", "locale": "en"}
    assert not deliveries(staff.org_id)
    accepted = post(BATCHES, a_batch({"user_ids": ids}), as_=staff).expect(202)
    bus.deliver(staff.org_id)
    assert deliveries(staff.org_id) == [(person.user_id, "sent")]
    assert "user_ids" not in get(f"{BATCHES}/{accepted['batch_id']}", as_=staff).expect(200)["segment"]


def test_an_expansion_that_dies_goes_on_where_it_was(staff: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(7):
        a_person(staff.org_id)
    monkeypatch.setattr(service, "PART", 2)
    accepted = post(BATCHES, a_batch({"role": "learner"}), as_=staff).expect(202)
    batch_id = UUID(accepted["batch_id"])
    monkeypatch.setattr(service, "RUN", timedelta(0))
    service.expand(staff.org_id, batch_id)
    assert len(deliveries(staff.org_id)) == 2
    with work_for(staff.org_id) as session:
        session.execute(
            text("UPDATE messaging.message_batches SET updated_at = now() - interval '3 minutes'")
        )
    before = len(bus.emitted(staff.org_id, "messaging.batch_continued"))
    batches_due.run()
    assert len(bus.emitted(staff.org_id, "messaging.batch_continued")) == before + 1
    bus.deliver(staff.org_id)
    assert len(deliveries(staff.org_id)) == 7
    assert get(f"{BATCHES}/{batch_id}", as_=staff).expect(200)["total"] == 7


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"template_key": "nothing"}, "cannot_be_filled"),
        ({"variables": {}}, "cannot_be_filled"),
        ({"variables": {**VARIABLES, "other": "x"}}, "cannot_be_filled"),
        ({"segment": {"role": "recruiter"}}, "empty_segment"),
        ({"segment": {}}, "invalid_content"),
        ({"segment": {"role": "learner", "user_ids": [str(new_id())]}}, "invalid_content"),
        ({"segment": {"role": "learner", "tier": "gold"}}, "invalid_content"),
    ],
)
def test_what_cannot_be_sent_is_refused(staff: Person, changes: dict[str, Any], code: str) -> None:
    body = a_batch({"role": "org_staff"}) | changes
    assert post(BATCHES, body, as_=staff).expect(422)["code"] == code
    assert not deliveries(staff.org_id)


def test_a_request_repeated_with_its_key_begins_one_batch(staff: Person) -> None:
    key = {"Idempotency-Key": str(new_id())}
    body = a_batch({"role": "org_staff"})
    answers = [post(BATCHES, body, as_=staff, headers=key).expect(202) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(get(BATCHES, as_=staff).expect(200)["data"]) == 1


def test_only_staff_send_and_only_their_own_is_found(staff: Person) -> None:
    assert post(BATCHES, a_batch({"role": "learner"}), as_=a_person(staff.org_id)).status == 403
    accepted = post(BATCHES, a_batch({"role": "org_staff"}), as_=staff).expect(202)
    other = a_person(an_organization(), Role.ORG_STAFF)
    assert get(f"{BATCHES}/{accepted['batch_id']}", as_=other).status == 404
