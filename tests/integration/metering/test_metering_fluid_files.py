"""What is told of gas in kWh, and real files of gas and water, on the real database."""

import csv
import gzip
import json
import random
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import Fluid
from contracts.members import ContractChanged
from services.metering import handlers
from services.metering.fluids import calendar_of
from tests.conftest import OpenUnit, Web
from tests.integration.metering.files_of_homes import Worker, imported
from tests.integration.metering.homes import (
    PARIS,
    Home,
    a_home,
    contract,
    reading,
    rows,
    send,
    settle_all,
)
from tests.integration.metering.test_metering_fluids import AT_SIX, indexes

pytestmark = pytest.mark.engines


async def days_of(web: Web, home: Home, first: date, last: date) -> list[dict[str, Any]]:
    answer = await web.client.get(
        f"/api/v1/meters/{home.meter}/days?from={first}&to={last}",
        headers=web.as_("resident", home.coop, home.person),
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["quantity"], body["unit"]) == ("volume", "L")
    return cast(list[dict[str, Any]], body["days"])


async def test_a_gas_day_is_told_in_litres_and_converted_with_its_source(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop, fluid="gas")
    await send(room_unit, coop, indexes(home, AT_SIX, [100] * 96))
    await settle_all(room_unit)
    one, other = await days_of(web, home, date(2026, 1, 5), date(2026, 1, 6))
    assert (one["value"], one["energy_wh"]) == (4_800, 53_621)
    assert one["conversion"] == {"kwh_per_m3": "11.171", "source": "table"}
    assert one["energy_wh"] + other["energy_wh"] == 107_242  # 9.6 m³ x 11.171, rounded once
    assert (one["cost_eur"], one["cost_reason"]) == (None, "no_tariff_for_fluid")
    curve = await web.client.get(
        f"/api/v1/meters/{home.meter}/curve?day=2026-01-05",
        headers=web.as_("resident", home.coop, home.person),
    )
    assert curve.json()["start"] == "2026-01-05T06:00:00+01:00"
    await contract(room_unit, home, date(2026, 1, 6), "own", prices={"base": "0.11"}, gas_kwh_m3="10.4")
    async with room_unit("metering") as unit:
        event = ContractChanged(coop=coop, meter=home.meter, valid_from=date(2026, 1, 6))
        await handlers.contract_changed(event, unit)
    await settle_all(room_unit)
    one, other = await days_of(web, home, date(2026, 1, 5), date(2026, 1, 6))
    assert (one["energy_wh"], one["cost_eur"]) == (53_621, None)
    assert (other["energy_wh"], other["cost_eur"], other["revision"]) == (49_920, "5.4912", 2)
    assert other["conversion"] == {"kwh_per_m3": "10.4", "source": "contract"}


