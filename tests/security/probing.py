"""What an answer tells of a row that its asker must not know of."""

import json
import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from lodestar.ids import new_id
from tests.gateway import Answer, Person
from tests.security import ledger
from tests.security.operations import Operation, Slot, slots
from tests.security.rights import CROSSING
from tests.security.world import World

UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ELEMENT = re.compile(r"\.\d+$")
PROBE = "the id that was asked for"
COMBINATIONS = 12
"""How many of one's own rows are tried beside the probed id until the operation looks at it."""
Faults = dict[str, list[str]]


@dataclass(frozen=True)
class Seen:
    """An answer, without what differs from one call to the next: its correlation id, and the id asked for."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, answer: Answer, probe: UUID) -> "Seen":
        text = answer.text.replace(str(probe), PROBE)
        try:
            body = json.loads(text) if text else None
        except ValueError:
            body = text
        if isinstance(body, dict):
            body.pop("correlation_id", None)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        headers = {name: value for name, value in headers.items() if name != "x-correlation-id"}
        length = str(len(text))
        return cls(answer.status, body, tuple(sorted({**headers, "content-length": length}.items())))

    @property
    def code(self) -> str:
        """The problem's, where it is one."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""

    def __str__(self) -> str:
        return f"{self.status} {json.dumps(self.body)[:300]}"


def probed() -> list[Slot]:
    """Every id of the API that must not be another organization's, whoever asks."""
    return [slot for slot in slots() if str(slot) not in CROSSING]


def listed(faults: Faults) -> str:
    return "\n".join("\n  ".join([slot, *found]) for slot, found in faults.items())


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
    """404; 403 where the role may never do that; an empty page for a filter; 422 that names the body's field, or the
    field's element."""
    if seen.status in {403, 404}:
        return True
    if slot.place == "query":
        return bool(seen.status == 200 and seen.body["data"] == [])
    if slot.place == "body" and seen.status == 422:
        fields = [ELEMENT.sub("", error["field"]) for error in seen.body.get("errors", [])]
        return any(field.endswith(slot.name) for field in fields)
    return False


def leaks(answer: Answer, secret: Set[str]) -> list[str]:
    """The secret ids that the answer holds."""
    return sorted(secret & set(UUIDS.findall(answer.text)))


def outcomes(operation: Operation, world: World, *, asker: Person) -> list[Seen]:
    """How the operation answers the asker on their own rows first, then on any of the organization's: until one is
    reached. Nothing is kept."""
    seen: list[Seen] = []
    for nth in range(COMBINATIONS if any(True for _ in _ids_of(operation)) else 1):
        choose = _chooser(world, operation, asker, nth)
        with ledger.rehearsal():
            seen.append(Seen.of(operation.send(choose, as_=asker), UUID(int=0)))
        if is_reached(seen[-1]) or seen[-1].status == FORBIDDEN:
            break
    return seen


FORBIDDEN = 403
REFUSED = frozenset(
    {"forbidden", "individuals_hidden", "not_found", "organization_required", "person_required"}
)


def is_reached(seen: Seen) -> bool:
    """Whether the asker got past who they are and which row they named: 2xx, or a problem with the work itself."""
    return seen.status not in {401, 404, 422} and seen.code not in REFUSED


def _ids_of(operation: Operation) -> list[Slot]:
    return [slot for slot in slots() if slot.operation == operation and slot.place != "query"]


def _chooser(world: World, operation: Operation, person: Person, nth: int) -> Callable[[str], UUID]:
    def choose(name: str) -> UUID:
        ids = [
            world.own(name, resource=operation.resource, person=person),
            *world.some(name, resource=operation.resource),
        ]
        return ids[nth % len(ids)]

    return choose
