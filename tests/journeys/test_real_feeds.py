"""Real homes' files through MQTT and the whole chain: every day equals the file, twice changes nothing."""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import Heating
from services.advice.day import Day
from services.advice.facts import facts_on
from services.advice.standby import night_floor
from simulators import feeds
from simulators.api import Api
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.publications import Publication
from tests.house import Home, House, eventually, move_in, open_coop, running

pytestmark = [pytest.mark.engines]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("house")) as up:
        yield up


def publish(house: House, home: Home, stream: Iterator[Publication]) -> Ledger:
    ledger = Ledger()
    with Fleet(house.endpoints["mqtt"], home.devices, ledger) as fleet:
        fleet.publish_all(stream)
    return ledger


def days(api: Api, meter: str, first: date, last: date) -> dict[str, dict[str, object]]:
    """The meter's days, a year a request."""
    found: dict[str, dict[str, object]] = {}
    start = first
    while start <= last:
        end = min(start + timedelta(days=365), last)
        answer = api.call(
            "GET", f"/meters/{meter}/days", query={"from": start.isoformat(), "to": end.isoformat()}
        )
        found |= {day["day"]: day for day in answer["days"]}
        start = end + timedelta(days=1)
    return found


def opendsm_days(path: Path, zone: ZoneInfo) -> dict[str, int]:
    """Watt-hours per local civil day, straight from the file."""
    result: dict[str, int] = defaultdict(int)
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            start = datetime.fromisoformat(row["start"]).astimezone(zone)
            # The file's values are whole watt-hours, written with the noise of binary fractions.
            result[start.date().isoformat()] += round(Decimal(row["value"]) * 1000)
    return dict(result)


def test_two_and_a_half_years_of_a_real_home(house: House, shared_data: Path) -> None:
    path = shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz"
    zone = ZoneInfo("Europe/London")
    expected = opendsm_days(path, zone)
    open_coop(house, "london", zone="Europe/London")
    home = move_in(house, "london", "A1", moved_in_on=date(2020, 3, 1), dwelling={"zone": "Europe/London"})
    intervals = feeds.read(path, "UTC")
    publish(house, home, feeds.as_registers(home.device, intervals))
    resident = house.api("resident", "london", home.person)
    # The file's last civil day may be cut by its end; every other day is whole.
    whole = [day for day in expected if day not in (min(expected), max(expected))]
    first, last = date.fromisoformat(min(whole)), date.fromisoformat(max(whole))

    wanted = {day: expected[day] for day in whole}

    def settled() -> bool:
        found = days(resident, home.meter, first, last)
        return {day: found[day]["value"] for day in whole if day in found} == wanted

    eventually(settled, 180)
    found = days(resident, home.meter, first, last)
    lengths = defaultdict(int)
    for day in whole:
        lengths[found[day]["slots"]] += 1
    assert lengths[46] >= 2
    assert lengths[50] >= 2
    assert set(lengths) == {46, 48, 50}

    overview = house.operator().get("/operations/overview")
    publish(house, home, feeds.as_registers(home.device, intervals))
    eventually(
        lambda: (
            house.operator().get("/operations/overview")["readings_duplicate"]
            >= overview["readings_duplicate"] + len(intervals)
        )
    )
    again = days(resident, home.meter, first, last)
    assert again == found, "playing it a second time changed something"

    lived = []
    for day in whole:
        curve = resident.call("GET", f"/meters/{home.meter}/curve", query={"day": day})
        lived.append(Day(date.fromisoformat(day), "Europe/London", tuple(curve["values"])))
    floor = night_floor(lived, Heating.DISTRICT, facts_on(date(2026, 11, 1)).standby)
    assert not isinstance(floor, str)
    assert floor.watts == pytest.approx(60, abs=15)