async def test_no_other_fluid_is_converted(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home(room_unit, coop, fluid="water")
    await contract(room_unit, home, date(2026, 1, 1), "own", prices={"base": "4.34"})
    midnight = datetime(2026, 1, 4, 23, tzinfo=UTC)
    await send(room_unit, coop, indexes(home, midnight, [10] * 48))
    await settle_all(room_unit)
    (day,) = await days_of(web, home, date(2026, 1, 5), date(2026, 1, 5))
    assert (day["value"], day["cost_eur"]) == (480, "2.0832")
    assert (day["energy_wh"], day["conversion"], day["energy_reason"]) == (None, None, None)


async def test_grdfs_own_file_gives_exactly_its_days(
    room_unit: OpenUnit, web: Web, coop: str, shared_data: Path
) -> None:
    content = (shared_data / "gas_fr_grdf" / "daily_data_sample.json").read_bytes()
    expected = {
        datetime.strptime(row["time_period"], "%d/%m/%Y").date(): row  # noqa: DTZ007 - a date
        for row in json.loads(content)
        if row.get("volume_m3") is not None
    }
    home = await a_home(room_unit, coop, fluid="gas", zone=PARIS)
    headers, worker = web.as_("resident", coop, home.person), Worker(room_unit)
    done = await imported(web, headers, home, content, worker)
    assert done["state"] == "done", done
    await settle_all(room_unit)
    found = await days_of(web, home, min(expected), max(expected))
    assert {date.fromisoformat(row["day"]): row["value"] for row in found} == {
        day: round(Decimal(str(row["volume_m3"])) * 1_000) for day, row in expected.items()
    }
    assert sum(row["value"] for row in found) == sum(
        round(Decimal(str(row["volume_m3"])) * 1_000) for row in expected.values()
    )
    for row in found:
        of_file = expected[date.fromisoformat(row["day"])]
        if of_file.get("converter_factor_kwh/m3"):
            factor = Decimal(str(of_file["converter_factor_kwh/m3"]))
            assert row["conversion"]["source"] == "network"
            assert Decimal(row["conversion"]["kwh_per_m3"]) == factor
            assert abs(row["energy_wh"] - row["value"] * factor) <= 1
            assert abs(row["energy_wh"] / 1_000 - of_file["energy_kwh"]) <= 1.1  # whole kWh in the file
    assert {row["slots"] for row in found} == {46, 48, 50}
    again = await imported(web, headers, home, content, worker)
    assert again["accepted"] == 0
    for one in (done, again):  # what was brought twice stands until both are taken back
        undone = await web.client.post(
            f"/api/v1/imports/{one['id']}/actions", json={"action": "undo"}, headers=headers
        )
        assert undone.status_code == 200, undone.text
        await worker.work()
    await settle_all(room_unit)
    assert not await rows(room_unit, "SELECT 1 FROM metering.gas_factor WHERE meter = :m", m=home.meter)


END = date(2016, 12, 1)


@pytest.mark.parametrize("name", ["home_7ebfe8b4", "home_b6d60b19"])
async def test_a_real_homes_water_is_conserved(
    room_unit: OpenUnit, coop: str, shared_data: Path, name: str
) -> None:
    """Hourly registers at odd minutes, some missing: two months with the autumn change, shuffled."""
    madrid = ZoneInfo("Europe/Madrid")
    points: dict[datetime, int] = {}
    with gzip.open(shared_data / "water_daiad" / f"{name}.csv.gz", "rt") as file:
        for row in csv.DictReader(file, delimiter=";"):
            local = datetime.strptime(row["datetime"], "%d/%m/%Y %H:%M:%S").replace(tzinfo=madrid)
            if date(2016, 10, 1) <= local.date() <= END:
                points.setdefault(local.astimezone(UTC), round(Decimal(row["meter_reading_L"])))
    home = await a_home(room_unit, coop, fluid="water", zone="Europe/Madrid")
    readings = [reading(home, at, litres, "volume") for at, litres in sorted(points.items())]
    mixed = readings + readings[::7]
    random.Random(7).shuffle(mixed)
    for part in (mixed[:900], mixed[900:]):
        await send(room_unit, coop, part)
        await settle_all(room_unit)
    known = await rows(
        room_unit,
        "SELECT day, value, slots FROM metering.day WHERE meter = :meter"
        " UNION ALL SELECT day, value, slots FROM metering.open_day WHERE meter = :meter ORDER BY day",
        meter=home.meter,
    )
    # The day after them closes the two months; what follows its last reading may be estimated.
    whole = [row for row in known if row.day < END]
    midnight = datetime.combine(END, time(), madrid)
    (before, low), (after, high) = (
        max((at, litres) for at, litres in points.items() if at <= midnight),
        min((at, litres) for at, litres in points.items() if at > midnight),
    )
    at_midnight = low + (high - low) * ((midnight - before) / (after - before))
    assert abs(sum(row.value for row in whole) - (at_midnight - min(points.values()))) < 1
    assert {row.slots for row in whole} == {48, 50}


async def test_another_countrys_hourly_gas_in_kwh_is_conserved(
    room_unit: OpenUnit, web: Web, coop: str, shared_data: Path
) -> None:
    """Already energy: nothing is converted, and all of it lies in days from six to six."""
    with gzip.open(shared_data / "opendsm" / "uk-gas-hdd-only-hourly-sample-0.csv.gz", "rt") as file:
        lines = [line for line, _ in zip(file, range(1_000), strict=False)]
    home = await a_home(room_unit, coop, fluid="gas", zone="Europe/London")
    headers, worker = web.as_("resident", coop, home.person), Worker(room_unit)
    done = await imported(web, headers, home, "".join(lines).encode(), worker, unit="kWh", kind="interval")
    assert done["state"] == "done", done
    await settle_all(room_unit)
    known = await rows(
        room_unit,
        "SELECT quantity, day, value FROM metering.day WHERE meter = :meter"
        " UNION ALL SELECT quantity, day, value FROM metering.open_day WHERE meter = :meter ORDER BY day",
        meter=home.meter,
    )
    whole = known[1:-1]  # the first and last day are only partly in the file, and filled in
    calendar = calendar_of(Fluid.GAS, "Europe/London")
    exact: dict[date, Decimal] = dict.fromkeys((row.day for row in whole), Decimal(0))
    for line in lines[1:]:
        at, kwh = line.strip().split(",")
        day = calendar.day_of(datetime.fromisoformat(at))
        if day in exact:
            exact[day] += Decimal(kwh) * 1_000
    assert {row.quantity for row in known} == {"energy_import"}
    assert all(abs(row.value - exact[row.day]) <= 1 for row in whole)
    assert len(whole) == 41
