"""Runs the migrations on the connection string that db.schema hands over."""

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool, text

target = context.config.attributes.get("metadata")


def run() -> None:
    """Applies the revisions in one transaction."""
    dsn = context.config.attributes["connection"]
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("create schema if not exists ledger"))
        context.configure(
            connection=connection,
            target_metadata=target,
            version_table_schema="ledger",
            include_schemas=True,
            compare_server_default=True,
            include_name=lambda name, kind, _: kind != "schema" or name == "ledger",
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
