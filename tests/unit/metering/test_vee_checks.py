"""What is held back, what is only shown, and what a person decides about it."""

from collections.abc import Sequence
from datetime import date

import pytest

from contracts.codes import Check, EditKind, Fluid, Quality, Quantity, Severity
from services.metering.days import civil_day
from services.metering.edits import Edit
from services.metering.settle import Point, Settled, Source, finish, settle
from services.metering.vee import checks
from services.metering.vee.day import Facts, Heard
from services.metering.vee.finding import Finding, as_rows
from services.metering.vee.profile import Past
from services.metering.vee.thresholds import table, thresholds
from tests.unit.metering.builders import DAY, interval, register

PARIS = "Europe/Paris"
SIX_KVA = Facts(fluid=Fluid.ELECTRICITY, subscribed_kva=6)
LIMIT = 4_500
"""Wh in a half-hour: 6 kVA and half as much again."""
CIVIL = civil_day(DAY, PARIS)
USE = [90 + (n * 37) % 61 for n in range(48)]


def curve(values: Sequence[int | None], name: str = "energy_import") -> list[Point]:
    return [interval(30 * n, 30, wh, name) for n, wh in enumerate(values) if wh is not None]


def settled(points: list[Point], facts: Facts = SIX_KVA, *edits: Edit) -> Settled:
    return settle(points, CIVIL, Quantity.ENERGY_IMPORT, facts=facts, edits=edits)


def edit(kind: EditKind, first: int, last: int, *values: int | None) -> Edit:
    return Edit("edt_1", DAY, first, last, kind, values or None)


def of(day: Settled, check: Check) -> list[Finding]:
    return [finding for finding in day.findings if finding.check is check]


def test_a_spike_beyond_the_subscribed_power_is_held_until_someone_decides() -> None:
    spiky = [*USE[:20], 39_000, *USE[21:]]
    day = settled(curve(spiky))
    assert (day.slots[20].value, day.slots[20].quality) == (None, Quality.SUSPECT)
    assert day.value == sum(USE) - USE[20]
    assert not day.is_complete
    assert of(day, Check.SPIKE) == [
        Finding(Check.SPIKE, 20, 20, Severity.HOLD, {"value": 39_000, "limit": LIMIT})
    ]
    confirmed = settled(curve(spiky), SIX_KVA, edit(EditKind.CONFIRM, 20, 20))
    assert (confirmed.slots[20].value, confirmed.slots[20].quality) == (39_000, Quality.MEASURED)
    assert confirmed.value == sum(spiky)
    assert [one.severity for one in of(confirmed, Check.SPIKE)] == [Severity.NOTICE]


def test_a_register_that_leaps_is_held_and_counted_once_confirmed() -> None:
    points = [register(30 * i, 5_000 + 100 * i + (500_000 if i > 20 else 0)) for i in range(49)]
    assert settled(points).value == 4_700
    assert settled(points, SIX_KVA, edit(EditKind.CONFIRM, 20, 20)).value == 504_800


def test_without_a_contract_the_usual_cap_holds() -> None:
    high = [*USE[:20], 29_000, 31_000, *USE[22:]]
    day = settled(curve(high), Facts())
    assert [one.first_slot for one in of(day, Check.SPIKE)] == [21]


def test_common_parts_may_draw_more() -> None:
    assert of(settled(curve([100_000] * 48), Facts(is_common=True)), Check.SPIKE) == []


def test_confirming_a_part_of_what_is_held_leaves_the_rest_held() -> None:
    day = settled(curve([*USE[:20], 9_000, 9_000, 9_000, *USE[23:]]), SIX_KVA, edit(EditKind.CONFIRM, 21, 21))
    assert [slot.value for slot in day.slots[20:23]] == [None, 9_000, None]
    assert {(one.first_slot, one.severity) for one in of(day, Check.SPIKE)} == {
        (20, Severity.HOLD), (21, Severity.NOTICE), (22, Severity.HOLD),
    }  # fmt: skip


def test_what_a_person_enters_stands_above_every_source() -> None:
    day = settled(curve([*USE[:20], 39_000, *USE[21:]]), SIX_KVA, edit(EditKind.SET, 20, 21, 120, None))
    assert day.slots[20] == (120, Quality.EDITED, Source.EDITED, False)
    assert (day.slots[21].value, day.slots[21].quality) == (None, Quality.MISSING)
    assert finish(day, CIVIL, Quantity.ENERGY_IMPORT, facts=SIX_KVA).slots[21].value is None


def test_what_a_person_discards_is_absent_and_may_be_estimated() -> None:
    day = settled(curve(USE), SIX_KVA, edit(EditKind.DISCARD, 20, 20))
    assert (day.slots[20].value, day.slots[20].quality) == (None, Quality.MISSING)
    told = finish(day, CIVIL, Quantity.ENERGY_IMPORT, facts=SIX_KVA)
    assert told.slots[20].quality is Quality.INTERPOLATED


