"""The command `palier`. Commands live in `deploy/commands/`, each imported only when it is called."""

import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from deploy.words import _, language

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", _("Play a small cooperative through the past month, then go on live.")),
    "up": ("up", _("Engines and all rooms, until stopped.")),
    "serve": ("serve", _("Only the named rooms, against engines named by URL.")),
    "migrate": ("migrate", _("Bring the database schemas up to date.")),
    "coop": ("members:coop_app", _("Cooperatives.")),
    "staff": ("members:staff_app", _("Staff accounts.")),
    "token": ("members:token_app", _("An API token.")),
    "simulate": ("simulate", _("A fleet of simulated meters publishing over MQTT.")),
    "replay": ("replay", _("Play recorded consumption as a meter would.")),
    "replays": ("replays", _("Feeds and replays of a running instance: start, lead, look.")),
    "import": ("importing", _("Import a file of past consumption.")),
    "import-homes": ("import_homes", _("Import homes, households and meters from a spreadsheet.")),
    "rejected": ("rejected", _("The quarantine.")),
    "letters": ("letters", _("Letters to firms: what came back.")),
    "score": ("score", _("Score the advice on labelled homes.")),
    "bench": ("bench", _("Measure the pipeline.")),
    "backup": ("backup", _("Save everything, verified.")),
    "restore": ("restore", _("Bring a backup back.")),
    "doctor": ("doctor", _("Check settings, engines, durability, limits, clock and disk.")),
}
"""Every command: its module in `deploy/commands/` (`:` its Typer app, when that is not called `app`) and its
line of help, so that `palier --help` imports nothing else. A command whose module is missing is not shown."""


class LazyGroup(TyperGroup):
    """Finds a command's module when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name in COMMANDS if find_spec(_place(name)[0]) is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, attribute = _place(cmd_name)
        command = typer.main.get_command(getattr(import_module(module), attribute))
        command.name = cmd_name
        if language() != "en":  # what the function says of itself is English
            command.help = COMMANDS[cmd_name][1]
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"palier {version('palier')}")
        raise typer.Exit


@app.callback()
def palier(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    """Member energy and after-sales service for housing cooperatives."""


def main() -> None:
    """Exit 0 when done, 1 when it failed, 2 for wrong usage."""
    from deploy.engines.child import EngineError

    try:
        app()
    except EngineError as error:
        typer.echo(f"palier: {error}", err=True)
        sys.exit(1)


def _place(name: str) -> tuple[str, str]:
    module, _, attribute = COMMANDS[name][0].partition(":")
    return f"deploy.commands.{module}", attribute or "app"


if __name__ == "__main__":
    main()
