"""What simulated devices write is what the service reads: every word of every device, exactly."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import Fluid, Heating, Kind, Quantity
from contracts.readings import Reading
from services.intake.message import Accepted, interpret
from simulators import equipment, faults
from simulators.common_parts import CommonPart, consumption
from simulators.counter import Counter
from simulators.households import Home
from simulators.ledger import Ledger
from simulators.lines import CommonLine, ElectricLine, Exchange, Line, RadioLine
from simulators.meter import JOULES_PER_WH, Meter, midnight
from simulators.publications import Device, Publication
from simulators.voices import Voice
from simulators.weather import Weather

PARIS = "Europe/Paris"
FIRST = date(2026, 1, 12)
METER, GATEWAY = "mtr_01m81rwrynerjt71800xvhfaze", "gtw_01m81rwrzse55884r04m53jmt4"
OWN = Device(METER, f"meters/demo/{METER}", METER, "x")
BEHIND = Device(METER, f"gateways/demo/{GATEWAY}", GATEWAY, "x", "linky-2")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
TIMED = [voice for voice in Voice if voice is not Voice.ESPHOME]


def electric(home: Home, weather: Weather, voice: Voice, first: date = FIRST) -> ElectricLine:
    device = BEHIND if voice is Voice.ZLINKY else OWN
    return ElectricLine(
        device,
        Meter(home, weather, first, PARIS, 5_000_001),
        voice,
        equipment.fed_in(home, weather, first, PARIS),
    )


def radio(home: Home, weather: Weather, fluid: Fluid, first: date = FIRST) -> RadioLine:
    device = replace(BEHIND, channel=equipment.radio_id(home, fluid))
    return RadioLine(device, fluid, equipment.counter(home, fluid, weather, first, PARIS))


def read(one: Publication) -> list[Reading]:
    """As intake reads it a little after it was sent."""
    found = interpret(one.topic.encode(), one.payload, one.at + timedelta(seconds=2), ZoneInfo(PARIS))
    assert isinstance(found, Accepted), found
    return found.readings


def spoken(line: Line, first: date = FIRST, days: int = 2) -> list[Publication]:
    return [one for offset in range(days) for one in line.day(first + timedelta(days=offset))]


@dataclass
class Heard:
    registers: dict[Quantity, dict[int, int]]
    intervals: int = 0


def heard(messages: list[Publication]) -> Heard:
    """Registers in whole units by epoch second, and the sum of intervals, of everything that was read."""
    out = Heard(defaultdict(dict))
    for one in messages:
        readings = read(one)
        assert len(readings) == one.readings
        for reading in readings:
            assert reading.meter == METER if reading.meter else reading.gateway == GATEWAY
            whole, rest = divmod(reading.value_milli, 1_000)
            if reading.kind is Kind.REGISTER:
                assert rest == 0
                out.registers[reading.quantity][int(reading.instant.timestamp())] = whole
            elif reading.kind is Kind.INTERVAL:
                out.intervals += whole
    return out


@pytest.mark.parametrize("first", [FIRST, SPRING, AUTUMN])
@pytest.mark.parametrize("voice", TIMED)
def test_every_device_says_the_energy_of_its_meter_to_the_watt_hour(
    homes: list[Home], weather: Weather, voice: Voice, first: date
) -> None:
    line = electric(homes[0], weather, voice, first)
    told = heard(spoken(line, first))
    wanted = sum(half.energy_wh for n in range(2) for half in line.meter.half_hours(first + timedelta(n)))
    if voice is Voice.LOAD_CURVE:
        assert told.intervals == wanted
    else:
        energy = told.registers[Quantity.ENERGY_IMPORT]
        start, end = midnight(first, PARIS), midnight(first + timedelta(days=2), PARIS)
        assert (min(energy), max(energy)) == (start.timestamp(), end.timestamp())
        assert energy[max(energy)] - energy[min(energy)] == wanted


@pytest.mark.parametrize("voice", [Voice.SENML, Voice.ZLINKY, Voice.TASMOTA, Voice.SHELLY])
def test_what_panels_feed_in_is_said_too(homes: list[Home], weather: Weather, voice: Voice) -> None:
    summer = date(2026, 7, 6)
    line = electric(replace(homes[0], solar_w=800), weather, voice, summer)
    assert line.fed_in is not None
    told = heard(spoken(line, summer)).registers[Quantity.ENERGY_EXPORT]
    wanted = sum(half.energy_wh for n in range(2) for half in line.fed_in.half_hours(summer + timedelta(n)))
    assert told[max(told)] - told[min(told)] == wanted > 0


def test_esphome_speaks_of_now_only(homes: list[Home], weather: Weather) -> None:
    line = electric(replace(homes[0], solar_w=800), weather, Voice.ESPHOME)
    instant = datetime(2026, 1, 12, 18, 30, 7, tzinfo=UTC)
    east, sinsts, eait = line.now(instant)
    (reading,) = read(east)
    assert reading.value_milli == line.meter.register_at(instant) * 1000
    assert [read(one)[0].quantity for one in (sinsts, eait)] == ["apparent_power", "energy_export"]
    assert all(one.topic.endswith("/load-curve") or "senml" in one.topic for one in spoken(line))


@pytest.mark.parametrize("first", [FIRST, SPRING, AUTUMN])
@pytest.mark.parametrize("fluid", [Fluid.WATER, Fluid.HOT_WATER, Fluid.GAS, Fluid.HEAT])
def test_a_box_says_the_register_of_each_radio_meter(
    homes: list[Home], weather: Weather, fluid: Fluid, first: date
) -> None:
    home = next(home for home in homes if fluid in equipment.fluids(home))
    line = radio(home, weather, fluid, first)
    messages = spoken(line, first)
    assert {reading.channel for one in messages for reading in read(one)} == {line.device.channel}
    (told,) = heard(messages).registers.values()
    assert told == {
        int(at.timestamp()): line.counter.register_at(at)
        for at in (datetime.fromtimestamp(seconds, UTC) for seconds in told)
    }
    end = midnight(first + timedelta(days=2), PARIS)
    assert max(told) == end.timestamp()


def test_a_gas_meter_begins_with_the_gas_day(homes: list[Home], weather: Weather) -> None:
    home = next(home for home in homes if home.heating is Heating.GAS)
    for first in (FIRST, SPRING, AUTUMN):
        began = min(one.at for one in spoken(radio(home, weather, Fluid.GAS, first), first))
        assert began.astimezone(ZoneInfo(PARIS)).hour == 6
        assert began.astimezone(ZoneInfo(PARIS)).date() == first


def test_a_radio_meter_with_a_dead_battery_ends_at_midnight(homes: list[Home], weather: Weather) -> None:
    line = radio(homes[0], weather, Fluid.WATER)
    line.silent_from = FIRST + timedelta(days=1)
    last = spoken(line, days=3)[-1]
    assert last.at == midnight(FIRST + timedelta(days=1), PARIS)
    assert list(line.now(midnight(FIRST + timedelta(days=4), PARIS))) == []


def test_a_replaced_meter_begins_at_zero_and_no_energy_is_lost(homes: list[Home], weather: Weather) -> None:
    at = equipment.exchange_at(FIRST + timedelta(days=1), PARIS)
    line = electric(homes[0], weather, Voice.SENML)
    line.exchange = Exchange(at, line.meter.register_at(at))
    messages = spoken(line, days=3)
    shown = heard(messages).registers[Quantity.ENERGY_IMPORT]
    old = {when: value for when, value in shown.items() if when < at.timestamp()}
    new = {when: value for when, value in shown.items() if when > at.timestamp()}
    taken_off, fitted = old[max(old)], new[min(new)]
    assert fitted < 2_000 < taken_off
    counted = (line.exchange.old_index_wh - old[min(old)]) + new[max(new)]
    ledger = Ledger()
    for one in messages:
        ledger.published(one)
        ledger.acknowledged(one)
    days = [FIRST + timedelta(days=offset) for offset in range(3)]
    wanted = sum(half.energy_wh for day in days for half in line.meter.half_hours(day))
    assert counted == ledger.meters[METER].energy_wh == wanted


@pytest.mark.parametrize("profile", sorted(faults.PROFILES))
def test_faults_leave_the_words_of_real_devices_readable(
    homes: list[Home], weather: Weather, profile: str
) -> None:
    lines = [electric(homes[0], weather, voice) for voice in (Voice.ZLINKY, Voice.TASMOTA, Voice.SHELLY)]
    sent = [one for line in (*lines, radio(homes[0], weather, Fluid.WATER)) for one in spoken(line)]
    for one in faults.apply(profile, sorted(sent, key=lambda one: one.at), 5):
        if one.is_sound:
            assert len(read(one)) == one.readings


@pytest.mark.parametrize(("day", "slots"), [(SPRING, 46), (AUTUMN, 50), (FIRST, 48)])
def test_a_common_part_sends_a_curve_a_day(day: date, slots: int) -> None:
    lift = Counter(consumption(CommonPart.LIFT, 1, 0, 14), day, PARIS, per_unit=JOULES_PER_WH)
    (curve,) = CommonLine(OWN, lift).day(day)
    assert curve.readings == slots == len(read(curve))
    assert heard([curve]).intervals == sum(half.energy_wh for half in lift.half_hours(day)) > 0


@pytest.mark.parametrize("voice", list(Voice))
def test_going_on_live_joins_the_end_of_the_month_to_now(
    homes: list[Home], weather: Weather, voice: Voice
) -> None:
    line = electric(replace(homes[0], solar_w=400), weather, voice)
    since = midnight(FIRST + timedelta(days=1), PARIS)
    now = since + timedelta(hours=5, minutes=7, seconds=10)
    messages = [*line.since(since, now), *line.now(now)]
    told = heard(messages).registers[Quantity.ENERGY_IMPORT]
    is_new = voice in (Voice.LOAD_CURVE, Voice.ESPHOME)  # its register was not heard before
    steps = range(0 if is_new else 1, 11)
    assert sorted(told)[: len(steps)] == [int((since + timedelta(minutes=30 * n)).timestamp()) for n in steps]
    assert len(told) == len(steps) + 1
    assert told[max(told)] == line.meter.register_at(now)
    assert list(told.values()) == sorted(told.values())
    again = {reading.instant for one in line.day(FIRST) for reading in read(one)}
    assert not again & {reading.instant for one in messages for reading in read(one)} or is_new


def test_live_radio_meters_are_heard_now_and_then(homes: list[Home], weather: Weather) -> None:
    line = radio(homes[0], weather, Fluid.WATER)
    since = midnight(FIRST + timedelta(days=1), PARIS)
    assert [one.at for one in line.since(since, since + timedelta(hours=3, minutes=20))] == [
        since + timedelta(hours=hour) for hour in (1, 2, 3)
    ]
    live = [since + timedelta(hours=3, minutes=20, seconds=10 * n) for n in range(360)]
    said = [one.at for instant in live for one in line.now(instant)]
    assert said == [since + timedelta(hours=4)]


def test_a_common_part_told_live_sends_its_day_when_it_is_over(weather: Weather) -> None:
    lift = Counter(consumption(CommonPart.LIFT, 1, 0, 14), FIRST, PARIS, per_unit=JOULES_PER_WH)
    line = CommonLine(OWN, lift)
    since = midnight(FIRST + timedelta(days=1), PARIS)
    assert list(line.since(since, since + timedelta(hours=9))) == []
    assert list(line.now(since + timedelta(hours=23))) == []
    (curve,) = line.now(since + timedelta(hours=25))
    assert curve.at == since + timedelta(days=1)
    assert list(line.now(since + timedelta(hours=26))) == []
