"""`python -m local.schema` writes docs/schema, from a database that it migrates and throws away."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.engine import make_url

from local import postgres
from local.schema import generate, write


@contextmanager
def _migrated() -> Iterator[Connection]:
    from handler import migrate

    with tempfile.TemporaryDirectory() as directory:
        options = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        server = postgres.start(Path(directory) / "postgres", options=options)
        try:
            url = make_url(server.url())
            migrate(url, application_url=make_url(server.url("lodestar_app")))
            with create_engine(url, poolclass=NullPool).connect() as connection:
                yield connection
        finally:
            server.stop()


def main() -> int:
    """Write the pages."""
    with _migrated() as connection:
        write(generate(connection))
    return 0


if __name__ == "__main__":
    sys.exit(main())
