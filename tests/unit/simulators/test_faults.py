"""Each fault profile alters what it says, and keeps the rest."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import faults
from simulators.faults import PROFILES
from simulators.ledger import Ledger
from simulators.meter import Meter
from simulators.park import park
from simulators.publications import Device, Publication, load_curve_day, senml, senml_day
from simulators.weather import Weather

LOSSLESS = ("none", "duplicates", "reorder", "late", "burst", "half-hour", "reconnects", "storm", "network")


DEVICE = Device("mtr_long", "meters/demo/mtr_long", "mtr_long", "secret")


def stream() -> list[Publication]:
    first = date(2026, 1, 5)
    out: list[Publication] = []
    for number, home in enumerate(park(5, 3)):
        device = Device(f"mtr_{number}", f"meters/demo/mtr_{number}", f"mtr_{number}", "secret")
        meter = Meter(home, Weather(5), first, "Europe/Paris", 1000)
        for offset in range(3):
            day = first + timedelta(days=offset)
            out += senml_day(device, meter, day) if number else load_curve_day(device, meter, day)
    return sorted(out, key=lambda one: one.at)


STREAM = stream()
LONG = [
    senml(DEVICE, [(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * n), 5_000 + 100 * n)], [])
    for n in range(250)
]
CROWD = [replace(one, device=f"dev_{number}") for one in LONG for number in range(16)]


def energy(published: list[Publication]) -> dict[str, int]:
    ledger = Ledger()
    for one in published:
        ledger.published(one)
        ledger.acknowledged(one)
    return {meter: account.energy_wh for meter, account in ledger.meters.items()}


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_profile_is_the_same_for_the_same_seed(profile: str) -> None:
    assert list(faults.apply(profile, STREAM, 1)) == list(faults.apply(profile, STREAM, 1))


@settings(max_examples=20, deadline=None)
@given(profile=st.sampled_from(LOSSLESS), seed=st.integers(0, 10_000))
def test_a_bad_network_loses_no_message_and_no_energy(profile: str, seed: int) -> None:
    out = list(faults.apply(profile, STREAM, seed))
    assert {one.payload for one in out} == {one.payload for one in STREAM}
    assert energy(out) == energy(STREAM)


def test_duplicates_repeat_whole_messages() -> None:
    counts = Counter(one.payload for one in faults.apply("duplicates", STREAM, 1))
    assert max(counts.values()) in (2, 3, 4)


def test_reordering_changes_the_order_and_nothing_else() -> None:
    out = list(faults.apply("reorder", STREAM, 1))
    assert out != STREAM
    assert Counter(one.payload for one in out) == Counter(one.payload for one in STREAM)


def test_a_gap_removes_messages() -> None:
    out = list(faults.apply("gaps", STREAM, 1))
    assert 0 < len(STREAM) - len(out) < len(STREAM) / 4


def test_garbage_comes_between_sound_messages_and_counts_for_nothing() -> None:
    out = list(faults.apply("garbage", STREAM, 1))
    assert [one for one in out if one.is_sound] == STREAM
    spoilt = [one for one in out if not one.is_sound]
    assert spoilt
    assert all(one.readings == 0 and not one.registers for one in spoilt)
    assert energy(out) == energy(STREAM)


def test_a_wrong_clock_stamps_all_of_a_device_as_wrongly_and_less_than_an_hour() -> None:
    out = list(faults.apply("skew", STREAM, 3))
    assert [one.at for one in out] == [one.at for one in STREAM]
    by_device: dict[str, set[int]] = {}
    for one, before in zip(out, STREAM, strict=True):
        for (when, _), (true, _) in zip(
            one.registers + one.intervals, before.registers + before.intervals, strict=True
        ):
            by_device.setdefault(one.device, set()).add(when - true)
    assert all(len(shifts) == 1 for shifts in by_device.values())
    shifts = {shift for of_device in by_device.values() for shift in of_device}
    assert 0 in shifts
    assert any(60 <= abs(shift) <= 3_600 for shift in shifts)


def test_late_messages_come_within_seven_days_in_any_order() -> None:
    out = list(faults.apply("late", STREAM, 1))
    sent = {one.payload: one.at for one in STREAM}
    delays = [one.at - sent[one.payload] for one in out]
    assert all(timedelta() <= delay <= timedelta(days=7) for delay in delays)
    assert max(delays) > timedelta(days=3)
    assert [sent[one.payload] for one in out] != sorted(sent[one.payload] for one in out)
    assert [one.at for one in out] == sorted(one.at for one in out)


def test_on_the_half_hour_all_devices_speak_at_once() -> None:
    out = list(faults.apply("half-hour", STREAM, 1))
    assert all(one.at.minute in (0, 30) and one.at.second == 0 for one in out)
    assert [one.at for one in out] == sorted(one.at for one in out)


def test_a_glitch_adds_a_zero_register_and_keeps_the_true_ones() -> None:
    out = list(faults.apply("glitch", STREAM * 3, 1))
    added = [one for one in out if one.payload not in {sound.payload for sound in STREAM}]
    assert added
    assert all(b'"v":0' in one.payload for one in added)


def test_another_registers_value_is_no_account_of_the_energy() -> None:
    out = list(faults.apply("swap", STREAM * 3, 1))
    swapped = [one for one in out if one.payload not in {sound.payload for sound in STREAM}]
    assert swapped
    assert all(not one.registers for one in swapped)


def test_a_reset_register_begins_at_zero_and_goes_on_as_fast() -> None:
    out = [one for seed in range(6) for one in faults.apply("reset", LONG, seed)]
    values: list[int] = []
    for one in out:
        values += [value for _, value in one.registers]
    falls = sum(later < earlier for earlier, later in pairwise(values))
    assert falls > 5  # one where each seed's stream begins again, and one at each reset
    assert 0 in values


def test_a_dead_device_is_never_heard_again() -> None:
    shares = []
    for seed in range(4):
        counts = Counter(one.device for one in faults.apply("dead", CROWD, seed))
        assert set(counts) == {one.device for one in CROWD}
        shares.append(sum(count < len(LONG) for count in counts.values()) / len(counts))
    assert 0 < sum(shares) / len(shares) < 0.3


def test_a_storm_takes_every_device_once() -> None:
    dropped = [one.device for one in faults.apply("storm", CROWD, 1) if one.drops_connection]
    assert Counter(dropped) == Counter({one.device for one in CROWD})


def test_day_by_day_gives_what_the_whole_stream_gives() -> None:
    whole = list(faults.apply("network", STREAM, 4))
    daily = faults.Faults("late", 4)
    parts = [one for stretch in (STREAM[:50], STREAM[50:]) for one in daily.apply(stretch)]
    assert parts + list(daily.rest()) == list(faults.apply("late", STREAM, 4))
    assert {one.payload for one in whole} == {one.payload for one in STREAM}


def test_reconnects_and_bursts_drop_connections() -> None:
    for profile in ("reconnects", "burst"):
        assert any(one.drops_connection for one in faults.apply(profile, STREAM, 1))


def test_an_unknown_profile_is_an_error() -> None:
    with pytest.raises(KeyError):
        list(faults.apply("gremlins", STREAM, 1))
