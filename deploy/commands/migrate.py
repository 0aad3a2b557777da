"""`palier migrate`: database schemas, bus streams and roles up to date."""

from contextlib import suppress

import typer

from deploy.commands.options import DataDir, settings_for

app = typer.Typer(add_completion=False)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database up to date, and the bus's streams where a bus runs; safe to repeat.

    The embedded database is started for it when nothing runs; its bus is provisioned at the next `up`.
    """
    from deploy.engines import EngineError, Engines
    from deploy.migrate import migrate as run
    from deploy.prepare import prepare_engines
    from deploy.up import running_settings
    from services.kit import secrets

    settings = settings_for(data_dir)
    with suppress(EngineError):
        settings = running_settings(settings)
    if settings.database_url is not None and settings.nats_url is not None:
        prepare_engines(settings, secrets.load(settings))
    elif settings.database_url is not None:
        run(settings.database_url, secrets.load(settings))
    else:
        with Engines(settings, only={"postgres"}) as engines:
            database_url = engines.settings.database_url
            assert database_url
            run(database_url, engines.secrets)
    typer.echo("up to date")
