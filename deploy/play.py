"""The demo's performance: a sandbox cooperative, its households, its month, and then on live."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.codes import Role
from deploy.commands.keys import Keys, private_folder
from deploy.up import Endpoints
from services.kit.settings import Settings
from simulators import live
from simulators.api import Api
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.meter import midnight
from simulators.month import Month, Stage
from simulators.park import park
from simulators.plans import equipped, plan
from simulators.residence import ZONE, Builder
from simulators.staff import Desk
from simulators.tally import Amount
from simulators.truth import truth, write
from simulators.weather import Weather

COOP, COOP_NAME = "demo", "Coopérative de démonstration"
LIVE_EVERY_S = 10.0
COLLEAGUES = {"technique": "Suivi technique (simulé)", "garanties": "Suivi des garanties (simulé)"}
"""Local parts of addresses, and names, of the staff beside the one that is signed in as."""
SETTLE_PATIENCE_S = 20.0
TRUTH_DAYS = 365


@dataclass(frozen=True)
class Show:
    """What is asked of the demo."""

    endpoints: Endpoints
    settings: Settings
    homes: int
    days: int
    seed: int
    live: bool
    stop: threading.Event


@dataclass(frozen=True)
class Played:
    report: dict[str, Any]


def play(show: Show) -> Played:
    """The whole demo; returns after the month, or when told to stop where it goes on live."""
    began = time.monotonic()
    console = Console(stderr=True)
    settings = show.settings.model_copy(update={"database_url": show.endpoints.database})
    operator = Api(show.endpoints.http, show.endpoints.operator_token)
    with Keys(settings) as keys:
        coop = _sandbox(operator)
        desk_account = keys.account(Role.STAFF, coop, "Équipe de gestion (simulée)")
        fleet_account = keys.account(Role.OPERATOR, coop, "Gestion des compteurs (simulée)")
        accounts = [desk_account]
        accounts += [keys.account(Role.STAFF, coop, name, mail) for mail, name in COLLEAGUES.items()]
        desk = [Api(show.endpoints.http, keys.token(Role.STAFF, coop, one)) for one in accounts]
        stage, month = _stage(show, coop, operator, desk, keys)
        with stage.fleet:
            _month(month, console, show.homes, show.stop)
            published, stored = month.drain()
            report = _report(show, month, stage.desk, published, stored, began)
            stage.fleet.ledger.write(private_folder(settings.data_dir.absolute()) / f"{coop}-ledger.json")
            _write_truths(show, month, settings)
            if show.live and not show.stop.is_set():
                told = month.told or month.households[0]
                people = {
                    "Un foyer": (Role.RESIDENT, told.person),
                    "L'équipe de gestion": (Role.STAFF, desk_account),
                    "Le gestionnaire des compteurs": (Role.OPERATOR, fleet_account),
                }
                logins = {
                    words: keys.login_path(role, coop, person) for words, (role, person) in people.items()
                }
                _invite(console, show, report, logins)
                _go_live(stage, month, show.stop)
    return Played(report)


def _sandbox(operator: Api) -> str:
    """A sandbox cooperative of its own for each demo: an earlier one in the same folder stays as it was."""
    from simulators.api import ApiError

    for number in range(1, 100):
        slug = COOP if number == 1 else f"{COOP}-{number}"
        try:
            operator.post("/coops", {"slug": slug, "name": COOP_NAME, "zone": ZONE, "sandbox": True})
        except ApiError as error:
            if error.status != 409:
                raise
        else:
            return slug
    raise RuntimeError("a hundred demos in one folder: use another --data-dir")


def _stage(show: Show, coop: str, operator: Api, people: list[Api], keys: Keys) -> tuple[Stage, Month]:
    weather, staff = Weather(show.seed), people[0]
    builder = Builder(
        coop,
        show.endpoints.http,
        staff,
        lambda role, person: keys.token(role, coop, person),
        weather,
        has_common_parts=True,
    )
    fleet = Fleet(show.endpoints.mqtt, [], Ledger())
    letters = show.settings.data_dir.absolute() / "mailbox"
    desk = Desk(coop, people, weather, show.seed, show.endpoints.http, letters)
    stage = Stage(coop, operator, builder, desk, fleet, seed=show.seed)
    today = datetime.now(ZoneInfo(ZONE)).date()
    first_day = today - timedelta(days=show.days)
    plans = plan(park(show.seed, show.homes), first_day, show.days, show.seed)
    plans = equipped(plans, first_day, show.days)
    return stage, Month(stage, plans, first_day, show.days)


def _month(month: Month, console: Console, homes: int, stop: threading.Event) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        moving = bars.add_task("Emménagements", total=homes)
        month.prepare(lambda: bars.advance(moving))
        playing = bars.add_task("Jours", total=month.days)

        def after(day: date) -> None:
            bars.update(playing, advance=1, description=f"Jours · {day:%d/%m/%Y}")
            bars.update(moving, completed=len(month.households))
            if stop.is_set():
                raise KeyboardInterrupt

        month.play(after)


def _report(
    show: Show,
    month: Month,
    desk: Desk,
    published: dict[Amount, int],
    stored: dict[Amount, int],
    began: float,
) -> dict[str, Any]:
    """Waits until tips and letters have stopped coming, then counts."""
    tips, delivered, _ = _settled(lambda: (_tips(month), *_deliveries(month)))
    counts = month.counts()
    return {
        "homes": len(month.households),
        "days": show.days,
        "readings_published": month.ledger.readings,
        "readings_stored": counts["readings_stored"],
        "readings_rejected": counts["readings_rejected"],
        "readings_duplicate": counts["readings_duplicate"],
        "readings_discarded": counts["discarded"],
        "energy_published_wh": published[Amount.ENERGY],
        "energy_stored_wh": stored[Amount.ENERGY],
        "amounts": {
            amount.value: {"published": published[amount], "stored": stored[amount]}
            for amount in Amount
            if amount in published
        },
        "tips_raised": tips,
        "tickets_opened": len(desk.cases),
        "ticket_actions": sum(desk.doings.actions.values()),
        "ticket_actions_refused": dict(desk.refused),
        "notifications_delivered": delivered,
        "seconds": round(time.monotonic() - began, 1),
    }


def _settled(count: Callable[[], tuple[int, int, int]]) -> tuple[int, int, int]:
    """The counts once two looks a second apart agree and nothing is on its way, or patience ends."""
    end = time.monotonic() + SETTLE_PATIENCE_S
    before = count()
    while time.monotonic() < end:
        time.sleep(1.0)
        now = count()
        if now == before and now[-1] == 0:
            return now
        before = now
    return before


def _tips(month: Month) -> int:
    return sum(len(one.api.get(f"/occupancies/{one.occupancy}/tips")["tips"]) for one in month.households)


def _deliveries(month: Month) -> tuple[int, int]:
    """Letters and in-app messages that reached the household, as it sees them itself, and those on their
    way."""
    states = Counter(
        delivery["state"]
        for household in month.households
        for one in household.api.pages(f"/persons/{household.person}/notifications")
        for delivery in one["deliveries"]
    )
    return states["delivered"], states["pending"] + states["sending"]


def _write_truths(show: Show, month: Month, settings: Settings) -> None:
    """What is true of each home, so that its tips can be judged: a year that ends with the month."""
    weather = Weather(show.seed)
    first_day = month.last_day - timedelta(days=TRUTH_DAYS - 1)
    truths = [truth(household.home, weather, first_day, ZONE) for household in month.households]
    write(truths, private_folder(settings.data_dir.absolute()) / "truth.json")


def _invite(console: Console, show: Show, report: dict[str, Any], logins: dict[str, str]) -> None:
    console.print(f"\n[bold]Palier[/bold]  {show.endpoints.http}")
    console.print(
        f"{report['homes']} foyers, {report['days']} jours, {report['readings_stored']} relevés, "
        f"{report['tips_raised']} conseils, {report['tickets_opened']} demandes, en {report['seconds']} s."
    )
    for words, path in logins.items():
        console.print(f"  {words}: {show.endpoints.http}{path}", soft_wrap=True)
    console.print("Les compteurs continuent en direct. Ctrl-C arrête tout.\n")


def _go_live(stage: Stage, month: Month, stop: threading.Event) -> None:
    end_of_month = midnight(month.last_day + timedelta(days=1), ZONE)
    now = datetime.now(UTC).replace(microsecond=0)
    stage.fleet.publish_all(one for line in month.lines for one in line.since(end_of_month, now))

    def each(instant: datetime) -> None:
        month.set_clock(instant)
        if stop.is_set():
            raise KeyboardInterrupt

    try:
        live.run(stage.fleet, [], LIVE_EVERY_S, seed=stage.seed, each=each, lines=month.lines)
    except KeyboardInterrupt:
        return
