"""P8: the sweep that makes deliveries of a million due reminders, over one raw INSERT ... SELECT ... ON CONFLICT of them.

Both write the same rows. The sweep also takes each reminder out of those that wait and tells the sender, in chunks that
commit; the raw statement does neither. Both run as the application, under row-level security, the raw one without its
limits of time. The bus takes everything at once. A second sweep must make nothing.
"""

from collections.abc import Iterator
from datetime import timedelta
from unittest import mock
from uuid import UUID

from pg8000.dbapi import Connection
from sqlalchemy import Engine, text

from bench.driver import Result, compare
from bench.filling import filled_database
from bench.product import connect
from lodestar import clock
from lodestar.bus import Sent
from lodestar.db import engine
from lodestar.outbox import OutboxRow
from lodestar.principal import NOBODY
from messaging.service import sweeping

ROWS = 1_000_000
TARGET = 1.5
ROUNDS = 3
LONGEST = timedelta(hours=1)
ORGANIZATION = "bench.id('organizations', 1)"
MAKE = (
    f"""
    INSERT INTO messaging.anchors (org_id, kind, subject_id, at, time_zone, told_at)
    VALUES ({ORGANIZATION}, 'class_session', uuidv7(), now(), 'UTC', now())
    """,
    f"""
    INSERT INTO messaging.anchor_recipients (org_id, anchor_id, audience, recipient_key, email)
    SELECT a.org_id, a.id, 'learner', n::text, n || '@example.org'
    FROM messaging.anchors AS a CROSS JOIN generate_series(1, {ROWS}) AS n WHERE a.org_id = {ORGANIZATION}
    """,
    f"""
    INSERT INTO messaging.scheduled_messages (org_id, anchor_id, anchor_version, policy_key, reminded_id, channel,
      category, template_key, send_at, address)
    SELECT org_id, anchor_id, 1, 'bench', id, 'email', 'operational', 'class-reminder', now(), email
    FROM messaging.anchor_recipients WHERE org_id = {ORGANIZATION}
    """,
    "VACUUM ANALYZE messaging.scheduled_messages",
)
READY = (
    "DELETE FROM messaging.deliveries WHERE template_key = 'class-reminder'",
    "DELETE FROM backbone.outbox WHERE name = 'messaging.deliveries_queued'",
    "TRUNCATE messaging.waiting_messages",
    f"""
    INSERT INTO messaging.waiting_messages (org_id, send_at, id)
    SELECT org_id, send_at, id FROM messaging.scheduled_messages WHERE org_id = {ORGANIZATION}
    """,
    "VACUUM ANALYZE messaging.deliveries",
    "VACUUM ANALYZE messaging.waiting_messages",
)
RAW = """
    INSERT INTO messaging.deliveries (org_id, channel, category, template_key, dedupe_key, scheduled_message_id,
      recipient_id, address, name, locale, time_zone, attachments, target_type, target_id, not_before)
    SELECT s.org_id, s.channel, s.category, s.template_key, 'scheduled:' || s.id, s.id, s.recipient_id, s.address,
      s.name, s.locale, s.time_zone, a.attachments, a.kind, a.subject_id, now()
    FROM messaging.scheduled_messages AS s JOIN messaging.anchors AS a ON a.id = s.anchor_id
    WHERE s.org_id = backbone.current_org() AND s.send_at <= now()
    ON CONFLICT (org_id, dedupe_key) DO NOTHING
"""


def measure() -> Iterator[Result]:
    """The sweep over the raw statement, and how many a second sweep makes."""
    with filled_database() as server, mock.patch("lodestar.bus.put", _take_all):
        with server.connect() as connection:
            for statement in MAKE:
                connection.exec_driver_sql(statement)
            org_id: UUID = connection.execute(text(f"SELECT {ORGANIZATION}")).scalar_one()
        raw = connect(engine())
        for limit in ("statement_timeout", "transaction_timeout"):
            raw.cursor().execute(f"SET {limit} = 0")
        raw.commit()
        yield compare(
            "P8",
            f"sweep over {ROWS:,} due reminders / raw INSERT ... SELECT ... ON CONFLICT",
            baseline=lambda: _insert(raw, org_id),
            candidate=lambda: _sweep(org_id),
            target=TARGET,
            rounds=ROUNDS,
            before_each=lambda: _make_ready(server),
        )
        raw.close()
        again = sweeping.release(org_id, stop_at=clock.now() + LONGEST)
    yield Result("P8", "deliveries made by a second sweep", again, 0)


def _take_all(rows: list[OutboxRow]) -> Sent:
    return Sent([row.id for row in rows])


def _make_ready(server: Engine) -> None:
    with server.connect() as connection:
        for statement in READY:
            connection.exec_driver_sql(statement)


def _insert(connection: Connection, org_id: UUID) -> None:
    connection.cursor().execute("SELECT backbone.enter(%s, %s, %s)", (org_id, NOBODY, False))
    connection.cursor().execute(RAW)
    connection.commit()


def _sweep(org_id: UUID) -> None:
    released = sweeping.release(org_id, stop_at=clock.now() + LONGEST)
    assert released == ROWS, released
