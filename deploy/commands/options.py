"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.kit.settings import Settings

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where everything is kept. Default: PALIER_DATA_DIR, else .palier", file_okay=False),
]


def settings_for(data_dir: Path | None) -> "Settings":
    """The environment's settings; the option wins."""
    from services.kit.settings import Settings

    return Settings() if data_dir is None else Settings(data_dir=data_dir)


def running_settings(data_dir: Path | None) -> "Settings":
    """Settings of a running instance, its embedded engines named by URL; EngineError when nothing runs."""
    from urllib.parse import urlsplit

    from deploy.up import read_endpoints

    settings = settings_for(data_dir)
    if settings.nats_url and settings.mqtt_url and settings.database_url:
        return settings
    found = read_endpoints(settings.data_dir)
    nats = urlsplit(found.nats)
    urls = {"nats_url": f"{nats.scheme}://{nats.hostname}:{nats.port}", "mqtt_url": found.mqtt}
    return settings.model_copy(update=urls | {"database_url": found.database, "public_url": found.http})