def test_an_edit_makes_a_day_of_which_nothing_was_measured() -> None:
    day = settled([], SIX_KVA, edit(EditKind.SET, 0, 47, *([100] * 48)))
    assert (day.value, day.has_data, day.is_complete) == (4_800, True, True)


def test_one_high_half_hour_near_the_limit_is_shown_and_counts() -> None:
    day = settled(curve([*USE[:20], 3_000, *USE[21:]]))
    (finding,) = of(day, Check.SPIKE)
    assert (finding.severity, finding.first_slot) == (Severity.NOTICE, 20)
    assert day.slots[20].value == 3_000
    assert of(settled(curve([*USE[:20], 1_500, *USE[21:]])), Check.SPIKE) == []


def test_a_value_that_does_not_move_for_half_a_day_is_shown_and_counts() -> None:
    day = settled(curve([*USE[:10], *[310] * 24, *USE[34:]]))
    assert of(day, Check.STUCK) == [Finding(Check.STUCK, 10, 33, Severity.NOTICE, {"value": 310})]
    assert day.value == sum(USE[:10]) + 24 * 310 + sum(USE[34:])
    assert of(settled(curve([*USE[:10], *[310] * 23, *USE[33:]])), Check.STUCK) == []


def test_a_total_that_stands_still_while_its_parts_advance_is_shown() -> None:
    total = [register(30 * i, 5_000 + 100 * (i if i <= 10 else 10 if i <= 20 else i)) for i in range(49)]
    parts = [register(30 * i, 100 * min(i, 16), "energy_import.hc") for i in range(49)]
    parts += [register(30 * i, 100 * max(0, i - 16), "energy_import.hp") for i in range(49)]
    (finding,) = [one for one in of(settled(total + parts), Check.STUCK) if "parts" in one.detail]
    assert (finding.first_slot, finding.last_slot, finding.detail["parts"]) == (10, 19, 1_000)


def test_an_empty_home_is_legitimate_and_shown() -> None:
    day = settled([register(30 * i, 5_000) for i in range(49)])
    assert (day.value, day.is_complete) == (0, True)
    assert [one.severity for one in of(day, Check.ZERO_RUN)] == [Severity.NOTICE]
    water = settle([register(30 * i, 9, "volume") for i in range(49)], CIVIL, Quantity.VOLUME)
    assert of(water, Check.ZERO_RUN) == []


def test_intervals_that_do_not_add_up_to_the_register_are_shown_and_the_register_counts() -> None:
    points = [register(30 * i, 5_000 + 100 * i) for i in range(49)] + curve([150] * 48)
    day = settled(points)
    (finding,) = of(day, Check.SUM)
    assert finding.detail == {"register": 4_800, "curve": 7_200}
    assert day.value == 4_800
    assert of(settled(points[:49] + curve([101] * 48)), Check.SUM) == []


def test_a_file_over_what_was_lived_equals_the_file_and_says_duplicate_or_conflict() -> None:
    lived = [register(30 * i, 5_000 + sum(USE[:i])) for i in range(49)]
    imported = curve([*USE[:30], *[wh + 40 for wh in USE[30:]]], "energy_import.file")
    day = settled(lived + imported)
    assert day.slots == settled(imported).slots
    (same,) = of(day, Check.DUPLICATE)
    assert (same.first_slot, same.last_slot) == (0, 29)
    (other,) = of(day, Check.CONFLICT)
    assert other.detail == {"value": sum(USE[30:]) + 18 * 40, "other": sum(USE[30:])}


def test_another_homes_file_does_not_add_up_to_the_meters_own_register() -> None:
    lived = [register(30 * i, 5_000 + sum(USE[:i])) for i in range(49)]
    (one,) = of(settled(lived + curve([2 * wh for wh in USE], "energy_import.file")), Check.SUM)
    assert one.detail == {"register": sum(USE), "curve": 2 * sum(USE)}
    assert of(settled(lived + curve([wh + 1 for wh in USE], "energy_import.file")), Check.SUM) == []


def test_a_file_that_knows_how_an_outage_was_lived_is_no_conflict_where_the_sum_is_the_same() -> None:
    """Of the hours between two readings the register knew the whole only."""
    lived = [register(30 * i, 5_000 + sum(USE[:i])) for i in range(49) if not 10 < i < 30]
    day = settled(lived + curve(USE, "energy_import.file"))
    assert of(day, Check.CONFLICT) == []
    (same,) = of(day, Check.DUPLICATE)
    assert (same.first_slot, same.last_slot) == (0, 47)
    other = settled(lived + curve([wh + 10 for wh in USE], "energy_import.file"))
    assert {(one.first_slot, one.last_slot) for one in of(other, Check.CONFLICT)} == {(0, 47)}


