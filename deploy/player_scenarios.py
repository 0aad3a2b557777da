"""A scenario as a script: a few numbers, and the simulated homes that they draw."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import UNIT_OF, Fluid, Quantity
from deploy.player_scripts import Part, Script, ScriptError
from services.metering.fluids import calendar_of
from services.metering.replays.problems import Why
from simulators.faults import PROFILES, Faults
from simulators.households import Home
from simulators.lines import PACK, QUANTITY
from simulators.meter import Meter, midnight
from simulators.park import park
from simulators.publications import Device, Publication, load_curve_day, senml_day
from simulators.scenario import FluidMeter, fluid_meters
from simulators.weather import Weather


def scenario(spec: dict[str, Any], zone: str, since: datetime | None, until: datetime | None) -> Script:
    """The homes that these numbers draw, whole days of them between two instants. Raises ScriptError."""
    homes, days, seed = int(spec["homes"]), int(spec["days"]), int(spec["seed"])
    profile, first_day = str(spec["faults"]), date.fromisoformat(spec["first_day"])
    if profile not in PROFILES:
        raise ScriptError(Why.NO_SUCH_FAULTS, ", ".join(sorted(PROFILES)))
    every = [first_day + timedelta(days=number) for number in range(days)]
    chosen = [
        day
        for day in every
        if (since is None or midnight(day, zone) >= since)
        and (until is None or midnight(day + timedelta(days=1), zone) <= until)
    ]
    if not chosen:
        raise ScriptError(Why.NOTHING_IN_PERIOD)
    weather = Weather(seed)

    def part(home: Home) -> Part:
        def meter() -> Meter:
            return Meter(home, weather, first_day, zone, 1_000_000 * home.index)

        def messages(device: Device) -> Iterator[Publication]:
            own = meter()
            for day in chosen:
                # Every third home's device sends a curve a day, the others registers every two hours.
                yield from (
                    load_curve_day(device, own, day)
                    if home.index % 3 == 0
                    else senml_day(device, own, day, PACK)
                )

        own = meter()
        return Part(
            name=f"{home.index}",
            fluid=Fluid.ELECTRICITY,
            first_day=chosen[0],
            until=midnight(chosen[-1] + timedelta(days=1), zone),
            expected={
                Quantity.ENERGY_IMPORT: {day: sum(h.energy_wh for h in own.half_hours(day)) for day in chosen}
            },
            messages=messages,
            calendar=calendar_of(Fluid.ELECTRICITY, zone),
            home={"floor_area_m2": str(home.floor_area_m2), "heating": home.heating},
            contract={
                "tariff": home.tariff, "subscribed_kva": home.subscribed_kva, "offpeak": list(home.offpeak),
            },
        )  # fmt: skip

    def of_fluid(own: FluidMeter) -> Part:
        calendar = calendar_of(own.fluid, zone)

        def begins(day: date) -> datetime:
            return calendar.day(day).starts_at

        return Part(
            name=f"{own.home.index}-{own.fluid}",
            fluid=own.fluid,
            first_day=chosen[0],
            until=midnight(chosen[-1] + timedelta(days=1), zone),
            expected={QUANTITY[own.fluid]: own.expected(chosen, begins)},
            messages=lambda device: own.messages(device, chosen, begins),
            calendar=calendar,
            home={"floor_area_m2": str(own.home.floor_area_m2), "heating": own.home.heating},
        )

    drawn = park(seed, homes)
    others = [one for home in drawn for one in fluid_meters(home, weather, first_day, zone)]
    parts = (
        *(part(home) for home in drawn),
        *(of_fluid(one) for one in (others if spec.get("fluids") else [])),
    )
    totals: Counter[tuple[Fluid, Quantity]] = Counter()
    for one in parts:
        for quantity, told in one.expected.items():
            totals[one.fluid, quantity] += sum(told.values())
    summary = {
        "format": "scenario",
        "starts_at": midnight(first_day, zone).astimezone(ZoneInfo(zone)).isoformat(),
        "ends_at": midnight(every[-1] + timedelta(days=1), zone).astimezone(ZoneInfo(zone)).isoformat(),
        "meters": len(parts),
        "days": days,
        "series": [
            {
                "fluid": fluid.value,
                "quantity": quantity.value,
                "unit": UNIT_OF[quantity].value,
                "value": total,
            }
            for (fluid, quantity), total in totals.items()
        ],
    }

    def spoil(messages: Iterable[Publication]) -> Iterator[Publication]:
        faults = Faults(profile, seed)
        yield from faults.apply(messages)
        yield from faults.rest()

    return Script(parts, zone, summary, spoil)
