"""P5: statements a request, all counted but the publish mark, of every list and of every write that succeeds.

Lists are asked at pages 1, 10 and 100, as staff and as a learner, with each filter alone; writes are sent with the
security suite's rows and bodies, a POST with an Idempotency-Key. Then: connections opened by 1,000 warm calls, and
operations that would carry media through a function.
"""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID, uuid4

from bench.driver import Result
from bench.filling import fill, filled_database
from bench.listings import TABLES
from bench.lists import Variant, variants
from bench.product import a_member, running
from bench.statements import connections, sent
from lodestar.db import engine
from tests.gateway import Person, get
from tests.security.operations import Operation, operations
from tests.security.world import World, a_full_organization

LIST_TARGET, WRITE_TARGET = 4, 9
ROWS, ROWS_A_PAGE = 20_000, 10
PAGES = (10, 100)
WARM_CALLS = 1_000
READING = ("get", "head")
TEXT_TYPES = ("application/json", "application/problem+json", "text/vtt")


def measure() -> Iterator[Result]:
    """The dearest variant of each list, every list whose pages differ, the writes above the target."""
    yield from _lists()
    with running():
        yield from _writes(a_full_organization())
        yield _connections()
    yield Result("P5", "operations that carry media through a function", len(list(_media())), 0)


def _lists() -> Iterator[Result]:
    worst: dict[str, int] = defaultdict(int)
    uneven = []
    with filled_database() as server:
        fill(server, TABLES, above=0, up_to=ROWS)
        found = list(variants(server))
        for variant in found:
            counts = _counts(variant)
            worst[variant.path] = max(worst[variant.path], *counts)
            if len(set(counts)) > 1:
                uneven.append(f"{variant.path} ({variant})")
    for path, count in sorted(worst.items()):
        yield Result("P5", f"GET {path.removeprefix('/v1/')}", count, LIST_TARGET)
    what = f"of {len(found)} lists with a filter or none: pages 1, 10, 100 differ"
    yield Result("P5", what, len(uneven), 0, note=", ".join(uneven))


def _counts(variant: Variant) -> list[int]:
    """Statements of the pages that there are, an empty last one aside."""
    cursors = [None, *filter(None, (variant.cursor_after((page - 1) * ROWS_A_PAGE) for page in PAGES))]
    counts = []
    for cursor in cursors:
        with sent(engine()) as seen:
            page = variant.page(limit=ROWS_A_PAGE, cursor=cursor)
        if page["data"]:
            counts.append(len(seen))
    return counts or [len(seen)]


def _writes(world: World) -> Iterator[Result]:
    writes = [operation for operation in operations() if operation.method not in READING]
    most: dict[str, int] = {}
    for operation in writes:
        for person in (world.admin, world.learner):
            count = _count(operation, world, person)
            if count is not None:
                most[str(operation)] = max(count, most.get(str(operation), 0))
    for name, count in sorted(most.items(), key=lambda item: -item[1]):
        yield Result("P5", name.replace("/v1/", ""), count, WRITE_TARGET)
    refused = [str(operation) for operation in writes if str(operation) not in most]
    yield Result(
        "P5",
        f"of {len(writes)} writes: not measured, because refused",
        len(refused),
        len(writes),
        note=", ".join(refused),
    )


def _count(operation: Operation, world: World, person: Person) -> int | None:
    """Statements of the write, or None when it was refused."""

    def choose(name: str) -> UUID:
        return world.own(name, resource=operation.resource, person=person)

    key = {"Idempotency-Key": str(uuid4())} if operation.method == "post" else {}
    with sent(engine()) as seen:
        answer = operation.send(choose, as_=None if operation.is_public else person, headers=key)
    return len(seen) if answer.status < 300 else None


def _connections() -> Result:
    _, staff = a_member("org_staff")
    with connections(engine()) as opened:
        for _ in range(WARM_CALLS):
            get("/v1/assessment/item-banks?limit=1", as_=staff).expect(200)
    return Result("P5", f"connections opened by {WARM_CALLS} warm calls", len(opened), 0)


def _media() -> Iterator[str]:
    for operation in operations():
        bodies = [operation.document.get("requestBody", {}), *operation.document["responses"].values()]
        types = {content for body in bodies for content in body.get("content", {})}
        if not types <= set(TEXT_TYPES):
            yield str(operation)
