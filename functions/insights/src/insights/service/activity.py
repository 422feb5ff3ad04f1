"""Activity: taken in from what the other domains publish, and read by staff."""

import json
from uuid import UUID

from sqlalchemy.orm import Session

from insights.models.activity import ActivityEvent
from insights.repository import activity as repository
from insights.repository import facts
from insights.rules import activity as rules
from insights.schemas.activity import ActivityRead, Verb
from lodestar.db import principal_of
from lodestar.events import Told
from lodestar.pagination import Page, PageQuery, paginate


def note(session: Session, told: Told) -> None:
    """Keep the event, and bring the facts of its enrollment, and so the metrics, up to date with it."""
    telling, data = rules.TELLINGS[told.name], told.data
    values = {
        "id": told.event_id,
        "occurred_at": told.occurred_at,
        "verb": telling.verb.value,
        "object_type": telling.object_type,
        "object_id": data[telling.object_id],
        "learner": data.get("learner_id") or data.get("user_id"),
        "enrollment": data.get("enrollment_id"),
        "attempt": data.get("attempt_id"),
        "program": data.get("program_id"),
        "result": json.dumps(rules.picked(data, telling.result)),
        "context": json.dumps(rules.picked(data, telling.context)),
    }
    enrollment_id = repository.add(session, values)
    if enrollment_id:
        facts.settle_one(session, enrollment_id, org_id=principal_of(session).org_id)


def list_events(
    session: Session, page: PageQuery, *, learner_id: UUID | None, verb: Verb | None, program_id: UUID | None
) -> Page[ActivityRead]:
    """The organization's, newest first: an event's id grows with time."""
    statement = repository.events(learner_id=learner_id, verb=verb, program_id=program_id)
    found = paginate(session, statement, page, keys=(ActivityEvent.id,))
    people = {event.learner_id for event in found.data}
    programs = {event.program_id for event in found.data if event.program_id}
    names = repository.names(session, people=people, programs=programs) if people else {}
    return Page([_read(event, names) for event in found.data], found.page)


def _read(event: ActivityEvent, names: dict[UUID, str]) -> ActivityRead:
    name = names.get(event.learner_id)
    program = names.get(event.program_id) if event.program_id else None
    copied = ("id", "occurred_at", "object_type", "object_id", "program_id", "result", "context")
    return ActivityRead(
        **{field: getattr(event, field) for field in copied},
        actor_id=event.learner_id,
        actor_name=name,
        verb=Verb(event.verb),
        program_title=program,
        text=rules.sentence(
            event.verb, name=name, program=program, result=event.result, context=event.context
        ),
    )
