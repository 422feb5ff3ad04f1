"""Events are posted to the organization's own systems: signed, repeated for three days, and then given up.

The address is somebody else's choice, so it is reached by `lodestar.outbound` only. Nothing of an answer but its
status counts; its body is not read.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from lodestar import clock, outbound, signing
from lodestar.adapters.retrying import seconds
from lodestar.contracts.messaging import WebhooksQueued
from lodestar.db import work_for
from lodestar.events import Told, emit
from lodestar.log import log
from messaging.models.webhooks import WebhookDelivery, WebhookEndpoint
from messaging.repository import outbound as repository
from messaging.rules import outbound as rules
from messaging.rules.texts import Notice
from messaging.service import notifications

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 10.0
RUN_SECONDS = 10.0
"""No post begins later than so long after the run did."""
CLAIM = timedelta(seconds=40)
"""Longer than the function can run; over when the queue hands a killed run's message out again."""
AT_ONCE = 4
MOST_DUE = 1000
PURPOSE = "webhook-endpoint"


@dataclass(frozen=True, slots=True)
class Post:
    """What is posted where. `attempts` includes this one."""

    delivery_id: UUID
    url: str
    content: bytes
    headers: dict[str, str]
    attempts: int


@dataclass(frozen=True, slots=True)
class Answer:
    """How a post ended: with a status, or why it had none. `retry_after` is in seconds."""

    status: int | None
    error: str | None = None
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and self.status // 100 == HTTPStatus.OK // 100


def forward(session: Session, told: Told) -> None:
    """Put an event on its way to every endpoint that wants it."""
    wanting = repository.wanting(session, told.name)
    if not wanting:
        return
    payload = rules.body(event_type=told.name, occurred_at=told.occurred_at, data=told.data)
    made = repository.add(
        session,
        wanting,
        event_id=told.event_id,
        event_type=told.name,
        payload=payload,
        next_at=clock.now(),
    )
    tell(session, made)


def tell(session: Session, delivery_ids: Sequence[UUID]) -> None:
    """Emit what makes these be posted, once this transaction commits."""
    for start in range(0, len(delivery_ids), AT_ONCE):
        emit(session, WebhooksQueued(delivery_ids=tuple(delivery_ids[start : start + AT_ONCE])))


def tell_due(session: Session) -> int:
    """Emit it for those that are due; how many these are."""
    due = repository.due(session, now=clock.now(), most=MOST_DUE)
    tell(session, due)
    return len(due)


def secret(endpoint: WebhookEndpoint, *, generation: int | None = None) -> bytes:
    """An endpoint's secret: the same whenever it is made, and stored nowhere."""
    nth = endpoint.secret_generation if generation is None else generation
    return signing.signature(PURPOSE, endpoint.org_id.bytes, endpoint.id.bytes, nth.to_bytes(4))


def deliver(org_id: UUID, delivery_ids: Sequence[UUID]) -> None:
    """Post those of these that are due. What there is no time for is found again by the schedule."""
    stop_at = time.monotonic() + RUN_SECONDS
    with outbound.client(timeout_seconds=TIMEOUT_SECONDS) as client:
        for delivery_id in delivery_ids:
            if time.monotonic() > stop_at:
                return
            with work_for(org_id) as session:
                post = _claimed(session, delivery_id)
            if post is None:
                continue
            answer = _post(client, post)
            with work_for(org_id) as session:
                _conclude(session, post, answer, chance=random.random)


def _claimed(session: Session, delivery_id: UUID) -> Post | None:
    now = clock.now()
    delivery = repository.claim(session, delivery_id, now=now, until=now + CLAIM)
    if delivery is None:
        return None
    endpoint = repository.endpoint_of(session, delivery.endpoint_id)
    if endpoint is None or endpoint.state != "active":
        delivery.state, delivery.last_error = "failed", "The endpoint is not active."
        return None
    content = rules.written(delivery.payload)
    proof = rules.headers(delivery.event_id, content, secrets=_secrets(endpoint), now=now)
    headers = {**proof, "content-type": "application/json", "user-agent": "Lodestar-Webhooks/1"}
    return Post(delivery.id, endpoint.url, content, headers, delivery.attempts)


def _secrets(endpoint: WebhookEndpoint) -> list[bytes]:
    """The current one, and for a day after a rotation the former one too."""
    made = [secret(endpoint)]
    rotated = endpoint.secret_rotated_at
    if rotated is not None and clock.now() - rotated < rules.TWO_SECRETS:
        made.append(secret(endpoint, generation=endpoint.secret_generation - 1))
    return made


def _post(client: "httpx.Client", post: Post) -> Answer:
    import httpx

    try:
        with client.stream("POST", post.url, content=post.content, headers=post.headers) as answer:
            told = seconds(answer.headers.get("retry-after"))
            return Answer(answer.status_code, retry_after=told)
    except outbound.UrlRefused as error:
        return Answer(None, str(error))
    except httpx.HTTPError as error:
        return Answer(None, f"No answer ({type(error).__name__}).")


def _conclude(session: Session, post: Post, answer: Answer, *, chance: Callable[[], float]) -> None:
    """Write down how the attempt ended, unless another one began meanwhile."""
    delivery = repository.delivery_for_update(session, post.delivery_id)
    if delivery.attempts != post.attempts or delivery.state != "pending":
        return
    now = clock.now()
    delivery.last_status, delivery.claimed_until = answer.status, None
    delivery.last_error = None if answer.is_success else answer.error or f"Answered {answer.status}."
    log.info("webhook_posted", delivery_id=str(delivery.id), status=answer.status, attempts=delivery.attempts)
    if answer.is_success:
        delivery.state, delivery.delivered_at = "delivered", now
        return
    again = rules.next_try(
        attempts=delivery.attempts, now=now, chance=chance(), retry_after=answer.retry_after
    )
    if answer.status == HTTPStatus.GONE:
        _disable(session, delivery, "It answered 410 Gone.")
    elif again is None:
        _disable(session, delivery, f"It took no event in {delivery.attempts} attempts over three days.")
    else:
        delivery.next_at = again


def _disable(session: Session, delivery: WebhookDelivery, reason: str) -> None:
    """Nothing is sent there any more, and the administrators are told."""
    delivery.state = "failed"
    endpoint = repository.endpoint_of(session, delivery.endpoint_id, lock=True)
    if endpoint is None or endpoint.state != "active":
        return
    endpoint.state, endpoint.disabled_reason = "disabled", reason
    session.flush()
    repository.give_up(session, endpoint.id, reason="The endpoint was disabled.")
    notice = Notice(
        "webhook_disabled",
        f"{endpoint.id}:{endpoint.version}",
        "A webhook endpoint was disabled",
        f"{endpoint.url} gets no more events. {reason} Mend it, make it active again, then send what it missed.",
        "webhook_endpoint",
        endpoint.id,
    )
    notifications.notify_holders(session, notifications.ADMINISTRATOR_ROLES, notice)
