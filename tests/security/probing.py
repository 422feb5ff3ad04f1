"""What an answer tells of a row that its asker must not know of."""

import json
import re
from collections.abc import Set
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from lodestar.ids import new_id
from tests.gateway import Answer, Person
from tests.security.operations import Slot
from tests.security.world import World

UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PROBE = "the id that was asked for"
COMBINATIONS = 12
"""How many of one's own rows are tried beside the probed id until the operation looks at it."""


@dataclass(frozen=True)
class Seen:
    """An answer, without what differs from one call to the next: its correlation id, and the id asked for."""

    status: int
    body: Any

    @classmethod
    def of(cls, answer: Answer, probe: UUID) -> "Seen":
        text = answer.text.replace(str(probe), PROBE)
        try:
            body = json.loads(text) if text else None
        except ValueError:
            body = text
        if isinstance(body, dict):
            body.pop("correlation_id", None)
        return cls(answer.status, body)


def told(slot: Slot, *, asker: Person, home: World, abroad: World, owner: Person | None = None) -> list[str]:
    """What `asker` learns by putting ids from `abroad` into the slot, all else being `home`'s; empty when nothing.

    With `owner`, only ids of rows that are theirs. Nothing is learnt when the answer is the one that an id gets which
    does not exist, and that one is a refusal or an empty page.
    """
    resource = slot.operation.resource
    probes = abroad.some(slot.name, resource=resource, of=owner)
    if not probes:
        return []
    for nth in range(COMBINATIONS):
        choose = partial(home.own, resource=resource, person=asker, nth=nth)
        absent_id = new_id()
        absent = Seen.of(slot.send(choose, absent_id, as_=asker), absent_id)
        if is_refusal(slot, absent):
            break
    else:
        return [f"an id that does not exist is answered {absent}"]
    found = []
    secret = abroad.ids_of(owner)
    for probe in probes:
        answer = slot.send(choose, probe, as_=asker)
        seen = Seen.of(answer, probe)
        if seen != absent:
            found.append(f"{probe} is answered {seen}, not {absent}")
        found += [f"{leak} is in the answer" for leak in leaks(answer, secret - {str(probe)})]
    return found


def is_refusal(slot: Slot, seen: Seen) -> bool:
    """404; 403 where the role may never do that; an empty page for a filter; 422 that names the body's field."""
    if seen.status in {403, 404}:
        return True
    if slot.place == "query":
        return bool(seen.status == 200 and seen.body["data"] == [])
    if slot.place == "body" and seen.status == 422:
        return any(error["field"].endswith(slot.name) for error in seen.body.get("errors", []))
    return False


def leaks(answer: Answer, secret: Set[str]) -> list[str]:
    """The secret ids that the answer holds."""
    return sorted(secret & set(UUIDS.findall(answer.text)))
