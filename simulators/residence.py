"""Builds a cooperative over the HTTP API: residences, homes, households, meters, and their own consents."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from contracts.codes import Fluid, Language, Purpose, Right, Role, Tenure
from simulators.api import Api
from simulators.common_parts import CommonPart
from simulators.equipment import Equipment, equipment, with_panels
from simulators.households import Home
from simulators.installing import Installer
from simulators.lines import CommonLine, ElectricLine, Line
from simulators.meter import Meter
from simulators.publications import Device
from simulators.publications import device_of as device_of
from simulators.weather import Weather

TokenFor = Callable[[Role, str], str]
"""(role, person) to an API token: what signing in would give that person."""

TEXT_VERSION = "demo-2026-11"
ZONE = "Europe/Paris"
POSTCODE = "69100"
CITY = "Exemple"
HOMES_PER_BUILDING = 14
RESIDENCES = ("Les Tilleuls", "Le Clos des Vignes", "La Passerelle", "Les Trois Cèdres", "Le Verger")
MAIL_DOMAIN = "foyers.invalid"
"""A domain that can never exist (RFC 2606): no letter to it reaches anybody."""


@dataclass
class Household:
    """A simulated household as the cooperative knows it."""

    home: Home
    dwelling: str
    occupancy: str
    person: str
    moved_in_on: date
    consents: tuple[Purpose, ...]
    electricity: ElectricLine
    lines: tuple[Line, ...]
    """All its meters, electricity too."""
    api: Api
    """The household's own access."""
    building: int = 0
    residence: str = ""
    staircase: str = ""
    tenure: Tenure = Tenure.TENANT
    tickets: list[str] = field(default_factory=list)

    @property
    def device(self) -> Device:
        """What speaks for its electricity meter."""
        return self.electricity.device

    @property
    def meter(self) -> Meter:
        """Its electricity meter."""
        return self.electricity.meter

    @property
    def keeps_days(self) -> bool:
        """Whether the days' energy may be kept at all."""
        return Purpose.DAILY in self.consents or Purpose.HALF_HOURLY in self.consents


@dataclass(frozen=True)
class Plan:
    """A household before it exists: who moves where, when, and what it will allow."""

    home: Home
    building: int
    moved_in_on: date
    publishes_from: date
    tenure: Tenure
    is_new: bool
    """It moves in during the month, with an état des lieux or livraison; else it is recorded quietly."""
    consents: tuple[Purpose, ...]
    reach: dict[str, str]
    sends_load_curves: bool
    equipment: Equipment = field(default_factory=Equipment)
    handover: str = ""
    """`signed` or `begun`: the inspection of the arrival is held room by room; else recorded in one go."""