def test_a_french_house_by_the_minute(house: House, shared_data: Path) -> None:
    """2,880 one-minute mean powers become two days of half-hours equal to the file's energy."""
    open_coop(house, "sceaux")
    home = move_in(house, "sceaux", "B1", moved_in_on=date(2007, 1, 1))
    paris = ZoneInfo("Europe/Paris")
    rows = list(csv.DictReader((shared_data / "uci_fr_1min_2days.txt").open(), delimiter=";"))
    by_slot: dict[datetime, Decimal] = defaultdict(Decimal)
    by_day: dict[date, list[int]] = defaultdict(list)
    for row in rows:
        start = datetime.strptime(f"{row['Date']} {row['Time']}", "%d/%m/%Y %H:%M:%S").replace(tzinfo=paris)
        watts = Decimal(row["Global_active_power"]) * 1000
        by_slot[start.replace(minute=start.minute // 30 * 30, second=0)] += watts / 60
        by_day[start.date()].append(int(watts))
    with Fleet(house.endpoints["mqtt"], home.devices, Ledger()) as fleet:
        for day, watts_of_day in by_day.items():
            start = datetime(day.year, day.month, day.day, tzinfo=paris)
            body = {"start": start.isoformat(), "step": "PT1M", "quantity": "power", "unit": "W"}
            fleet.publish(
                Publication(
                    at=start.astimezone(UTC),
                    device=home.device.username,
                    meter=home.meter,
                    topic=home.device.topic_for("load-curve"),
                    payload=json.dumps(body | {"values": watts_of_day}).encode(),
                    readings=len(watts_of_day),
                )
            )
        fleet.drain()
    resident = house.api("resident", "sceaux", home.person)
    whole = sum(by_slot.values())

    def is_settled() -> bool:
        stored = days(resident, home.meter, date(2007, 2, 1), date(2007, 2, 2))
        return len(stored) == 2 and abs(sum(day["value"] for day in stored.values()) - whole) <= 1

    eventually(is_settled)
    found = days(resident, home.meter, date(2007, 2, 1), date(2007, 2, 2))
    exact = Decimal(0)
    before = 0
    for day in sorted(by_day):
        curve = resident.call("GET", f"/meters/{home.meter}/curve", query={"day": day.isoformat()})
        assert len(curve["values"]) == 48
        for slot, value in enumerate(curve["values"]):
            start = datetime(day.year, day.month, day.day, tzinfo=paris) + timedelta(minutes=30 * slot)
            assert abs(value - by_slot[start]) <= 1
        day_exact = sum(amount for start, amount in by_slot.items() if start.date() == day)
        exact += day_exact
        assert sum(curve["values"]) == found[day.isoformat()]["value"]
        before += found[day.isoformat()]["value"]
        assert abs(found[day.isoformat()]["value"] - day_exact) < 1
    assert abs(before - exact) < 1


def test_what_no_codec_understands_is_kept_with_a_reason(house: House, shared_data: Path) -> None:
    """Payloads of many real devices under codecs that do not know them: none lost, none crashes."""
    open_coop(house, "atelier")
    home = move_in(house, "atelier", "C1", moved_in_on=date(2026, 1, 1))
    payloads: list[tuple[str, bytes]] = []
    for line in (shared_data / "mqtt_payloads.jsonl").read_text().splitlines():
        payload = json.loads(line)["payload"]
        raw = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
        payloads += [("senml", raw), ("load-curve", raw), ("not-yet-known", raw)]
    for path in sorted((shared_data / "dsmr").glob("*.txt")):
        payloads += [("senml", path.read_bytes()), ("something-else", path.read_bytes())]
    with Fleet(house.endpoints["mqtt"], home.devices, Ledger()) as fleet:
        fleet.publish_all(
            Publication(
                datetime.now(UTC), home.device.username, home.meter, f"{home.device.topic}/{codec}", raw
            )
            for codec, raw in payloads
        )
    operator = house.api("operator", "atelier")
    eventually(lambda: len(list(operator.pages("/operations/rejected", limit=200))) >= len(payloads))
    kept = list(operator.pages("/operations/rejected", limit=200))
    assert len(kept) == len(payloads)
    assert {row["reason"] for row in kept} >= {"unknown_codec", "wrong_shape"}
    assert all(row["detail"] for row in kept)


def test_a_linky_by_its_own_messages_lives_its_days(house: House) -> None:
    """Zigbee2MQTT's own topics, kWh, local dates and false zeros: whole days, and nothing in quarantine."""
    open_coop(house, "grenoble")
    home = move_in(house, "grenoble", "D1", moved_in_on=date(2025, 1, 1))
    paris = ZoneInfo("Europe/Paris")
    # Within the month in which a meter's date is believed.
    first = datetime.now(paris).date() - timedelta(days=3)
    start = datetime(first.year, first.month, first.day, tzinfo=paris).astimezone(UTC)

    def message(half_hour: int) -> tuple[str, bytes]:
        local = (start + timedelta(minutes=30 * half_hour)).astimezone(paris)
        season = "E" if local.dst() else "H"
        fields = {
            "current_summ_delivered": (16_494_500 + 100 * half_hour) / 1_000,
            "current_tier1_summ_delivered": (9_000_000 + 100 * half_hour) / 1_000,
            "current_tier2_summ_delivered": 0 if half_hour % 7 == 3 else 7_494.5,
            "active_power": -32768,
            "apparent_power": 783,
            "current_date": f"{season}{local:%y%m%d%H%M%S}",
            "site_id": "00000000000000",
        }
        return "zlinky/linky", json.dumps(fields).encode()

    said = [("zlinky/bridge/state", b'{"state":"online"}'), ("zlinky/linky/availability", b"online")]
    said += [message(half_hour) for half_hour in range(2 * 48 + 3)]
    with Fleet(house.endpoints["mqtt"], home.devices, Ledger()) as fleet:
        fleet.publish_all(
            Publication(
                datetime.now(UTC), home.device.username, home.meter, f"{home.device.topic}/{tail}", raw
            )
            for tail, raw in said
        )
    resident = house.api("resident", "grenoble", home.person)
    second = first + timedelta(days=1)

    def settled() -> bool:
        found = days(resident, home.meter, first, second)
        return (
            [day["value"] for day in found.values()] == [100 * day["slots"] for day in found.values()] != []
        )

    eventually(settled)
    assert len(days(resident, home.meter, first, second)) == 2
    assert not list(house.api("operator", "grenoble").pages("/operations/rejected", limit=200))
