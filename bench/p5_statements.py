"""P5: statements a request, all counted but the publish mark; connections opened by 1,000 warm calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy import event

from bench.driver import Count
from bench.product import a_member, running
from lodestar.db import engine
from tests.gateway import Person, get, post

LIST_TARGET, WRITE_TARGET = 4, 9
ROWS = 1_000
WARM_CALLS = 1_000
PATH = "/v1/assessment/item-banks"


def measure() -> Iterator[Count]:
    """On item banks: a list of ten rows a page at pages 1, 10 and 100, and a POST with an Idempotency-Key."""
    with running():
        _, staff = a_member("org_staff")
        for number in range(ROWS):
            post(PATH, {"key": f"bank-{number}", "title": "Bank"}, as_=staff).expect(201)
        with _statements(engine()) as seen:
            post(
                PATH, {"key": "counted", "title": "Bank"}, as_=staff, headers={"Idempotency-Key": "p5"}
            ).expect(201)
        yield Count("P5", "statements of a POST with an Idempotency-Key", len(seen), WRITE_TARGET)
        yield from _pages(staff, engine())
        with _connections(engine()) as opened:
            for _ in range(WARM_CALLS):
                get(f"{PATH}?limit=1", as_=staff).expect(200)
        yield Count("P5", f"connections opened by {WARM_CALLS} warm calls", len(opened), 0)


def _pages(staff: Person, engine: Any) -> Iterator[Count]:
    cursor = ""
    for number in range(1, 101):
        with _statements(engine) as seen:
            page = get(f"{PATH}?limit=10{cursor}", as_=staff).expect(200)["page"]
        if number in (1, 10, 100):
            yield Count("P5", f"statements of a list, page {number}", len(seen), LIST_TARGET)
        cursor = f"&cursor={quote(page['next_cursor'])}" if page["next_cursor"] else ""


@contextmanager
def _statements(engine: Any) -> Iterator[list[str]]:
    """Those sent, without the mark that an event was published."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "mark_published" not in statement:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def _connections(engine: Any) -> Iterator[list[Any]]:
    opened: list[Any] = []

    def note(connection: Any, _record: Any) -> None:
        opened.append(connection)

    event.listen(engine, "connect", note)
    try:
        yield opened
    finally:
        event.remove(engine, "connect", note)