def test_a_gap_is_told_when_the_day_is() -> None:
    day = settled(curve([*USE[:10], *[None] * 8, *USE[18:]]))
    assert of(day, Check.GAP) == []
    told = finish(day, CIVIL, Quantity.ENERGY_IMPORT, facts=SIX_KVA)
    assert of(told, Check.GAP) == [Finding(Check.GAP, 10, 17, Severity.NOTICE, {"left": "missing"})]


@pytest.mark.parametrize(("usual", "is_unusual"), [(sum(USE), False), (1_500, True), (40_000, True)])
def test_a_day_far_from_the_last_weeks_is_shown(usual: int, is_unusual: bool) -> None:
    past = Past(PARIS, totals={DAY.replace(day=n): usual for n in range(1, 9)})
    told = finish(settled(curve(USE)), CIVIL, Quantity.ENERGY_IMPORT, past=past)
    assert bool(of(told, Check.UNUSUAL)) == is_unusual
    few = Past(PARIS, totals={DAY.replace(day=n): usual for n in range(1, 7)})
    assert of(finish(settled(curve(USE)), CIVIL, Quantity.ENERGY_IMPORT, past=few), Check.UNUSUAL) == []


@pytest.mark.parametrize(
    ("least_s", "most_s", "seconds"),
    [(1, 30, None), (-3_600, -3_590, 3_600), (3_590, 3_600, -3_590), (5, 40_000, None), (400, 40_000, None)],
)
def test_a_clock_that_is_ahead_or_steadily_behind_is_shown(
    least_s: int, most_s: int, seconds: int | None
) -> None:
    told = finish(settled(curve(USE)), CIVIL, Quantity.ENERGY_IMPORT, heard=Heard(48, least_s, most_s))
    assert [one.detail["seconds"] for one in of(told, Check.CLOCK_DRIFT)] == [seconds] * (seconds is not None)


def test_another_value_for_the_same_instant_is_shown_where_it_lies() -> None:
    heard = Heard(disagreements={3: 1, 4: 2, 9: 1})
    told = finish(settled(curve(USE)), CIVIL, Quantity.ENERGY_IMPORT, heard=heard)
    assert [(one.first_slot, one.last_slot, one.detail["readings"]) for one in of(told, Check.CONFLICT)] == [
        (3, 4, 3), (9, 9, 1),
    ]  # fmt: skip


def test_every_check_is_a_named_function_and_every_code_can_be_found() -> None:
    names = [check.__name__ for check in (*checks.ON_SETTLING, *checks.ON_CLOSING)]
    assert all(name.startswith("check_") for name in names)
    assert len(set(names)) == len(names) == 11


def test_every_threshold_says_where_it_comes_from() -> None:
    for version in table():
        assert isinstance(version["valid_from"], date)
        for name, row in version.items():
            if name != "valid_from":
                assert row["source"].strip(), name
                assert isinstance(row["verified"], bool), name


def test_the_cap_follows_subscribed_power_fluid_and_place() -> None:
    def cap(**facts: object) -> int:
        return thresholds(DAY, **facts).cap_units_per_hour

    power = Quantity.ENERGY_IMPORT
    assert cap(quantity=power, subscribed_kva=9) == 13_500
    assert cap(quantity=Quantity.ENERGY_EXPORT, subscribed_kva=3) == 60_000
    assert cap(quantity=power, fluid=Fluid.GAS, subscribed_kva=3) == 60_000
    assert cap(quantity=Quantity.VOLUME) == cap(quantity=Quantity.VOLUME, fluid=Fluid.HOT_WATER) == 5_000
    assert cap(quantity=Quantity.HEAT, is_common=True) == 2_000_000


def test_where_only_totals_are_kept_findings_say_neither_when_nor_how_much() -> None:
    day = settled(curve([*USE[:20], 39_000, 5, 39_000, *USE[23:]]))
    assert as_rows(day.findings, 48, keeps_slots=False) == [
        {"check": "spike", "first_slot": 0, "last_slot": 47, "severity": "hold", "detail": {}}
    ]
    assert as_rows((), 48) is None


@pytest.mark.parametrize(("total", "check"), [(sum(USE), Check.DUPLICATE), (9_000, Check.CONFLICT)])
def test_a_files_daily_total_never_flattens_what_was_measured(total: int, check: Check) -> None:
    lived = [register(30 * i, 5_000 + sum(USE[:i])) for i in range(49)]
    day = settled([*lived, interval(0, 1_440, total, "energy_import.file")])
    assert day.slots == settled(lived).slots
    assert [one.check for one in day.findings] == [check]
    alone = settled([interval(0, 1_440, total, "energy_import.file")])
    assert (alone.value, alone.slots[0].source) == (total, Source.FILE)
