"""The two logins of the product's database, wherever it runs."""

from dataclasses import dataclass

from sqlalchemy.engine import URL, make_url

from local import postgres
from local.secrets import password
from local.settings import Settings

APPLICATION = "lodestar_app"


@dataclass(frozen=True)
class Logins:
    """SQLAlchemy URLs. The migrator owns the schema and creates the application's role with the password here."""

    migrator: str
    application: str


def logins(settings: Settings) -> Logins:
    """Of the server started here, or of the one that LODESTAR_DATABASE_URL names."""
    secret = password(settings.database_directory, APPLICATION)
    if settings.database_url is None:
        secret_of_migrator = password(settings.database_directory, postgres.MIGRATOR)
        migrator = URL.create(
            "postgresql+pg8000",
            username=postgres.MIGRATOR,
            password=secret_of_migrator,
            host="127.0.0.1",
            port=settings.database_port,
            database=postgres.DATABASE,
        )
    else:
        migrator = make_url(settings.database_url).set(drivername="postgresql+pg8000")
    application = migrator.set(username=APPLICATION, password=secret)
    return Logins(
        migrator=migrator.render_as_string(hide_password=False),
        application=application.render_as_string(hide_password=False),
    )
