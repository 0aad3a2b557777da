"""The command `palier`. Commands live in `deploy/commands/`, each imported only when it is called."""

import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

COMMANDS: dict[str, str] = {
    "demo": "Play a small cooperative through the past month, then go on live.",
    "up": "Engines and all rooms, until stopped.",
    "serve": "Only the named rooms, against engines named by URL.",
    "migrate": "Bring the database schemas up to date.",
    "coop": "Cooperatives.",
    "staff": "Staff accounts.",
    "token": "An API token.",
    "simulate": "A fleet of simulated meters publishing over MQTT.",
    "replay": "Play recorded consumption as a meter would.",
    "import": "Import a file of past consumption.",
    "import-homes": "Import homes, households and meters from a spreadsheet.",
    "rejected": "The quarantine.",
    "score": "Score the advice on labelled homes.",
    "bench": "Measure the pipeline.",
    "backup": "Save everything, verified.",
    "restore": "Bring a backup back.",
    "doctor": "Check settings, engines, durability, limits, clock and disk.",
}
"""Every command with its line of help: `palier --help` imports nothing else. The module of `import-homes` is
`deploy.commands.import_homes`, of `import` `deploy.commands.import_`; each holds a Typer `app` with one
command or a group of them. A name whose module is not there yet is not shown."""


class LazyGroup(TyperGroup):
    """Finds a command's module when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name in COMMANDS if find_spec(_module(name)) is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = typer.main.get_command(import_module(_module(cmd_name)).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


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


def _module(name: str) -> str:
    return "deploy.commands." + ("import_" if name == "import" else name.replace("-", "_"))


if __name__ == "__main__":
    main()
