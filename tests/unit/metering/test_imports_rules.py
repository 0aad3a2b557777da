"""The pure rules of imports: what a value is beside what is known, stretches, states and words."""

import pickle
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import FileReason, Quantity
from contracts.words import labels
from services.metering.days import SLOT_US, Calendar
from services.metering.files import BadLine, Row
from services.metering.imports.comparing import FinalDay, Outcome, Value, compare
from services.metering.imports.jobs import COUNTS, masked
from services.metering.imports.states import (
    ACTIVE,
    ImportAction,
    ImportState,
    Message,
    StaysBecause,
    legal_actions,
    outcome,
)
from services.metering.imports.stretches import Spool, stretches

PARIS = Calendar("Europe/Paris")
DAY = PARIS.day(date(2026, 1, 5))
IMPORT = Quantity.ENERGY_IMPORT
NEW, SAME, OTHER = Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT


def half_hour(slot: int, wh: float) -> Value:
    return Value(IMPORT, 1_800, DAY.start_us + slot * SLOT_US, round(wh * 1_000))


def final(
    slots: tuple[int | None, ...] | None, total: int, open_slots: frozenset[int] = frozenset()
) -> dict[tuple[Quantity, date], FinalDay]:
    return {(IMPORT, DAY.day): FinalDay(DAY, total, slots, open_slots)}


def test_a_value_is_new_the_same_or_another() -> None:
    known = {half_hour(1, 100).key: 100_000, half_hour(2, 100).key: 100_000}
    values = [half_hour(0, 100), half_hour(1, 100), half_hour(2, 101)]
    assert compare(values, known, {}, PARIS) == [NEW, SAME, OTHER]


def test_values_of_another_length_have_keys_of_their_own() -> None:
    hour = Value(IMPORT, 3_600, DAY.start_us, 200_000)
    assert compare([hour], {half_hour(0, 100).key: 100_000}, {}, PARIS) == [NEW]


@given(st.lists(st.tuples(st.integers(0, 47), st.integers(0, 3)), max_size=60), st.randoms())
def test_importing_a_second_time_in_any_order_brings_nothing(
    pairs: list[tuple[int, int]], random: st.DrawFn
) -> None:
    values = [half_hour(slot, wh) for slot, wh in pairs]
    first = compare(values, {}, {}, PARIS)
    stored = {value.key: value.value_milli for value, what in zip(values, first, strict=True) if what is NEW}
    again = list(values)
    random.shuffle(again)  # type: ignore[attr-defined]
    assert NEW not in compare(again, stored, {}, PARIS)
    assert first.count(NEW) == len({value.key for value in values})


def test_a_day_whose_readings_are_gone_is_compared_half_hour_by_half_hour() -> None:
    slots = (100,) * 40 + (None,) * 8
    known = final(slots, 4_000, frozenset(range(40, 48)))
    values = [half_hour(0, 100.4), half_hour(1, 150), half_hour(45, 80)]
    assert compare(values, {}, known, PARIS) == [SAME, OTHER, NEW]


def test_a_day_of_which_only_the_total_is_left_is_compared_as_a_whole() -> None:
    whole = [half_hour(slot, 100) for slot in range(48)]
    assert set(compare(whole, {}, final(None, 4_800), PARIS)) == {SAME}
    assert set(compare(whole, {}, final(None, 4_000), PARIS)) == {OTHER}
    assert set(compare(whole[:10], {}, final(None, 4_800), PARIS)) == {SAME}
    assert set(compare(whole, {}, final(None, 900), PARIS)) == {OTHER}


def test_a_gas_day_lies_in_two_civil_days() -> None:
    six = DAY.start_us + 12 * SLOT_US
    days = [Value(IMPORT, 86_400, six + (n - 1) * 86_400_000_000, 9_600_000) for n in range(2)]
    assert compare(days, {}, final(None, 9_600), PARIS)[-1] is SAME


