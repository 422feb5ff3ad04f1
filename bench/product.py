"""A database and an AWS for measuring the product in process, as tests have them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

from moto.server import ThreadedMotoServer
from pg8000.dbapi import Connection
from sqlalchemy import Engine

from lodestar.config import settings
from lodestar.db import engine
from lodestar.principal import Role
from tests.database import provide
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person
from tests.simulators import running as simulators


@contextmanager
def running() -> Iterator[tuple[str, Path]]:
    """The product's environment: the application's database URL, and where the server keeps its data. Events are
    published to moto, vendors are simulated."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with (
        tempfile.TemporaryDirectory() as directory,
        provide(Path(directory), worker="bench") as database,
        simulators.running(Path(directory) / "simulators") as vendors,
    ):
        environment = {
            "DATABASE_URL": database.application_url,
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "EVENT_BUS_NAME": "default",
            "MEDIA_BUCKET": "lodestar-bench-media",
            "SIGNING_KEY": "a-key-that-signs-for-benchmarks-only",
            "SIMULATOR_URL": vendors.url,
        }
        with mock.patch.dict(os.environ, environment):
            os.environ |= _make_storage_and_accounts()
            settings.cache_clear()
            engine.cache_clear()
            yield database.application_url, Path(directory)
            engine().dispose()
        settings.cache_clear()
        engine.cache_clear()
    server.stop()


def _make_storage_and_accounts() -> dict[str, str]:
    """A bucket, and a user pool; what they are called goes into the environment."""
    import boto3

    boto3.client("s3").create_bucket(Bucket=os.environ["MEDIA_BUCKET"])
    accounts = boto3.client("cognito-idp")
    pool = accounts.create_user_pool(PoolName="lodestar-bench")["UserPool"]["Id"]
    client = accounts.create_user_pool_client(UserPoolId=pool, ClientName="bench")["UserPoolClient"]
    return {"USER_POOL_ID": pool, "USER_POOL_CLIENT_ID": client["ClientId"]}


def a_member(*roles: str) -> tuple[UUID, Person]:
    """An organization and a person of it."""
    org_id = an_organization()
    return org_id, a_person(org_id, *(Role(role) for role in roles))


def connect(to: Engine) -> Connection:
    """A bare connection to where the engine leads: pg8000 alone, for baselines."""
    url = to.url
    return Connection(
        url.username, host=url.host, port=url.port, password=url.password, database=url.database
    )


def rows_of(connection: Connection, query: str) -> list[Any]:
    """Run a query on a bare connection; its rows are in Python."""
    cursor = connection.cursor()
    cursor.execute(query)
    rows: list[Any] = list(cursor.fetchall())
    return rows
