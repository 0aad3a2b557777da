"""A scenario plays what it expects, in every fluid, from any day on."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.codes import Fluid, Kind
from deploy.player_scenarios import scenario
from deploy.player_scripts import Part, ScriptError
from services.intake.codecs import CODECS, Refusal
from services.metering.fluids import calendar_of
from simulators.meter import midnight
from simulators.publications import Device

PARIS = "Europe/Paris"
DEVICE = Device("mtr_1", "meters/c/mtr_1", "mtr_1", "secret")


def spec(first_day: date, **more: Any) -> dict[str, Any]:
    drawn = {"homes": 4, "days": 3, "seed": 1, "faults": "none", "first_day": first_day.isoformat()}
    return drawn | more


def registers(part: Part) -> dict[float, int]:
    """What is said of the part's meter, in whole units by epoch second."""
    (quantity,) = part.expected
    said = {}
    for message in part.messages(DEVICE):
        values = CODECS[message.topic.split("/")[3]]("", message.payload, part.until + timedelta(hours=1))
        assert not isinstance(values, Refusal), values
        for value in values:
            if value.quantity is quantity and value.kind is Kind.REGISTER:
                said[value.instant.timestamp()] = value.value_milli // 1000
    return said


@pytest.mark.parametrize("first_day", [date(2026, 1, 5), date(2026, 3, 28), date(2026, 10, 24)])
def test_every_fluid_of_a_scenario_is_played_as_expected(first_day: date) -> None:
    script = scenario(spec(first_day, fluids=True), PARIS, None, None)
    assert {part.fluid for part in script.parts} == set(Fluid)
    days = [first_day + timedelta(days=offset) for offset in range(3)]
    for part in script.parts:
        said = registers(part)
        (expected,) = part.expected.values()
        assert list(expected) == days
        if not said:  # a home that sends load curves
            continue
        assert sum(expected.values()) == said[max(said)] - said[min(said)]
        for day, value in expected.items():
            bounds = part.calendar.day(day).starts_at, part.calendar.day(day + timedelta(days=1)).starts_at
            start, end = (min(bound, part.until).timestamp() for bound in bounds)
            assert said[end] - said[start] == value


def test_a_gas_part_begins_with_the_gas_day_that_somebody_lived_in() -> None:
    first_day = date(2026, 3, 29)
    script = scenario(spec(first_day, fluids=True), PARIS, None, None)
    gas = next(part for part in script.parts if part.fluid is Fluid.GAS)
    assert min(registers(gas)) == calendar_of(Fluid.GAS, PARIS).day(first_day).starts_at.timestamp()


def test_without_being_asked_a_scenario_is_of_electricity() -> None:
    script = scenario(spec(date(2026, 1, 5)), PARIS, None, None)
    assert [part.fluid for part in script.parts] == [Fluid.ELECTRICITY] * 4
    assert script.summary["meters"] == 4


def test_a_part_of_a_scenario_is_the_same_as_in_the_whole() -> None:
    whole = scenario(spec(date(2026, 1, 5), fluids=True), PARIS, None, None)
    second = midnight(date(2026, 1, 6), PARIS)
    cut = scenario(spec(date(2026, 1, 5), fluids=True), PARIS, second, None)
    for one, other in zip(cut.parts, whole.parts, strict=True):
        assert registers(one).items() <= registers(other).items()
    with pytest.raises(ScriptError, match="Nothing"):
        scenario(spec(date(2026, 1, 5)), PARIS, midnight(date(2026, 2, 1), PARIS), None)


def test_the_summary_adds_up_what_each_fluid_will_be() -> None:
    script = scenario(spec(date(2026, 1, 5), fluids=True), PARIS, None, None)
    totals: dict[str, int] = defaultdict(int)
    for part in script.parts:
        totals[part.fluid] += sum(sum(days.values()) for days in part.expected.values())
    series: Any = script.summary["series"]
    assert {one["fluid"]: one["value"] for one in series} == totals


def test_faults_of_devices_touch_water_as_they_touch_electricity() -> None:
    script = scenario(spec(date(2026, 1, 5), fluids=True, faults="glitch", days=10), PARIS, None, None)
    devices = [
        Device(f"mtr_{n}", f"meters/c/mtr_{n}", f"mtr_{n}", "secret") for n in range(len(script.parts))
    ]
    false = defaultdict(int)
    for message in script.messages(devices):
        if message.readings and not message.registers and b'"v":0' in message.payload:
            false[script.parts[int(message.meter.removeprefix("mtr_"))].fluid] += 1
    assert {Fluid.ELECTRICITY, Fluid.WATER} <= false.keys()
