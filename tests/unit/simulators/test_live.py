"""Live readings and those of the month before them belong to the same register."""

import json
from datetime import UTC, date, datetime, timedelta

from simulators import live
from simulators.households import Home
from simulators.ledger import Ledger
from simulators.lines import ElectricLine
from simulators.meter import Meter
from simulators.publications import Device
from simulators.voices import Voice
from simulators.weather import Weather

DEVICE = Device("mtr_1", "meters/c/mtr_1", "mtr_1", "x")
SINCE = datetime(2026, 10, 1, 22, 0, tzinfo=UTC)


def meter(homes: list[Home], weather: Weather) -> Meter:
    return Meter(homes[0], weather, date(2026, 10, 1), "Europe/Paris", 5_000)


def test_a_live_reading_is_register_power_and_apparent_power(homes: list[Home], weather: Weather) -> None:
    own = meter(homes, weather)
    instant = datetime(2026, 10, 2, 6, 0, 0, 250_000, tzinfo=UTC)
    (one,) = live.readings_at([(DEVICE, own)], instant)
    records = {record["n"]: record for record in json.loads(one.payload)}
    assert set(records) == {"energy_import", "apparent_power", "power"}
    assert {record["t"] for record in records.values()} == {int(instant.timestamp())}
    assert records["apparent_power"]["v"] >= records["power"]["v"]
    assert one.readings == 3


def test_the_ledger_counts_the_advance_from_the_month_to_now(homes: list[Home], weather: Weather) -> None:
    own, ledger = meter(homes, weather), Ledger()
    line = ElectricLine(DEVICE, own, Voice.SENML)
    now = SINCE + timedelta(hours=3, minutes=4)
    stream = [*line.day(date(2026, 10, 1)), *line.since(SINCE, now), *live.readings_at([(DEVICE, own)], now)]
    for one in stream:
        ledger.published(one)
        ledger.acknowledged(one)
    assert ledger.meters["mtr_1"].energy_wh == own.register_at(now) - own.index_wh
    assert ledger.waiting == 0
