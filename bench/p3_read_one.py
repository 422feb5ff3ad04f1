"""P3: GET of one row through the handler, over raw pg8000 with the same statements and transaction."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from bench.driver import Result, compare
from bench.product import a_member, connect, running
from lodestar.db import engine
from tests.gateway import gateway_event, handler_of, post

TARGET = 2.5
CALLS, ROUNDS = 40, 45
COLUMNS = "id, org_id, created_at, version, updated_at, key, title, description"


def measure() -> Iterator[Result]:
    """The row is an item bank: a tenant row under row-level security, eight columns."""
    with running():
        org_id, staff = a_member("org_staff")
        bank = post("/v1/assessment/item-banks", {"key": "bench", "title": "Bench"}, as_=staff).expect(201)
        path = f"/v1/assessment/item-banks/{bank['id']}"
        event, handler = gateway_event("GET", path, as_=staff), handler_of(path)
        connection = connect(engine())
        yield compare(
            "P3",
            "GET one item bank / raw pg8000, same statements",
            baseline=lambda: _read(connection, org_id, staff.user_id, bank["id"]),
            candidate=lambda: handler(event, None),
            target=TARGET,
            calls=CALLS,
            rounds=ROUNDS,
        )
        connection.close()


def _read(connection: Any, org_id: UUID, user_id: UUID, bank_id: str) -> str:
    cursor = connection.cursor()
    cursor.execute("SELECT backbone.enter(%s, %s, %s)", (org_id, user_id, True))
    cursor.fetchall()
    cursor.execute(
        f"SELECT {COLUMNS} FROM assessment.item_banks WHERE id = %s AND org_id = %s", (bank_id, org_id)
    )
    row = dict(zip(COLUMNS.split(", "), cursor.fetchone(), strict=True))
    connection.rollback()
    return json.dumps({name: str(value) for name, value in row.items()})
