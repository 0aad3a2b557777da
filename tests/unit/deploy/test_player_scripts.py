"""A feed becomes messages that say what the feed says, the same ones every time."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import UNIT_OF, Fluid, Kind, Quantity
from deploy.player_feeds import read_file
from deploy.player_recorded import messages_of
from deploy.player_scripts import (
    ScriptError,
    Series,
    by_day,
    contract_for,
    days_told,
    instants,
    of_series,
    summary_of,
)
from services.intake.codecs import CODECS, Refusal
from services.metering.files import Options
from services.metering.fluids import calendar_of
from simulators.feeds import Interval
from simulators.publications import Device

PARIS = "Europe/Paris"
DEVICE = Device("mtr_1", "meters/c/mtr_1", "mtr_1", "secret")
START = datetime(2026, 3, 28, 23, tzinfo=UTC)
"""Midnight of a day of 23 hours in Paris."""
CALENDARS = {"mtr_1": calendar_of(Fluid.ELECTRICITY, PARIS)}
NOW = datetime(2026, 11, 22, tzinfo=UTC)

AMOUNTS = st.lists(st.integers(0, 2_000_000), min_size=2, max_size=120)
STEPS = st.sampled_from([60, 600, 900, 1800, 3600, 75, 10, 86_400 // 7])


def hours(amounts: list[int], step_s: int = 3600) -> list[Interval]:
    return [
        Interval(START + timedelta(seconds=n * step_s), step_s, amount) for n, amount in enumerate(amounts)
    ]


def decoded(message: Any) -> list[Any]:
    codec = message.topic.split("/")[3]
    values = CODECS[codec]("", message.payload, NOW)
    assert not isinstance(values, Refusal), values
    return values


@given(AMOUNTS, STEPS, st.sampled_from([Quantity.ENERGY_IMPORT, Quantity.VOLUME]), st.booleans())
def test_a_played_file_has_the_feeds_energy_whatever_its_step(
    amounts: list[int], step_s: int, quantity: Quantity, as_registers: bool
) -> None:
    series = Series(quantity, hours(amounts, step_s))
    summary = summary_of([series], PARIS, "csv")
    script = of_series("f", Fluid.ELECTRICITY, [series], PARIS, summary, as_registers=as_registers)
    values = [value for message in script.messages([DEVICE]) for value in decoded(message)]
    assert {value.quantity for value in values} == {quantity}
    registers = [value.value_milli for value in values if value.kind is Kind.REGISTER]
    said = registers[-1] - registers[0] if registers else sum(value.value_milli for value in values)
    total = (sum(amounts) + 500) // 1000
    assert said == total * 1000
    assert sum(script.parts[0].expected[quantity].values()) == total


def test_each_message_belongs_to_the_days_it_tells_of() -> None:
    series = Series(Quantity.ENERGY_IMPORT, hours([1000] * 60))
    curves = of_series("f", Fluid.ELECTRICITY, [series], PARIS, {}).messages([DEVICE])
    assert days_told(curves, CALENDARS) == {
        ("mtr_1", date(2026, 3, 29)): {0},
        ("mtr_1", date(2026, 3, 30)): {1},
        ("mtr_1", date(2026, 3, 31)): {2},
    }
    assert [len(curve.intervals) for curve in curves] == [23, 24, 13]
    packs = of_series("f", Fluid.ELECTRICITY, [series], PARIS, {}, as_registers=True).messages([DEVICE])
    told = days_told(packs, CALENDARS)
    # A day whose energy lies between two packs needs them both.
    assert told["mtr_1", date(2026, 3, 29)] & told["mtr_1", date(2026, 3, 30)]


def test_gaps_are_told() -> None:
    holed = hours([1000] * 10)[:4] + hours([1000] * 10)[7:]
    summary: Any = summary_of([Series(Quantity.ENERGY_IMPORT, holed)], PARIS, "csv")
    assert (summary["series"][0]["gaps"], summary["series"][0]["missing_s"]) == (1, 3 * 3600)


def test_what_arrives_late_is_sent_in_its_turn() -> None:
    series = Series(Quantity.ENERGY_IMPORT, hours([1000] * 48))
    messages = of_series("f", Fluid.ELECTRICITY, [series], PARIS, {}).messages([DEVICE])
    moments = instants([*messages, messages[0]])
    assert moments == sorted(moments)


RECORDED = st.lists(
    st.tuples(
        st.sampled_from(
            [
                ("energy_import", Quantity.ENERGY_IMPORT, Kind.REGISTER, 0),
                ("energy_import.hp", Quantity.ENERGY_IMPORT, Kind.REGISTER, 0),
                ("energy_import@1800", Quantity.ENERGY_IMPORT, Kind.INTERVAL, 1800),
                ("power", Quantity.POWER, Kind.SAMPLE, 0),
                ("power@60", Quantity.POWER, Kind.SAMPLE, 60),
                ("volume", Quantity.VOLUME, Kind.REGISTER, 0),
            ]
        ),
        st.integers(0, 40),
        st.integers(0, 3),
        st.integers(0, 10**12),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(RECORDED)
def test_a_recording_is_sent_again_value_for_value_in_its_order(
    readings: list[tuple[tuple[str, Quantity, Kind, int], int, int, int]],
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "register": register, "quantity": quantity, "kind": kind, "step_s": step_s,
            "instant": START + timedelta(minutes=30 * number, microseconds=0 if step_s else 123_456),
            "received_at": START + timedelta(days=2, seconds=batch), "value_milli": milli,
        }
        for (register, quantity, kind, step_s), number, batch, milli in readings
    ]  # fmt: skip
    rows.sort(key=lambda row: row["received_at"])
    messages = list(messages_of(DEVICE, rows, PARIS))
    found = [
        (value.register, value.instant, value.value_milli)
        for message in messages
        for value in decoded(message)
    ]
    assert sorted(found) == sorted((r["register"], r["instant"], r["value_milli"]) for r in rows)
    assert [message.at for message in messages] == sorted(message.at for message in messages)
    assert all(UNIT_OF[value.quantity] is value.unit for message in messages for value in decoded(message))


def test_a_real_file_is_read_as_imports_read_it(shared_data: Path) -> None:
    path = shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz"
    series, file_format, _ = read_file(
        io.BytesIO(path.read_bytes()), path.name, Options(zone="Europe/London")
    )
    assert (file_format, [one.quantity for one in series]) == ("opendsm", [Quantity.ENERGY_IMPORT])
    assert len(series[0].intervals) == 23_508


def test_a_time_and_a_value_are_enough_and_a_letter_is_not() -> None:
    rows = "start,value\n" + "".join(f"2026-01-05 {hour:02}:00,{Decimal(hour) / 10}\n" for hour in range(24))
    series, _, _ = read_file(io.BytesIO(rows.encode()), "mine.csv", Options(zone=PARIS))
    assert sum(one.energy_milli for one in series[0].intervals) == 27_600_000
    with pytest.raises(ScriptError):
        read_file(io.BytesIO(b"Dear cooperative,\nthe tap drips.\n"), "letter.csv", Options(zone=PARIS))


def test_a_gas_day_begins_at_six_and_its_autumn_day_has_25_hours() -> None:
    begin = datetime(2026, 10, 24, 4, tzinfo=UTC)  # 06:00 in Paris, the day before the clocks change
    intervals = [Interval(begin + timedelta(hours=n), 3600, 1_000) for n in range(24 + 25 + 24)]
    calendar = calendar_of(Fluid.GAS, PARIS)
    assert by_day(intervals, calendar) == {
        date(2026, 10, 24): 25, date(2026, 10, 25): 24, date(2026, 10, 26): 24,
    }  # fmt: skip


def test_the_subscribed_power_of_a_sandbox_lets_the_feeds_own_peaks_be_plausible() -> None:
    def kva(peak_wh: int) -> object:
        series = [Series(Quantity.ENERGY_IMPORT, hours([100_000, peak_wh * 1000]))]
        return contract_for(Fluid.ELECTRICITY, series)["subscribed_kva"]

    assert (kva(2_500), kva(8_000), kva(200_000)) == (3, 9, None)
    assert contract_for(Fluid.GAS, []) == {}
