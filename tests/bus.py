"""The bus and its queues, in process: what an organization's transactions emitted reaches every reaction.

State machines are not walked here; tests that need them run in the embedded AWS (marker `stack`).
"""

import importlib
import inspect
import json
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from lodestar.db import work_for
from lodestar.events import Event, Told

ROOT = Path(__file__).resolve().parent.parent
_delivered: set[UUID] = set()


@cache
def subscribers() -> dict[str, list[Callable[[dict[str, Any], Any], dict[str, Any]]]]:
    """The handlers of every reaction, by the name of the event that it consumes."""
    found: dict[str, list[Any]] = defaultdict(list)
    for file in sorted(ROOT.glob("functions/*/src/*/reactions/*.py")):
        if file.stem == "__init__":
            continue
        module = importlib.import_module(f"{file.parent.parent.name}.reactions.{file.stem}")
        _context, event = inspect.signature(module.react, eval_str=True).parameters.values()
        if issubclass(event.annotation, Event):
            found[event.annotation.name].append(module.handler)
        elif event.annotation is Told:
            for name in module.EVENTS:
                found[name].append(module.handler)
    return dict(found)


def emitted(org_id: UUID, name: str | None = None) -> list[dict[str, Any]]:
    """The events of an organization in the order they happened, as subscribers get them: `{"name", **detail}`."""
    with work_for(org_id) as session:
        rows = session.execute(text("SELECT id, name, detail FROM backbone.outbox ORDER BY occurred_at, id"))
        return [{"name": row.name, **row.detail} for row in rows if name in (None, row.name)]


def deliver(org_id: UUID, *, again: bool = False) -> int:
    """Hand every undelivered event of the organization to its reactions, and what they emit in turn.

    With `again`, all events once more, as an at-least-once bus may. Returns how many were handed on; a reaction that
    fails is an assertion error here.
    """
    count = 0
    if again:
        _delivered.difference_update(UUID(e["event_id"]) for e in emitted(org_id))
    while waiting := [e for e in emitted(org_id) if UUID(e["event_id"]) not in _delivered]:
        for event in waiting:
            _delivered.add(UUID(event["event_id"]))
            for handler in subscribers().get(event["name"], []):
                answer = handler(queue_event(event), None)
                assert answer == {"batchItemFailures": []}, f"{event['name']}: {answer}"
            count += 1
    return count


def queue_event(*events: dict[str, Any]) -> dict[str, Any]:
    """The SQS event by which a rule's queue hands these to a Lambda."""
    return {
        "Records": [
            {
                "messageId": event["event_id"],
                "eventSource": "aws:sqs",
                "body": json.dumps(
                    {
                        "id": event["event_id"],
                        "source": f"lodestar.{event['name'].partition('.')[0]}",
                        "detail-type": event["name"],
                        "detail": {name: value for name, value in event.items() if name != "name"},
                    }
                ),
            }
            for event in events
        ]
    }
