"""Every write of the API as requests that succeed and change something: POSTs as the security suite prepares them, vendors'
calls as they sign them, and what changes or removes a row with each field that it takes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories.identity import a_person
from tests.gateway import Answer, get
from tests.messaging import telling
from tests.security.operations import Operation, alternatives, example, filled, operations
from tests.security.posts import requests
from tests.security.twins import Request
from tests.security.world import World, a_full_organization

CHANGING = ("put", "patch", "delete")
OTHERS: dict[str, list[dict[str, Any]]] = {
    "PATCH /v1/assessment/prompt-templates/{template_id}": [{"active": False}],
    "PATCH /v1/identity/me": [{"display_name": "Ada King", "time_zone": "Asia/Kolkata"}],
    "PATCH /v1/learning/enrollments/{enrollment_id}": [{"cohort_id": None}],
    "PATCH /v1/messaging/notifications/{notification_id}": [{"read": True}, {"read": False}],
    "PUT /v1/assessment/assessments/{assessment_id}/tier-templates/{tier}": [
        {"guidance": "Ask about choices."}
    ],
}
"""Bodies that change a row where the example says what rows may say already; they are sent first."""
Send = Callable[[], Answer]
Write = tuple[str, Callable[[], Send]]
"""An operation, and what prepares a request of it, which is then sent."""


def writes() -> Iterator[Write]:
    """Of one operation there may be several, of which some are refused: a role's, or a field's alone."""
    yield from writes_by_people(a_full_organization(), a_full_organization())
    yield from _calls(a_full_organization())


def writes_by_people(posting: World, changing: World) -> Iterator[Write]:
    """All but vendors': first what POSTs add to one organization, then what changes and deletes in the other one."""
    yield from _posts(posting)
    yield from _changes(changing)


def _posts(world: World) -> Iterator[Write]:
    for name, prepare in requests(world):
        yield name, lambda prepare=prepare: partial(prepare().send, idempotency_key=str(uuid4()))  # type: ignore[misc]


def _changes(world: World) -> Iterator[Write]:
    for operation in operations():
        if operation.method in CHANGING:
            for person in (world.admin, world.learner):
                for body in _bodies(operation):
                    yield str(operation), partial(_change, operation, world, person, body)


def _change(operation: Operation, world: World, person: Any, body: Any) -> Send:
    def choose(name: str) -> UUID:
        if name == "member_id":
            return _another_member(world)
        return world.own(name, resource=operation.resource, person=person)

    as_ = None if operation.is_public else person
    return Request(operation.method.upper(), operation.url(choose), as_, filled(body, choose)).send


def _another_member(world: World) -> UUID:
    """Nobody ends their own membership."""
    user_id = a_person(world.org_id).user_id
    found = get(f"/v1/identity/members?user_id={user_id}", as_=world.admin).expect(200)
    return UUID(found["data"][0]["id"])


def _bodies(operation: Operation) -> Iterator[Any]:
    """What the operation's schema gives as an example; of a PATCH, whose fields may all be left out, each field too."""
    yield from OTHERS.get(str(operation), ())
    yield operation.body()
    if operation.method == "patch" and operation.body_schema:
        for schema in alternatives(operation.body_schema):
            for name, field in schema.get("properties", {}).items():
                yield {name: example(field, name)}


def _calls(world: World) -> Iterator[Write]:
    """Each vendor's word of one delivery."""
    with pytest.MonkeyPatch.context() as patched, telling.telling(patched) as bolna:
        now = datetime.now(UTC)
        email, whatsapp, voice = (
            telling.sent_deliveries(world.org_id, channel, 1)[0] for channel in ("email", "whatsapp", "voice")
        )
        call = telling.execution(voice, "completed", at=now)
        bolna.executions[str(voice)] = call
        sent: dict[str, Send] = {
            "sendgrid": lambda: telling.sendgrid(telling.email_event(email, "bounce", at=now)),
            "aisensy": lambda: telling.aisensy(telling.whatsapp_status(whatsapp, "DELIVERED", at=now)),
            "bolna": lambda: telling.bolna_hint(call),
        }
        for vendor, send in sent.items():
            yield f"POST {telling.WEBHOOKS}/{vendor}", lambda send=send: send  # type: ignore[misc]
