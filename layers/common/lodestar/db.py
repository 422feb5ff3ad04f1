"""The database: one warm connection, the unit of work, row-level security.

Nobody but the edge commits. An endpoint takes `ReadSession` or `WriteSession` (lodestar.api); reactions, tasks and
schedules are handed a session; both come from `unit_of_work`, which tells PostgreSQL for which organization the
transaction runs. Without that, row-level security shows no tenant's row at all.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import UUID

from sqlalchemy import DateTime, Engine, ForeignKeyConstraint, MetaData, Uuid, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column

from lodestar import invocations, metering, outbox
from lodestar.config import settings
from lodestar.ids import new_id
from lodestar.pipelining import Connection
from lodestar.principal import NOBODY, Principal
from lodestar.problems import StaleVersion

ENTER = "SELECT backbone.enter(%s, %s, %s)"
CONNECT_TIMEOUT_SECONDS = 5
AUTHORITIES = Path(__file__).with_name("rds-authorities.pem")
"""From AWS's published bundle: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html"""

type_map: dict[Any, Any] = {
    UUID: Uuid(),
    datetime: DateTime(timezone=True),
    dict[str, Any]: JSONB(),
    list[Any]: JSONB(),
    list[dict[str, Any]]: JSONB(),
    list[str]: JSONB(),
}


class Base(DeclarativeBase):
    """Every model's base. Each domain's tables carry `schema=<domain>`."""

    metadata = MetaData()
    type_annotation_map: ClassVar[dict[Any, Any]] = type_map


class TenantRow:
    """The columns of every tenant table. PostgreSQL fills `org_id` from the unit of work and checks it."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-3)
    org_id: Mapped[UUID] = mapped_column(server_default=text("backbone.current_org()"), sort_order=-2)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"), sort_order=-1)


class VersionedRow(TenantRow):
    """A tenant row that people edit: `version` is its ETag, and two edits of one version cannot both win."""

    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), onupdate=text("now()"))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands the class
        return {"version_id_col": cls.version, "eager_defaults": True}


class HasVersion(Protocol):
    """A row with an ETag."""

    @property
    def version(self) -> int: ...


def expect_version(row: HasVersion | None, if_match: int | None) -> None:
    """Raises `StaleVersion` when the caller saw another version than the current one; a row to be has version 0."""
    if if_match is not None and if_match != (row.version if row else 0):
        raise StaleVersion()


def tenant_key(column: str, target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """The foreign key `(org_id, column)` to another tenant table of the same domain: `tenant_key("bank_id", "assessment.item_banks")`."""
    return ForeignKeyConstraint(["org_id", column], [f"{target}.org_id", f"{target}.id"], ondelete=ondelete)


@cache
def encrypted() -> ssl.SSLContext:
    """TLS to Aurora and RDS Proxy, verified by Amazon's authorities for them, which no operating system carries."""
    return ssl.create_default_context(cafile=AUTHORITIES)


@cache
def engine() -> Engine:
    """The process's engine: one connection kept warm, a second only while the first is busy."""
    url = make_url(settings().need("database_url"))
    arguments: dict[str, Any] = {"timeout": CONNECT_TIMEOUT_SECONDS}
    if settings().environment != "local":
        arguments["ssl_context"] = encrypted()
    made = create_engine(
        url, pool_size=1, max_overflow=3, pool_use_lifo=True, connect_args=arguments, hide_parameters=True
    )
    invocations.count_statements(made)
    if settings().database_iam_auth:
        event.listen(made, "do_connect", _sign_in_by_iam(url))
    event.listen(made, "do_connect", _connect)
    return made


def _connect(_dialect: object, _record: object, args: Any, parameters: dict[str, Any]) -> Connection:
    return Connection(*args, **parameters)


def _sign_in_by_iam(url: URL) -> Any:
    """A fresh IAM token for each new connection; it lives 15 minutes and is only asked for at connect."""

    def sign(_dialect: object, _record: object, _args: object, parameters: dict[str, Any]) -> None:
        from lodestar.aws import database_token

        parameters["password"] = database_token(str(url.host), url.port or 5432, str(url.username))

    return sign


def _enter(session: Session, principal: Principal, *, read_only: bool) -> None:
    """Bind the transaction to its organization. As its first statement it also finds out whether the warm
    connection died since the last call, in which case a new one is opened, once."""
    try:
        _bind(session, principal, read_only=read_only)
    except DBAPIError:
        session.invalidate()
        _bind(session, principal, read_only=read_only)


def _bind(session: Session, principal: Principal, *, read_only: bool) -> None:
    """Every transaction's first statement goes to the driver as it is: the ORM would look twice for nothing.

    Ahead of it goes what a call by API key is charged. Raises `RateLimited`.
    """
    connection, values = session.connection(), metering.due(principal)
    if values:
        driver: Any = connection.connection.driver_connection
        driver.send_ahead(metering.STATEMENT, values)
    connection.exec_driver_sql(ENTER, (principal.org_id, principal.user_id, read_only))
    if values:
        metering.settle(principal, driver.answered_ahead)


@contextmanager
def unit_of_work(principal: Principal, *, read_only: bool = False) -> Iterator[Session]:
    """One transaction for one organization: committed at the end, with its events; rolled back on any error.

    The events are published right after the commit; what that misses, backbone's relay sweeps up.
    """
    with Session(engine(), expire_on_commit=False) as session:
        session.info["principal"] = principal
        invocations.serve(principal.org_id)
        _enter(session, principal, read_only=read_only)
        yield session
        outbox.write(session)
        session.commit()
        invocations.committed()
        outbox.publish(session)


@contextmanager
def work_for(org_id: UUID) -> Iterator[Session]:
    """The unit of work of reactions, tasks and schedules: for an organization, asked for by no person."""
    with unit_of_work(Principal(user_id=NOBODY, org_id=org_id)) as session:
        yield session


def act_for(session: Session, principal: Principal) -> None:
    """Go on in the same transaction for another organization: the one that a public token led to, or a new one.

    What was emitted so far is stored for the organization that it happened in.
    """
    turn_to(session, principal)
    _bind(session, principal, read_only=False)


def turn_to(session: Session, principal: Principal) -> None:
    """The same, around a statement that calls `backbone.enter` for the principal itself."""
    outbox.write(session)
    session.info["principal"] = principal
    invocations.serve(principal.org_id)


def principal_of(session: Session) -> Principal:
    """Who this transaction acts for."""
    principal: Principal = session.info["principal"]
    return principal
