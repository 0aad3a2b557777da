"""Where a replay plays to: a sandbox made for it and dropped after it, or on purpose a named meter."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import typer

from contracts.codes import Fluid, Heating, Purpose, Right, Role, TariffKind, Tenure
from simulators.api import Api, ApiError
from simulators.publications import Device
from simulators.residence import MAIL_DOMAIN, TEXT_VERSION, device_of

if TYPE_CHECKING:
    from deploy.commands.keys import Keys


@dataclass(frozen=True)
class Place:
    """One meter to play into, and who may read the result there."""

    coop: str
    meter: str
    device: Device
    reader: Api
    watcher: Api
    """An operator of this cooperative alone: counts what arrived there."""
    tell_clock: Callable[[datetime], None] = lambda now: None
    """Moves the sandbox's business time along with the feed."""


@dataclass(frozen=True)
class Tenancy:
    """What a feed needs of its sandbox: somebody at home from its first day to its last."""

    first_day: date
    until: datetime


def sandbox(
    operator: Api, keys: "Keys", http: str, tenancies: Sequence[Tenancy], zone: str, ends: ExitStack | None
) -> list[Place]:
    """A cooperative of its own, one dwelling and consenting household a file; dropped when `ends` ends."""
    coop = f"replay-{time.time_ns() // 1000:x}"
    operator.post("/coops", {"slug": coop, "name": "Relecture", "zone": zone, "sandbox": True})
    if ends is not None:
        ends.callback(drop, operator, coop)

    def tell_clock(now: datetime) -> None:
        operator.post(f"/coops/{coop}/clock", {"now": now.isoformat()})

    watcher = Api(http, keys.token(Role.OPERATOR, coop))
    places = []
    for number, tenancy in enumerate(tenancies, 1):
        tell_clock(tenancy.until)  # for the consents: the household lives there by then
        answer = operator.post("/move-ins", _household(coop, number, zone, tenancy.first_day))
        person = answer["persons"][0]["id"]
        household = Api(http, keys.token(Role.RESIDENT, coop, person))
        for purpose in (Purpose.DAILY, Purpose.HALF_HOURLY, Purpose.ADVICE):
            household.put(
                f"/occupancies/{answer['occupancy']}/consents/{purpose}",
                {"granted": True, "by": person, "text_version": TEXT_VERSION, "channel": "self"},
            )
        device = device_of(answer["meters"][0])
        places.append(Place(coop, device.meter, device, household, watcher, tell_clock))
    return places


def live(operator: Api, keys: "Keys", http: str, meter: str, coop: str, ends: ExitStack) -> Place:
    """A gateway for the time of the replay: the meter's own device keeps its credential and goes on."""
    answer = operator.post("/gateways", {"coop": coop, "codec": "load-curve", "channels": {"replay": meter}})
    ends.callback(operator.delete, f"/gateways/{answer['id']}/credential")
    device = Device(meter, answer["topic"], answer["mqtt_username"], answer["mqtt_password"], "replay")
    return Place(coop, meter, device, operator, Api(http, keys.token(Role.OPERATOR, coop)))


def drop(operator: Api, coop: str) -> None:
    """The sandbox goes with all it holds."""
    try:
        operator.delete(f"/coops/{coop}")
    except (ApiError, OSError) as error:
        typer.echo(f"palier: the sandbox {coop} could not be dropped and stays: {error}", err=True)


def _household(coop: str, number: int, zone: str, moved_in_on: date) -> dict[str, object]:
    dwelling = {
        "coop": coop, "ref": f"FICHIER-{number}", "residence": "Relecture", "floor_area_m2": "60",
        "heating": Heating.COLLECTIVE, "postcode": "00000", "zone": zone,
        "meters": [{"fluid": Fluid.ELECTRICITY, "tariff": TariffKind.BASE, "subscribed_kva": 6}],
    }  # fmt: skip
    holder = {
        "name": f"Foyer {number}", "email": f"foyer-{number}@{MAIL_DOMAIN}", "right": Right.HOLDER,
    }  # fmt: skip
    return {
        "coop": coop, "dwelling": dwelling, "tenure": Tenure.TENANT, "quiet": True,
        "moved_in_on": moved_in_on, "household": [holder],
    }  # fmt: skip
