"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.words import _

if TYPE_CHECKING:
    from services.kit.settings import Settings

DataDir = Annotated[
    Path | None,
    typer.Option(help=_("Where everything is kept. Default: PALIER_DATA_DIR, else .palier"), file_okay=False),
]


def settings_for(data_dir: Path | None) -> "Settings":
    """The environment's settings; the option wins. One that cannot be is wrong usage."""
    from pydantic import ValidationError

    from services.kit.settings import Settings

    try:
        return Settings() if data_dir is None else Settings(data_dir=data_dir)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        variable = f"PALIER_{'_'.join(map(str, wrong['loc'])).upper()}"
        typer.echo(f"{variable}: {wrong['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(2) from None


def running_settings(data_dir: Path | None) -> "Settings":
    """Settings of a running instance, its embedded engines named by URL; EngineError when nothing runs."""
    from deploy.up import running_settings as run

    return run(settings_for(data_dir))


def printable(words: object) -> str:
    """What an error says, safe for a terminal even where it quotes a file: nothing that moves its cursor."""
    return "".join(char if char.isprintable() else "\ufffd" for char in str(words))[:500]
