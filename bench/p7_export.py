"""P7e: an export of all of an institution's learners, 100,000 and 1,000,000, as CSV and as a workbook.

Each is made by a process of its own, as a Lambda makes it, from the claim to the object in the store: its seconds, beside
the fifteen minutes that a Lambda has, and the most memory that it ever held, which must not grow with the table.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, text

from bench.driver import Result
from bench.filling import fill, filled_database

SIZES = (100_000, 1_000_000)
FORMATS = ("csv", "xlsx")
MEMORY_TARGET = 1.2
SECONDS_TARGET = 450
"""Half of a Lambda's time, for a machine that is half as fast."""
TABLES = (
    "assessment.attempts", "assessment.backgrounds", "identity.memberships", "identity.users", "learning.cohorts",
    "learning.enrollments",
    "learning.lessons", "learning.module_progress", "learning.modules", "learning.program_versions", "learning.programs",
    "learning.stage_awards", "learning.stages",
)  # fmt: skip
ONE_ORGANIZATION = """
    CREATE OR REPLACE FUNCTION bench.org(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT bench.id('organizations', 1) $$
"""
ASKED = text(
    """
    INSERT INTO insights.exports (org_id, requested_by, format, operation_id)
    VALUES (bench.id('organizations', 1), bench.id('users', 1), :format, uuidv7()) RETURNING org_id, id
    """
)
MADE = text("SELECT row_count FROM insights.exports WHERE id = :id AND state = 'completed'")


def measure() -> Iterator[Result]:
    """Seconds of each table, and the memory of the larger to the smaller one's."""
    peaks: dict[tuple[str, int], float] = {}
    with filled_database() as server:
        with server.connect() as connection:
            connection.execute(text(ONE_ORGANIZATION))
            # The exports' own organization and person are not there: nothing here looks them up.
            connection.execute(text("ALTER TABLE insights.exports DISABLE TRIGGER ALL"))
        for below, size in zip((0, *SIZES), SIZES, strict=False):
            fill(server, TABLES, above=below, up_to=size)
            for format_ in FORMATS:
                made = _export(server, format_, rows=size)
                peaks[format_, size] = made["megabytes"]
                seconds = made["seconds"]
                note = f"{made['processor']:,.0f} s of Python, {made['megabytes']:,.0f} MB, {size / seconds:,.0f} learners/s"
                yield Result(
                    "P7e", f"{size:,} learners as {format_}, seconds", seconds, SECONDS_TARGET, note=note
                )
    small, large = SIZES
    for format_ in FORMATS:
        ratio = peaks[format_, large] / peaks[format_, small]
        yield Result("P7e", f"{format_}: memory of {large:,} / {small:,}", ratio, MEMORY_TARGET)


def _export(server: Engine, format_: str, *, rows: int) -> dict[str, float]:
    """Seconds, those of them of the process itself, and megabytes at most."""
    with server.connect() as connection:
        org_id, export_id = connection.execute(ASKED, {"format": format_}).one()
        command = [sys.executable, "-m", "bench.p7_export", str(org_id), str(export_id)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
        assert connection.scalar(MADE, {"id": export_id}) == rows
    return found


def _make(org_id: UUID, export_id: UUID) -> None:
    """In a process of its own."""
    from insights.service import exporting

    start, before = time.perf_counter(), time.process_time()
    exporting.make(org_id, export_id)
    seconds, processor = time.perf_counter() - start, time.process_time() - before
    status = Path("/proc/self/status").read_text(encoding="utf-8").split()
    most = int(status[status.index("VmHWM:") + 1]) / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "megabytes": most}))


if __name__ == "__main__":
    _make(*map(UUID, sys.argv[1:]))