def rows(count: int, step_s: int = 1_800) -> list[Row]:
    start = datetime(2025, 12, 31, 23, tzinfo=UTC)
    return [Row(n, start + timedelta(seconds=step_s * n), step_s, IMPORT, 1_000) for n in range(count)]


@given(st.integers(0, 400), st.integers(5, 80))
def test_stretches_lose_nothing_and_split_no_day(count: int, size: int) -> None:
    items = rows(count)
    found = list(stretches(iter(items), PARIS, size))
    assert [item for stretch in found for item in stretch] == items
    if size >= 48:
        zone = ZoneInfo(PARIS.zone)
        ends = [{row.start.astimezone(zone).date() for row in part if isinstance(row, Row)} for part in found]
        assert all(not (one & other) for one, other in pairwise(ends))


def test_a_spool_counts_what_it_skips_and_finds_the_usual_interval() -> None:
    spool = Spool()
    bad = BadLine(3, FileReason.NOT_A_NUMBER, "abc")
    spool.fill(iter([bad, *rows(99)]), PARIS, 10)
    assert (spool.rows, spool.step_s) == (100, 1_800)
    assert len(spool.next()) == 90
    assert spool.next() == []
    spool.close()
    assert pickle.loads(pickle.dumps(bad)) == bad


def test_what_may_be_a_meters_number_is_masked() -> None:
    assert masked("PRM 30000000000123;1200") == "PRM …;1200"
    assert masked("2026-01-05T00:30:00+01:00;1200") == "2026-01-05T00:30:00+01:00;1200"


@pytest.mark.parametrize("state", ImportState)
def test_what_ends_can_be_taken_back_and_what_runs_can_be_stopped(state: ImportState) -> None:
    legal = legal_actions(state, accepted=3, dry_run=False)
    assert (ImportAction.CANCEL in legal) == (state in ACTIVE and state is not ImportState.UNDOING)
    assert legal_actions(state, accepted=3, dry_run=True) in ([], [ImportAction.CANCEL])
    assert ImportAction.UNDO not in legal_actions(state, accepted=0, dry_run=False)


def test_a_file_of_which_nothing_could_be_used_has_failed() -> None:
    none = dict.fromkeys(COUNTS, 0)
    assert outcome(none | {"duplicate": 1, "refused": 9}) == (ImportState.DONE, None)
    assert outcome(none | {"refused": 9}) == (ImportState.FAILED, Message.NOTHING_USABLE)
    assert outcome(none | {"refused": 1, "outside_occupancy": 9})[1] is Message.OUTSIDE_OCCUPANCY
    assert outcome(none | {"no_consent": 9})[1] is Message.NO_CONSENT
    assert outcome(none) == (ImportState.FAILED, Message.EMPTY)


def test_states_and_messages_have_words() -> None:
    assert list(labels("import_states")) == list(ImportState)
    assert set(labels("import_messages")) == set(Message)
    assert list(labels("stays_because")) == list(StaysBecause)


def test_an_estimate_never_replaces_a_measured_value_and_is_replaced_by_one() -> None:
    measured, told = half_hour(0, 100), half_hour(0, 120)._replace(is_estimated=True)
    assert compare([told, measured], {}, {}, PARIS) == [NEW, NEW]
    assert compare([told], {measured.key: 100_000}, {}, PARIS) == [OTHER]
    assert compare([told], {measured.key: 120_000}, {}, PARIS) == [SAME]
    assert compare([told], {told.key: 120_000}, {}, PARIS) == [SAME]
    known = {(IMPORT, DAY.day): FinalDay(DAY, 0, (90, None), frozenset({0, 1}), frozenset({1}))}
    again = half_hour(1, 50)._replace(is_estimated=True)
    assert compare([told, again], {}, known, PARIS) == [OTHER, NEW]


def test_a_spool_counts_what_the_file_calls_estimated() -> None:
    spool = Spool()
    spool.fill(iter(row._replace(is_estimated=row.line % 10 == 0) for row in rows(100)), PARIS, 15)
    assert spool.estimated == 10
    spool.close()
