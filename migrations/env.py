"""Alembic's entry: one connection, given by `handler.migrate`, with lock and statement timeouts."""

from alembic import context

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "600s"

connection = context.config.attributes["connection"]
connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
context.configure(
    connection=connection,
    target_metadata=None,
    transaction_per_migration=True,
    version_table="alembic_version",
    version_table_schema="migrations",
)
with context.begin_transaction():
    context.run_migrations()
