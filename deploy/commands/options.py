"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.codes import Quantity
from deploy.words import _

if TYPE_CHECKING:
    from services.kit.settings import Settings

DataDir = Annotated[
    Path | None,
    typer.Option(help=_("Where everything is kept. Default: PALIER_DATA_DIR, else .palier"), file_okay=False),
]


class Stamp(StrEnum):
    START = "start"
    END = "end"


class Kind(StrEnum):
    INTERVAL = "interval"
    REGISTER = "register"


class DateOrder(StrEnum):
    DMY = "dmy"
    MDY = "mdy"


# What a person says of a file that does not say it itself.
TimeColumn = Annotated[str | None, typer.Option(help=_("Any CSV: the column of the time."))]
ValueColumn = Annotated[str | None, typer.Option(help=_("Any CSV: the column of the value."))]
FileUnit = Annotated[str | None, typer.Option(help=_("Wh, kWh, W, kW, L, m3…"))]
FileStamp = Annotated[Stamp | None, typer.Option(help=_("Whether times are the start or the end."))]
FileKind = Annotated[Kind | None, typer.Option(help=_("Amounts of intervals, or a cumulative register."))]
FileQuantity = Annotated[Quantity | None, typer.Option(help=_("Such as energy_import or volume."))]
FileDateOrder = Annotated[DateOrder | None, typer.Option(help=_("dmy or mdy, where a file leaves it open."))]


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
