"""Bring the database to this code's schema: a deployment step of its own, before the code that needs it.

As on Aurora, the migrator is no superuser: it may create roles, makes the ones Lodestar needs, and works as
`lodestar_owner`, which owns everything and logs in nowhere. It never downgrades and deletes nothing.
"""

import json
import re
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.engine import URL, make_url

import custom_resource
from lodestar.config import settings
from lodestar.db import encrypted

APPLICATION_STATEMENT_TIMEOUT = "20s"
APPLICATION_IDLE_TIMEOUT = "60s"

ROLES = """
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lodestar_owner') THEN CREATE ROLE lodestar_owner NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lodestar_crossing') THEN
    CREATE ROLE lodestar_crossing NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lodestar_app') THEN CREATE ROLE lodestar_app LOGIN; END IF;
END $$;
GRANT lodestar_owner, lodestar_crossing TO current_user WITH INHERIT TRUE, SET TRUE;
GRANT lodestar_crossing TO lodestar_owner WITH INHERIT FALSE, SET TRUE;
"""


def migrate(migrator_url: URL, *, application_url: URL, revision: str = "head") -> str:
    """Make the roles, then apply what is missing. Returns the revision reached. May run any number of times."""
    with _engine(migrator_url).connect() as connection:
        _prepare(connection, application_url)
        connection.commit()
        connection.exec_driver_sql("SET ROLE lodestar_owner")
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS migrations")
        connection.commit()
        command.upgrade(_config(connection), revision)
        connection.commit()
        return str(connection.scalar(text("SELECT version_num FROM migrations.alembic_version")))


def downgrade(migrator_url: URL, revision: str) -> None:
    """Undo migrations: for tests, and for a person who decided to. No deployment calls it."""
    with _engine(migrator_url).connect() as connection:
        connection.exec_driver_sql("SET ROLE lodestar_owner")
        connection.commit()
        command.downgrade(_config(connection), revision)
        connection.commit()


def _engine(url: URL) -> Engine:
    arguments = {} if settings().environment == "local" else {"ssl_context": encrypted()}
    return create_engine(url, poolclass=NullPool, connect_args=arguments)


def _prepare(connection: Connection, application_url: URL) -> None:
    connection.exec_driver_sql(ROLES)
    database = connection.scalar(text("SELECT current_database()"))
    connection.exec_driver_sql(f'GRANT CREATE, CONNECT ON DATABASE "{database}" TO lodestar_owner')
    connection.exec_driver_sql(f'GRANT CONNECT ON DATABASE "{database}" TO lodestar_app')
    if application_url.password:
        password = re.sub(r"[^A-Za-z0-9_-]", "", str(application_url.password))
        if password != application_url.password:
            raise ValueError("The application role's password may hold letters, digits, - and _ only.")
        connection.exec_driver_sql(f"ALTER ROLE lodestar_app PASSWORD '{password}'")
    elif connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = 'rds_iam'")):
        connection.exec_driver_sql("GRANT rds_iam TO lodestar_app")
    for setting, value in (
        ("statement_timeout", APPLICATION_STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", APPLICATION_IDLE_TIMEOUT),
        ("lock_timeout", "5s"),
        # Requests are short: starting a second process costs more than it saves, and pages come from memory or SSD.
        ("max_parallel_workers_per_gather", "0"),
        ("random_page_cost", "1.1"),
    ):
        connection.exec_driver_sql(f"ALTER ROLE lodestar_app SET {setting} = '{value}'")


def _config(connection: Connection) -> Config:
    config = Config()
    here = str(Path(__file__).parent)
    config.set_main_option("script_location", here)
    config.set_main_option("path_separator", "os")
    config.set_main_option("prepend_sys_path", here)
    config.attributes["connection"] = connection
    return config


def _migrator_url() -> URL:
    """From the setting, or on AWS from Aurora's managed secret."""
    url = make_url(settings().need("migrator_database_url"))
    if settings().migrator_secret_arn is None:
        return url
    from lodestar.aws import call

    answer = call(
        "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": settings().migrator_secret_arn}
    )
    secret = json.loads(answer["SecretString"])
    return url.set(username=secret["username"], password=secret["password"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """CloudFormation's custom resource, or a plain invocation: `{}` migrates to head."""
    return (
        custom_resource.fulfil(event, _bring_up_to_date)
        if custom_resource.is_request(event)
        else _bring_up_to_date()
    )


def _bring_up_to_date() -> dict[str, Any]:
    migrator_url = _migrator_url()
    revision = migrate(migrator_url, application_url=make_url(settings().need("database_url")))
    if settings().administrator_email:
        ensure_administrator(migrator_url, str(settings().administrator_email))
    return {"revision": revision}


def ensure_administrator(migrator_url: URL, email: str) -> None:
    """The platform's own organization and its first administrator, who invites everybody else."""
    with _engine(migrator_url).begin() as connection:
        connection.execute(text("SELECT identity.ensure_administrator(:email)"), {"email": email})
