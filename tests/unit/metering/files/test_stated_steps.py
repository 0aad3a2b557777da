"""A step that the file states is believed only where its rows are that far apart."""

import json
from typing import Any

import pytest

from contracts.codes import FileReason
from tests.unit.metering.files.reading_files import import_of
from tests.unit.metering.files.test_enedis_tables import R63, curve, r63
from tests.unit.metering.files.test_json_and_xml import CURVE


def at(minutes: int) -> str:
    return f"2026-01-05T{minutes // 60:02}:{minutes % 60:02}:00+01:00"


def half_hours(step: str, times: list[int] | None = None) -> str:
    return curve(*(f"{at(n)};600" for n in times or range(30, 481, 30)), step=step)


def test_ten_minutes_stated_and_half_hours_given_tell_no_energy() -> None:
    seen = import_of(half_hours("10"))
    assert seen.rows == []
    assert {reason for _, reason in seen.reasons} == {FileReason.STEP_CONTRADICTED}
    assert len(seen.bad) == 16


def test_half_hours_stated_and_ten_minutes_given_neither() -> None:
    seen = import_of(half_hours("30", list(range(10, 481, 10))))
    assert seen.rows == []
    assert {reason for _, reason in seen.reasons} == {FileReason.STEP_CONTRADICTED}


def test_holes_do_not_contradict_what_is_stated() -> None:
    times = [n for n in range(10, 481, 10) if n not in (50, 60, 70, 200, 400, 410)]
    seen = import_of(half_hours("10", times))
    assert (len(seen.rows), seen.bad) == (len(times), [])
    assert {row.step_s for row in seen.rows} == {600}


def test_a_hole_among_contradicted_rows_does_not_save_its_neighbour() -> None:
    seen = import_of(half_hours("10", [n for n in range(30, 481, 30) if n not in (120, 300, 330)]))
    assert seen.rows == []


def test_where_only_a_part_is_contradicted_the_rest_is_read() -> None:
    seen = import_of(half_hours("10", [*range(10, 121, 10), *range(150, 481, 30)]))
    assert [row.step_s for row in seen.rows] == [600] * 12
    assert len(seen.bad) == 12


def test_the_nights_of_the_clock_contradict_nothing() -> None:
    rows = [
        "2026-03-29T01:30:00+01:00",
        *(f"2026-03-29T{n // 2:02}:{n % 2 * 3}0:00+02:00" for n in range(6, 20)),
    ]
    seen = import_of(curve(*(f"{row};100" for row in rows), step="30"))
    assert (len(seen.rows), seen.bad) == (15, [])


@pytest.mark.parametrize("step", ["PT10M", "PT1H"])
def test_r63_says_its_step_row_by_row(step: str) -> None:
    rows = "".join(r63(f"2026-01-01T{n // 2:02}:{n % 2 * 3}0:00+01:00", "500", "W", step) for n in range(12))
    assert import_of(R63 + rows).rows == []
    assert len(import_of(R63 + rows.replace(step, "PT30M")).rows) == 12


def test_so_does_the_api() -> None:
    def answer(length: str) -> str:
        readings: list[dict[str, Any]] = [
            {"value": "600", "date": f"2023-04-01 {n // 2:02}:{n % 2 * 3}0:00", "interval_length": length}
            for n in range(1, 13)
        ]
        return json.dumps(CURVE | {"interval_reading": readings})

    assert len(import_of(answer("PT30M")).rows) == 12
    assert import_of(answer("PT10M")).rows == []


def test_a_lone_row_is_believed() -> None:
    assert import_of(half_hours("30", [30])).values == [("01-04 23:00", 30, 300.0)]
