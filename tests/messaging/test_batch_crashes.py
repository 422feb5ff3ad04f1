"""A batch to many whose vendor fails often and whose sender is killed: everybody gets one message, or one explanation."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.config import settings
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging.reactions import deliveries_queued
from messaging.schedules import batches_due, release_due
from tests import bus
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person, get, post
from tests.proof import Proof, size
from tests.resilience.faults import in_a_process
from tests.simulators.running import Simulators, running

pytestmark = [pytest.mark.usefixtures("product"), pytest.mark.proof]
RECIPIENTS = size(slice=600, whole=10_000)
MOST_MINUTES = 30
BEFORE_THE_CLAIM, AFTER_THE_VENDOR = 1, 4
"""Points of a sender's life (tests.resilience.faults): its first commit, and the answer to its first call."""
PEOPLE = """
INSERT INTO identity.memberships (user_id, role)
SELECT identity.ensure_user('b' || nth || '-' || :name || '@example.org', 'Ada ' || nth, 'Europe/Berlin'), 'learner'
FROM generate_series(1, :count) AS nth
"""
LATER = """
UPDATE messaging.deliveries SET not_before = now() WHERE state IN ('queued', 'deferred');
"""
SILENT = "UPDATE messaging.deliveries SET claimed_until = now() WHERE state IN ('sending', 'unknown')"
ENDS = """
SELECT d.id, d.state, d.reason, d.detail, u.email FROM messaging.deliveries AS d
JOIN identity.users AS u ON u.id = d.recipient_id
"""


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with running(tmp_path_factory.mktemp("simulators")) as made:
        yield made


@pytest.fixture
def staff(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    simulators.reset()
    simulators.order("sendgrid", failure_rate=0.1)
    monkeypatch.setenv("SIMULATOR_URL", simulators.url)
    settings.cache_clear()
    person = a_person(an_organization(), Role.ORG_STAFF)
    with work_for(person.org_id) as session:
        session.execute(text(PEOPLE), {"count": RECIPIENTS, "name": str(new_id())})
    yield person
    monkeypatch.undo()
    settings.cache_clear()


def a_minute_later(org_id: UUID) -> None:
    """Every wait is over: of what is tried again, and of what was claimed by somebody who died."""
    with work_for(org_id) as session:
        session.execute(text(LATER))
        session.execute(text(SILENT))
    release_due.run()
    bus.deliver(org_id)
    batches_due.run()


def test_each_gets_one_message_or_one_explained_failure(
    proof: Proof, staff: Person, simulators: Simulators
) -> None:
    body = {
        "channel": "email",
        "template_key": "import-day-1",
        "variables": {"program_title": "Job Readiness", "action_url": "https://example.org/apply"},
        "segment": {"role": "learner"},
    }
    batch_id = post("/v1/messaging/batches", body, as_=staff).expect(202)["batch_id"]
    [begun] = bus.emitted(staff.org_id, "messaging.batch_continued")
    for handler in bus.subscribers()["messaging.batch_continued"]:
        handler(bus.queue_event(begun), None)
    queued = bus.emitted(staff.org_id, "messaging.deliveries_queued")
    killed = [
        in_a_process(partial(deliveries_queued.handler, bus.queue_event(e), None), dies_at=point).killed
        for e, point in zip(queued, (AFTER_THE_VENDOR, BEFORE_THE_CLAIM), strict=False)
    ]
    for _ in range(MOST_MINUTES):
        bus.deliver(staff.org_id)
        a_minute_later(staff.org_id)
        if get(f"/v1/messaging/batches/{batch_id}", as_=staff).expect(200)["state"] == "completed":
            break
    with work_for(staff.org_id) as session:
        ends = session.execute(text(ENDS)).all()
    mails = Counter(m["to"] for m in simulators.inbox(channel="email", limit=RECIPIENTS * 2)["messages"])
    wrong = [f"{row.email} got {mails[row.email]}" for row in ends if mails[row.email] > 1]
    for row in ends:
        is_sent = row.state in ("sent", "delivered", "read")
        if is_sent and mails[row.email] != 1:
            wrong.append(f"{row.email} is {row.state} and got {mails[row.email]}")
        if not is_sent and not (row.state == "failed" and row.reason and row.detail):
            wrong.append(f"{row.email} is {row.state} {row.reason} without an explanation")
    wrong += [] if len(ends) == RECIPIENTS else [f"{len(ends)} deliveries"]
    wrong += [] if killed == [True, True] else ["the sender was not killed"]
    proof.found(
        "R7", "recipients of a batch, 10 % of the vendor's answers failures, sender killed twice",
        tried=RECIPIENTS, wrong=wrong,
    )  # fmt: skip
