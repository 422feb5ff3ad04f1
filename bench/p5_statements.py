"""P5: statements a request, all counted but the publish mark, of every list and of every write.

Lists are asked at pages 1, 10 and 100, as staff and as a learner, with each filter alone; writes are those of
bench.writes, a POST with an Idempotency-Key. Then: connections opened by 1,000 warm calls, and
operations that would carry media through a function.
"""

from collections import defaultdict
from collections.abc import Iterator

from bench.driver import Result
from bench.filling import fill, filled_database
from bench.listings import TABLES
from bench.lists import Variant, variants
from bench.product import a_member, running
from bench.statements import connections, sent
from bench.writes import writes
from lodestar.db import engine
from tests.gateway import get
from tests.security.operations import operations

LIST_TARGET, WRITE_TARGET = 4, 9
ROWS, ROWS_A_PAGE = 20_000, 10
PAGES = (10, 100)
WARM_CALLS = 1_000
READING = ("get", "head")
OK = 300
TEXT_TYPES = ("application/json", "application/problem+json", "text/vtt", "image/svg+xml")
"""What is no media: a metric's chart is text too, drawn from the numbers that the function read."""


def measure() -> Iterator[Result]:
    """The dearest variant of each list, every list whose pages differ, the writes above the target."""
    yield from _lists()
    with running():
        yield from _writes()
        yield _connections()
    yield Result("P5", "operations that carry media through a function", len(list(_media())), 0)


def _lists() -> Iterator[Result]:
    worst: dict[str, int] = defaultdict(int)
    uneven = []
    with filled_database() as server:
        fill(server, TABLES, above=0, up_to=ROWS)
        found = list(variants(server))
        for variant in found:
            counts = statements_of_list(variant)
            worst[variant.path] = max(worst[variant.path], *counts)
            if len(set(counts)) > 1:
                uneven.append(f"{variant.path} ({variant})")
    for path, count in sorted(worst.items()):
        yield Result("P5", f"GET {path.removeprefix('/v1/')}", count, LIST_TARGET)
    what = f"of {len(found)} lists with a filter or none: pages 1, 10, 100 differ"
    yield Result("P5", what, len(uneven), 0, note=", ".join(uneven))


def statements_of_list(variant: Variant) -> list[int]:
    """Statements of the pages that there are, an empty last one aside."""
    cursors = [None, *filter(None, (variant.cursor_after((page - 1) * ROWS_A_PAGE) for page in PAGES))]
    counts = []
    for cursor in cursors:
        with sent(engine()) as seen:
            page = variant.page(limit=ROWS_A_PAGE, cursor=cursor)
        if page["data"]:
            counts.append(len(seen))
    return counts or [len(seen)]


def statements_of_writes() -> tuple[dict[str, int], dict[str, str]]:
    """Of each write's requests that succeed the dearest, and how requests of the others were refused."""
    most: dict[str, int] = {}
    refused: dict[str, str] = {}
    for name, prepare in writes():
        send = prepare()
        with sent(engine()) as seen:
            answer = send()
        if answer.status < OK:
            most[name] = max(len(seen), most.get(name, 0))
        else:
            refused[name] = f"{name}: {answer.status}"
    return most, refused


def _writes() -> Iterator[Result]:
    """The dearest request of each write; a write of which none succeeds misses the goal, whatever it would cost."""
    most, refused = statements_of_writes()
    for name, count in sorted(most.items(), key=lambda item: -item[1]):
        yield Result("P5", name.replace("/v1/", ""), count, WRITE_TARGET)
    asked = {" ".join(name.split()[:2]) for name in most}
    missing = [str(one) for one in operations() if one.method not in READING and str(one) not in asked]
    note = ", ".join(refused.get(name, name) for name in missing)
    yield Result(
        "P5", f"of {len(asked) + len(missing)} writes: refused, so not measured", len(missing), 0, note=note
    )


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
