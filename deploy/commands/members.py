"""`palier coop add`, `palier staff invite`, `palier token`: the first steps of an installation."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from contracts.codes import Language, Role
from deploy.commands.options import DataDir, running_settings

if TYPE_CHECKING:
    from services.kit.settings import Settings
    from services.kit.unit import Unit

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")]

coop_app = typer.Typer(add_completion=False, help="Cooperatives.")
staff_app = typer.Typer(add_completion=False, help="Staff accounts.")
token_app = typer.Typer(add_completion=False)


@coop_app.callback()
@staff_app.callback()
def _group() -> None:
    """Groups keep their subcommand's name even while they have one only."""


@coop_app.command("add")
def add_coop(
    slug: Annotated[str, typer.Argument(help="Short name in addresses and topics: a-z, 0-9 and -.")],
    name: Annotated[str, typer.Option(help="The name that people read.")],
    zone: Annotated[str, typer.Option(help="IANA zone of its civil days.")] = "Europe/Paris",
    sandbox: Annotated[bool, typer.Option(help="Simulated: nothing ever reaches a real person.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Found a cooperative."""
    from pydantic import ValidationError

    from services.members.actions.homes import add_coop as act
    from services.members.bodies import CoopIn

    try:
        wanted = CoopIn(slug=slug, name=name, zone=zone, sandbox=sandbox)
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{first['loc'][0]}: {first['msg']}") from error
    made = _run(running_settings(data_dir), lambda unit: act(unit, wanted))
    _say(made.model_dump(mode="json"), f"{made.name} ({made.slug}), {made.zone}", as_json)


@staff_app.command("invite")
def invite_staff(
    email: Annotated[str, typer.Argument(help="Where the person signs in from; also the account's name.")],
    name: Annotated[str, typer.Option(help="Shown to households: a named person.")],
    coop: Annotated[str, typer.Option(help="The cooperative, or * for an operator of the platform.")],
    role: Annotated[Role, typer.Option(help="staff, caretaker or operator.")] = Role.STAFF,
    team: Annotated[str | None, typer.Option(help="The team whose tickets they see first.")] = None,
    phone: Annotated[str | None, typer.Option(help="How households reach them.")] = None,
    language: Annotated[Language, typer.Option()] = Language.FR,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Open a staff account. Prints a link, good for a week, where its owner sets a password and code."""
    from services.members.actions.accounts import Invitee, invite

    settings = running_settings(data_dir)
    invitee = Invitee(name, email, role, coop, team, phone, language)
    account, token = _run(settings, lambda unit: invite(unit, invitee))
    link = f"{_public_url(settings)}/invitation/{token}"
    _say({"id": account, "link": link}, link, as_json)


@token_app.command()
def token(
    role: Annotated[Role, typer.Option()],
    coop: Annotated[str, typer.Option(help="The cooperative, or * for an operator of the platform.")],
    subject: Annotated[
        str | None, typer.Option(help="The person it acts for; a resident's needs one.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make an API token. It is shown once."""
    from services.members.actions.accounts import issue_token

    made = _run(running_settings(data_dir), lambda unit: issue_token(unit, role, coop, subject))
    _say({"token": made}, made, as_json)


def _run(settings: "Settings", act: "Callable[[Unit], Awaitable[T]]") -> T:
    """One transaction of the members room; a refusal is said and ends with 1."""
    from services.kit.problems import Problem

    try:
        return asyncio.run(_in_unit(settings, act))
    except Problem as problem:
        errors = problem.extra.get("errors") or [{"message": problem.title}]
        typer.echo(errors[0]["message"], err=True)
        raise typer.Exit(1) from problem


async def _in_unit(settings: "Settings", act: "Callable[[Unit], Awaitable[T]]") -> T:
    from services.kit import clock, secrets
    from services.kit.database import Database
    from services.kit.unit import work_unit

    assert settings.database_url
    database = Database(settings.database_url, secrets.load(settings), "members_work", pool_size=1)
    try:
        async with work_unit(database, "members", clock.system) as unit:
            return await act(unit)
    finally:
        await database.close()


def _public_url(settings: "Settings") -> str:
    """Where people reach the portal: as configured, else where the running instance listens; empty
    when neither is known, and the link is then a path of the portal."""
    from deploy.engines import EngineError
    from deploy.up import read_endpoints

    if settings.public_url:
        return settings.public_url.rstrip("/")
    try:
        return read_endpoints(settings.data_dir).http.rstrip("/")
    except EngineError:
        return ""


def _say(document: dict[str, Any], words: str, as_json: bool) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False) if as_json else words)