def plan(homes: list[Home], first_day: date, days: int, seed: int) -> list[Plan]:
    """Most households are there before the month; one in ten arrives during it. Most allow everything,
    some the daily totals alone, a few nothing."""
    out = []
    for home in homes:
        rng = Random(f"{seed}:plan:{home.index}")
        is_new = days >= 5 and (home.index + seed) % 10 == 4
        building = (home.index - 1) // HOMES_PER_BUILDING
        moved_in_on = (
            first_day + timedelta(days=rng.randint(2, days * 2 // 3))
            if is_new
            else first_day - timedelta(days=rng.randint(20, 900) * min(age_days(building), 920) // 920)
        )
        out.append(
            Plan(
                home=home,
                building=building,
                moved_in_on=moved_in_on,
                publishes_from=max(moved_in_on, first_day),
                tenure=rng.choices(
                    [Tenure.TENANT, Tenure.BUYER_VEFA, Tenure.PSLA, Tenure.CO_OWNER], [6, 2, 1, 1]
                )[0],
                is_new=is_new,
                consents=_consents(home.index + seed, rng),
                reach=_reach(home, rng),
                sends_load_curves=rng.random() < 0.3,
            )
        )
    return [_handed_over(one, first_day, days) if one.is_new else one for one in out]


def _handed_over(wanted: Plan, first_day: date, days: int) -> Plan:
    """The first arrival of a park is a buyer, a few days before the end; the second a tenant, as it ends."""
    decade, end = wanted.home.index // 10, first_day + timedelta(days=days)
    if decade == 0:
        on = end - timedelta(days=4)
        return replace(wanted, moved_in_on=on, publishes_from=on, tenure=Tenure.BUYER_VEFA, handover="signed")
    if decade == 1:
        on = end - timedelta(days=2)
        return replace(wanted, moved_in_on=on, publishes_from=on, tenure=Tenure.TENANT, handover="begun")
    return wanted


def age_days(building: int) -> int:
    """How long before the month the works were accepted: the first year of the newest building ends soon,
    of another the second."""
    return 305 + 380 * (building % 9)


def equipped(plans: list[Plan], first_day: date, days: int) -> list[Plan]:
    """The same month with other fluids, gateways, common devices, panels, and what happens to meters."""
    end = first_day + timedelta(days=days)
    return [
        replace(
            one,
            home=with_panels(one.home),
            equipment=equipment(
                one.home,
                one.building,
                (one.home.index - 1) % HOMES_PER_BUILDING + 1,
                one.publishes_from,
                (end - one.publishes_from).days,
            ),
        )
        for one in plans
    ]


class Builder:
    """Registers what a plan says. `staff` may add homes; `token_for` gives each household its own token."""

    def __init__(
        self,
        coop: str,
        base_url: str,
        staff: Api,
        token_for: TokenFor,
        weather: Weather,
        has_common_parts: bool = False,
    ) -> None:
        """`has_common_parts`: buildings have meters of their own too."""
        self._coop, self._url, self._staff, self._token_for = coop, base_url, staff, token_for
        self._buildings: dict[int, str] = {}
        self._parts = list(CommonPart) if has_common_parts else []
        self._installer = Installer(coop, staff, weather, ZONE)
        self.common: list[CommonLine] = []
        """Meters of common parts, so far."""

    @property
    def buildings(self) -> list[str]:
        """The ids of those made so far."""
        return list(self._buildings.values())

    def building(self, number: int, reception_on: date, seed: int, first_day: date) -> str:
        """The building's id, made on first use; its common parts are metered from then on."""
        if number not in self._buildings:
            answer = self._staff.post(
                "/buildings",
                {
                    "coop": self._coop,
                    "ref": f"BAT-{number + 1}",
                    "residence": residence(number),
                    "street": street(number),
                    "city": CITY,
                    "reception_on": reception_on,
                    "meters": [{"fluid": Fluid.ELECTRICITY, "serial": part} for part in self._parts],
                },
            )
            self._buildings[number] = answer["id"]
            if self._parts:
                self.common += self._installer.common(
                    seed, number, HOMES_PER_BUILDING, answer["meters"], first_day
                )
        return self._buildings[number]

    def move_in(self, wanted: Plan, reception_on: date) -> Household:
        """The household moves in, and then gives its consents with its own token."""
        home = wanted.home
        building = self.building(wanted.building, reception_on, home.seed, wanted.publishes_from)
        answer = self._staff.post("/move-ins", self._body(wanted, building))
        person = answer["persons"][0]["id"]
        api = Api(self._url, self._token_for(Role.RESIDENT, person))
        for purpose in wanted.consents:
            api.put(
                f"/occupancies/{answer['occupancy']}/consents/{purpose}",
                {"granted": True, "by": person, "text_version": TEXT_VERSION, "channel": "self"},
            )
        lines = self._installer.lines(wanted, building, answer["meters"])
        electricity = lines[0]
        assert isinstance(electricity, ElectricLine)
        return Household(
            home=home,
            dwelling=answer["dwelling"],
            occupancy=answer["occupancy"],
            person=person,
            moved_in_on=wanted.moved_in_on,
            consents=wanted.consents,
            electricity=electricity,
            lines=tuple(lines),
            api=api,
            building=wanted.building,
            residence=residence(wanted.building),
            staircase=staircase(home),
            tenure=wanted.tenure,
        )

    def _body(self, wanted: Plan, building: str) -> dict[str, Any]:
        home = wanted.home
        buys = wanted.tenure is not Tenure.TENANT
        return {
            "coop": self._coop,
            "dwelling": {
                "coop": self._coop,
                "ref": f"LOT-{home.index:04}",
                "building": building,
                "residence": residence(wanted.building),
                "staircase": staircase(home),
                "floor": str(home.index % 5),
                "floor_area_m2": str(home.floor_area_m2),
                "heating": home.heating,
                "postcode": POSTCODE,
                "zone": ZONE,
                "meters": self._installer.wanted(wanted),
            },
            "household": [
                {"name": home.name, "language": Language.FR, "right": Right.HOLDER, **wanted.reach}
            ],
            "tenure": wanted.tenure,
            "moved_in_on": wanted.moved_in_on,
            "livraison_on": wanted.moved_in_on if buys else None,
            "quiet": not wanted.is_new,
        }


def staircase(home: Home) -> str:
    return "AB"[home.index % 2]


def street(number: int) -> str:
    """Number and street, which exist nowhere in particular."""
    return f"{2 * number + 1} rue de l’Exemple"


def residence(number: int) -> str:
    """An invented residence's name."""
    name = RESIDENCES[number % len(RESIDENCES)]
    return name if number < len(RESIDENCES) else f"{name} {number // len(RESIDENCES) + 1}"


def consenting(households: list[Household]) -> Iterator[Household]:
    return (household for household in households if household.keeps_days)


def _consents(number: int, rng: Random) -> tuple[Purpose, ...]:
    """Spread evenly rather than drawn, so that a small park has each kind of household too."""
    if number % 13 == 7:
        return ()
    if number % 8 == 5:
        return (Purpose.DAILY,)
    given = (Purpose.DAILY, Purpose.HALF_HOURLY, Purpose.ADVICE)
    return (*given, Purpose.COMPARISON) if rng.random() < 0.6 else given


def _reach(home: Home, rng: Random) -> dict[str, str]:
    draw = rng.random()
    if draw < 0.06:
        return {"postal": f"{home.name}, 1 allée de l'Exemple, {POSTCODE} Exemple"}
    # 06 39 98 xx xx is reserved in France for fiction.
    mobile = {"mobile": f"+33 6 39 98 {home.index // 100 % 100:02} {home.index % 100:02}"}
    if draw < 0.12:
        return mobile
    mail = {"email": f"foyer-{home.index}@{MAIL_DOMAIN}"}
    return mail | mobile if draw < 0.5 else mail
