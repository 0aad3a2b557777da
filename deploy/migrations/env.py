"""Alembic's environment: online only, models of all rooms, versions kept in the schema `palier`."""

from alembic import context
from sqlalchemy import create_engine, pool

from deploy.models import is_compared, metadata


def _run() -> None:
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata(),
            version_table_schema="palier",
            include_schemas=True,
            include_object=is_compared,
        )
        with context.begin_transaction():
            context.run_migrations()


_run()
