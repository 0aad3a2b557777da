"""Where a replay plays to: a sandbox made for it and dropped after it, or on purpose a named meter."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

import typer

from contracts.codes import Fluid, Heating, Purpose, Right, Role, TariffKind, Tenure
from deploy.words import _
from simulators.api import Api, ApiError
from simulators.plans import MAIL_DOMAIN
from simulators.publications import Device
from simulators.residence import TEXT_VERSION, device_of

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
    person: str = ""
    """Who lives there in a sandbox."""
    gateway: str = ""
    """Through which a real meter is played into."""


@dataclass(frozen=True)
class Tenancy:
    """What a feed needs of its sandbox: somebody at home from its first day to its last."""

    first_day: date
    until: datetime
    fluid: Fluid = Fluid.ELECTRICITY
    home: Mapping[str, object] = field(default_factory=dict)
    contract: Mapping[str, object] = field(default_factory=dict)


def sandbox(
    operator: Api,
    keys: "Keys",
    http: str,
    tenancies: Sequence[Tenancy],
    zone: str,
    ends: ExitStack | None,
    *,
    coop: str | None = None,
    made: Callable[[], None] = lambda: None,
) -> list[Place]:
    """A cooperative of its own, one dwelling and consenting household a tenancy; dropped when `ends` ends.
    `made` is called after each of them."""
    coop = coop or f"replay-{time.time_ns() // 1000:x}"
    operator.post("/coops", {"slug": coop, "name": "Relecture", "zone": zone, "sandbox": True})
    if ends is not None:
        ends.callback(drop, operator, coop)
    tell_clock = _clock_of(operator, coop)
    watcher = Api(http, keys.token(Role.OPERATOR, coop))
    # For the consents: every household lives there by then.
    tell_clock(max(tenancy.until for tenancy in tenancies))
    places = []
    for number, tenancy in enumerate(tenancies, 1):
        answer = operator.post("/move-ins", _household(coop, number, zone, tenancy))
        person = answer["persons"][0]["id"]
        household = Api(http, keys.token(Role.RESIDENT, coop, person))
        for purpose in (Purpose.DAILY, Purpose.HALF_HOURLY, Purpose.ADVICE):
            household.put(
                f"/occupancies/{answer['occupancy']}/consents/{purpose}",
                {"granted": True, "by": person, "text_version": TEXT_VERSION, "channel": "self"},
            )
        device = device_of(answer["meters"][0])
        places.append(Place(coop, device.meter, device, household, watcher, tell_clock, person))
        made()
    return places


def sandbox_again(
    operator: Api, keys: "Keys", http: str, coop: str, known: Sequence[tuple[str, str]]
) -> list[Place]:
    """The places of a sandbox made before, by (meter, person): each device gets a new password."""
    tell_clock = _clock_of(operator, coop)
    watcher = Api(http, keys.token(Role.OPERATOR, coop))
    places = []
    for meter, person in known:
        device = device_of(operator.post(f"/meters/{meter}/credential"))
        household = Api(http, keys.token(Role.RESIDENT, coop, person))
        places.append(Place(coop, meter, device, household, watcher, tell_clock, person))
    return places


def live(operator: Api, keys: "Keys", http: str, meter: str, coop: str, ends: ExitStack) -> Place:
    """A gateway for the time of the replay: the meter's own device keeps its credential and goes on."""
    place = live_place(operator, keys, http, meter, coop)
    ends.callback(operator.delete, f"/gateways/{place.gateway}/credential")
    return place


def live_place(
    operator: Api, keys: "Keys", http: str, meter: str, coop: str, gateway: str | None = None
) -> Place:
    """As `live`, with the gateway made before, if there is one; its credential is the caller's to end."""
    if gateway is None:
        body = {"coop": coop, "codec": "load-curve", "channels": {"replay": meter}}
        answer = operator.post("/gateways", body)
    else:
        answer = operator.post(f"/gateways/{gateway}/credential")
    device = Device(meter, answer["topic"], answer["mqtt_username"], answer["mqtt_password"], "replay")
    watcher = Api(http, keys.token(Role.OPERATOR, coop))
    return Place(coop, meter, device, operator, watcher, gateway=answer["id"])


def drop(operator: Api, coop: str) -> None:
    """The sandbox goes with all it holds."""
    try:
        operator.delete(f"/coops/{coop}")
    except (ApiError, OSError) as error:
        told = _("the sandbox {coop} could not be dropped and stays: {error}")
        typer.echo("palier: " + told.format(coop=coop, error=error), err=True)


def _clock_of(operator: Api, coop: str) -> Callable[[datetime], None]:
    def tell_clock(now: datetime) -> None:
        operator.post(f"/coops/{coop}/clock", {"now": now.isoformat()})

    return tell_clock


def _household(coop: str, number: int, zone: str, tenancy: Tenancy) -> dict[str, object]:
    is_electric = tenancy.fluid is Fluid.ELECTRICITY
    contract = {"tariff": TariffKind.BASE, "subscribed_kva": 6} if is_electric else {}
    dwelling = {
        "coop": coop, "ref": f"FICHIER-{number}", "residence": "Relecture", "floor_area_m2": "60",
        "heating": Heating.COLLECTIVE, "postcode": "00000", "zone": zone, **tenancy.home,
        "meters": [{"fluid": tenancy.fluid, **contract, **tenancy.contract}],
    }  # fmt: skip
    holder = {
        "name": f"Foyer {number}", "email": f"foyer-{number}@{MAIL_DOMAIN}", "right": Right.HOLDER,
    }  # fmt: skip
    return {
        "coop": coop, "dwelling": dwelling, "tenure": Tenure.TENANT, "quiet": True,
        "moved_in_on": tenancy.first_day, "household": [holder],
    }  # fmt: skip
