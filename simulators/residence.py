"""Builds a cooperative over the HTTP API: residences, homes, households, meters, and their own consents."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.codes import Fluid, Language, Purpose, Right, Role, Tenure
from simulators.api import Api
from simulators.common_parts import CommonPart
from simulators.households import Home
from simulators.installing import Installer
from simulators.lines import CommonLine, ElectricLine, Line
from simulators.meter import Meter
from simulators.plans import CITY, HOMES_PER_BUILDING, POSTCODE, Plan, residence, staircase, street
from simulators.publications import Device
from simulators.publications import device_of as device_of
from simulators.weather import Weather

TokenFor = Callable[[Role, str], str]
"""(role, person) to an API token: what signing in would give that person."""

TEXT_VERSION = "demo-2026-11"
ZONE = "Europe/Paris"


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


def consenting(households: list[Household]) -> Iterator[Household]:
    return (household for household in households if household.keeps_days)
