"""Each fault profile alters what it says, and keeps the rest."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import faults
from simulators.faults import PROFILES
from simulators.ledger import Ledger
from simulators.meter import Meter
from simulators.park import park
from simulators.publications import Device, Publication, load_curve_day, senml_day
from simulators.weather import Weather

LOSSLESS = ("none", "duplicates", "reorder", "burst", "reconnects", "network")


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


def test_a_wrong_clock_shifts_a_whole_device() -> None:
    out = list(faults.apply("skew", STREAM, 3))
    assert len(out) == len(STREAM)
    by_device: dict[str, set[float]] = {}
    for one, before in zip(out, STREAM, strict=True):
        by_device.setdefault(one.device, set()).add((one.at - before.at).total_seconds())
    assert all(shifts in ({0.0}, {float(faults.SKEW_S)}) for shifts in by_device.values())
    assert {float(faults.SKEW_S)} in by_device.values()


def test_a_reset_adds_a_zero_register_and_keeps_the_true_ones() -> None:
    out = list(faults.apply("reset", STREAM * 3, 1))
    added = [one for one in out if one.payload not in {sound.payload for sound in STREAM}]
    assert added
    assert all(b'"v":0' in one.payload for one in added)


def test_reconnects_and_bursts_drop_connections() -> None:
    for profile in ("reconnects", "burst"):
        assert any(one.drops_connection for one in faults.apply(profile, STREAM, 1))


def test_an_unknown_profile_is_an_error() -> None:
    with pytest.raises(KeyError):
        list(faults.apply("gremlins", STREAM, 1))
