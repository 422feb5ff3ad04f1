"""P8b: a batch to 10,000 members, from the request to the vendor's answers, over bare posts of the same mails.

The bare loop is the simulator's own ceiling: it posts, over one connection, the very bodies that the product posted to it.
The product's part is everything before: the request, the expansion, the rules, the texts, the claims and outcomes. Events
reach the reactions' handlers in process, without a bus.
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock
from uuid import UUID

import httpx
from sqlalchemy import Engine, text

from bench.driver import Result, compare_rates
from bench.filling import filled_database
from bench.product import a_member
from lodestar.adapters.wire import Wire
from lodestar.bus import Sent
from lodestar.config import settings
from lodestar.db import work_for
from lodestar.outbox import OutboxRow
from tests import bus
from tests.gateway import Person, post

RECIPIENTS = 10_000
TARGET = 0.3
ROUNDS = 3
MEMBERS = """
    INSERT INTO identity.memberships (user_id, role)
    SELECT identity.ensure_user('b' || n || '@example.org', 'Ada ' || n, 'Europe/Berlin'), 'learner'
    FROM generate_series(1, :count) AS n
"""
BATCH = {
    "channel": "email",
    "template_key": "import-day-1",
    "variables": {"program_title": "Job Readiness", "action_url": "https://example.org/apply"},
    "segment": {"role": "learner"},
}
READY = (
    "TRUNCATE messaging.delivery_events, messaging.deliveries, messaging.message_batches",
    "DELETE FROM backbone.outbox",
    "VACUUM ANALYZE messaging.deliveries",
    "VACUUM ANALYZE identity.memberships",
    "VACUUM ANALYZE identity.users",
)
STATES = text("SELECT state, count(*) AS deliveries FROM messaging.deliveries GROUP BY state")


def measure() -> Iterator[Result]:
    """Which share of the simulator's own rate a batch reaches."""
    queue = deque[OutboxRow]()
    bodies = list[bytes]()
    with filled_database() as server, mock.patch("lodestar.bus.put", _into(queue)):
        org_id, staff = a_member("org_staff")
        with work_for(org_id) as session:
            session.execute(text(MEMBERS), {"count": RECIPIENTS})
        _make_ready(server)
        with mock.patch.object(Wire, "post", _kept_in(bodies)):
            _send(org_id, staff, queue)
        with httpx.Client(base_url=f"{settings().simulator_url}/sendgrid", timeout=60) as client:
            yield compare_rates(
                "P8b",
                f"batch to {RECIPIENTS:,} / bare posts of the same mails",
                baseline=lambda: _post(client, bodies),
                candidate=lambda: _send(org_id, staff, queue),
                target=TARGET,
                rounds=ROUNDS,
                before_each=lambda: _make_ready(server),
            )


def _into(queue: deque[OutboxRow]) -> Any:
    def put(rows: list[OutboxRow]) -> Sent:
        queue.extend(rows)
        return Sent([row.id for row in rows])

    return put


def _kept_in(bodies: list[bytes]) -> Any:
    """`Wire.post` that also keeps what it posts."""
    post_it = Wire.post

    def kept(wire: Wire, path: str, body: Mapping[str, Any]) -> httpx.Response:
        bodies.append(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
        return post_it(wire, path, body)

    return kept


def _make_ready(server: Engine) -> None:
    httpx.delete(f"{settings().simulator_url}/_sent").raise_for_status()
    with server.connect() as connection:
        for statement in READY:
            connection.exec_driver_sql(statement)


def _send(org_id: UUID, staff: Person, queue: deque[OutboxRow]) -> None:
    post("/v1/messaging/batches", BATCH, as_=staff).expect(202)
    while queue:
        row = queue.popleft()
        for handler in bus.subscribers().get(row.name, []):
            answer = handler(bus.queue_event({"name": row.name, **row.detail}), None)
            assert answer == {"batchItemFailures": []}, answer
    with work_for(org_id) as session:
        states = {row.state: row.deliveries for row in session.execute(STATES)}
    assert states == {"sent": RECIPIENTS}, states


def _post(client: httpx.Client, bodies: list[bytes]) -> None:
    headers = {"authorization": "Bearer bench", "content-type": "application/json"}
    for body in bodies:
        answer = client.post("/v3/mail/send", content=body, headers=headers)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
