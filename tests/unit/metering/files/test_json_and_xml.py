"""Answers of APIs and feeds: Enedis, GRDF, Green Button."""

import json
from pathlib import Path

import pytest

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files import Unreadable
from tests.unit.metering.files.reading_files import import_of

CURVE_TYPE = {"unit": "W", "measurement_kind": "power", "aggregate": "average"}
DAY_TYPE = {"unit": "Wh", "measurement_kind": "energy", "aggregate": "sum", "measuring_period": "P1D"}


def answer(readings: list[dict[str, object]], kind: dict[str, str], **more: object) -> dict[str, object]:
    return {
        "usage_point_id": "1" * 14,
        "quality": "BRUT",
        "reading_type": kind,
        "interval_reading": readings,
    } | more


def half_hour(date: str, value: object, length: str | None = "PT30M") -> dict[str, object]:
    return {"value": value, "date": date, "interval_length": length, "measure_type": "B"}


CURVE = answer([half_hour("2023-04-01 00:30:00", "752"), half_hour("2023-04-01 01:00:00", "600")], CURVE_TYPE)


@pytest.mark.parametrize("document", [CURVE, {"meter_reading": CURVE}, [{"meter_reading": CURVE}]])
def test_a_curve_is_read_bare_or_wrapped(document: object) -> None:
    seen = import_of(json.dumps(document))
    assert (seen.found.format, seen.found.unit, seen.found.stamp) == (FileFormat.ENEDIS_JSON, "W", "end")
    assert seen.values == [("03-31 22:00", 30, 376.0), ("03-31 22:30", 30, 300.0)]
    assert [row.line for row in seen.rows] == [1, 2]


def test_the_nature_of_a_point_wins_over_that_of_the_answer() -> None:
    kind = {"unit": "W", "measurement_kind": "power"}
    times = [f"2023-04-01 0{n}:00:00" for n in range(1, 5)]
    marks = [{"measure_type": "B"}, {"measure_type": "E"}, {"nature": "ESTIME"}, {}]
    readings = [
        {"value": "700", "date": time, "interval_length": "PT60M"} | mark
        for time, mark in zip(times, marks, strict=True)
    ]
    for quality, of_answer in (("BRUT", False), ("ESTIME", True)):
        seen = import_of(json.dumps(answer([*readings], kind) | {"quality": quality}))
        assert [row.is_estimated for row in seen.rows] == [False, True, True, of_answer]


def test_days_are_civil_days() -> None:
    days = [{"value": str(1000 * n), "date": f"2025-10-{24 + n}"} for n in range(1, 4)]
    seen = import_of(json.dumps(answer(days, DAY_TYPE)))
    # The day on which clocks go back lasts 25 hours, and no interval may last longer than 24.
    assert [(day, minutes) for day, minutes, _ in seen.values] == [
        ("10-24 22:00", 1440), ("10-25 22:00", 1440), ("10-26 22:00", 60), ("10-26 23:00", 1440),
    ]  # fmt: skip
    assert seen.total_milli == 6_000_000


def test_the_step_may_vary_from_reading_to_reading() -> None:
    seen = import_of(
        json.dumps(
            answer(
                [
                    half_hour("2023-04-01 00:10:00", "600", "PT10M"),
                    half_hour("2023-04-01 00:30:00", "300", "PT20M"),
                    half_hour("2023-04-01 01:30:00", "100", "PT60M"),
                    half_hour("2023-04-01 02:00:00", "100", None),
                ],
                CURVE_TYPE,
            )
        )
    )
    assert [(minutes, value) for _, minutes, value in seen.values][:3] == [
        (10, 100.0),
        (20, 100.0),
        (60, 100.0),
    ]


@pytest.mark.parametrize("is_downward", [False, True])
def test_the_repeated_hour_is_told_by_the_order_of_the_file(is_downward: bool) -> None:
    times = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00", "03:30"]
    readings = [half_hour(f"2025-10-26 {time}:00", str(100 * n)) for n, time in enumerate(times, 1)]
    seen = import_of(json.dumps(answer(readings[::-1] if is_downward else readings, CURVE_TYPE)))
    assert seen.values == [
        ("10-25 23:00", 30, 50.0), ("10-25 23:30", 30, 100.0), ("10-26 00:00", 30, 150.0),
        ("10-26 00:30", 30, 200.0), ("10-26 01:00", 30, 250.0), ("10-26 01:30", 30, 300.0),
        ("10-26 02:00", 30, 350.0),
    ]  # fmt: skip
    assert not seen.bad


def test_the_end_of_the_first_pass_may_be_written_as_three_o_clock() -> None:
    times = ["02:00", "02:30", "03:00", "02:30", "03:00", "03:30"]
    readings = [half_hour(f"2025-10-26 {time}:00", str(100 * n)) for n, time in enumerate(times, 1)]
    seen = import_of(json.dumps(answer(readings, CURVE_TYPE)))
    assert [value for _, _, value in seen.values] == [50.0, 100.0, 150.0, 200.0, 250.0, 300.0]
    assert not seen.bad


def test_ranks_count_from_the_start() -> None:
    readings: list[dict[str, object]] = [{"rank": n, "value": 100 * n} for n in (1, 2, 3)]
    kind = CURVE_TYPE | {"interval_length": "PT30M"}
    seen = import_of(
        json.dumps({"usage_point": [{"meter_reading": answer(readings, kind, start="2019-05-06")}]})
    )
    assert seen.values == [("05-05 22:00", 30, 50.0), ("05-05 22:30", 30, 100.0), ("05-05 23:00", 30, 150.0)]


@pytest.mark.parametrize(
    ("document", "reason", "detail"),
    [
        ({"status": 404, "error": {"error": "no_data_found"}}, FileReason.SERVICE_ERROR, "no_data_found"),
        ({"error": "ADAM-ERR0126"}, FileReason.SERVICE_ERROR, "ADAM-ERR0126"),
        (answer([half_hour("2023-05-01 12:06:20", "9")], {"unit": "VA"}), FileReason.NOT_CONSUMPTION, "VA"),
        (answer([], CURVE_TYPE), FileReason.EMPTY_FILE, ""),
        (answer([half_hour("2023-04-01 00:30:00", "1")], {}), FileReason.OPTION_NEEDED, "unit"),
        ({"hello": "world"}, FileReason.UNKNOWN_FORMAT, '{"hello": "world"}'),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_consumption_says_why(document: object, reason: FileReason, detail: str) -> None:
    with pytest.raises(Unreadable) as refused:
        import_of(json.dumps(document))
    assert (refused.value.reason, refused.value.detail) == (reason, detail)


def test_half_a_download_is_broken() -> None:
    with pytest.raises(Unreadable) as refused:
        import_of(json.dumps(CURVE)[:-30])
    assert refused.value.reason is FileReason.BROKEN_FILE


def test_gas_days_begin_at_six(shared_data: Path) -> None:
    seen = import_of((shared_data / "gas_fr_grdf" / "daily_data_sample.json").read_bytes())
    assert (seen.found.format, seen.found.quantity) == (FileFormat.GRDF_JSON, Quantity.VOLUME)
    assert not seen.bad
    assert {row.start.hour * 60 + row.start.minute for row in seen.rows if row.step_s == 86_400} == {240, 300}
    assert seen.rows[0].value_milli == 5_100_000
    assert seen.rows[0].factor_milli == 11_244
    assert sum(row.is_estimated for row in seen.rows) == 1
    total = sum(round(one["volume_m3"] * 10) for one in json.loads(
        (shared_data / "gas_fr_grdf" / "daily_data_sample.json").read_bytes()
    ))  # fmt: skip
    assert seen.total_milli == total * 100_000


@pytest.mark.parametrize("period", ["weekly", "monthly", "yearly"])
def test_longer_gas_periods_are_refused_in_words(period: str, shared_data: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        import_of((shared_data / "gas_fr_grdf" / f"{period}_data_sample.json").read_bytes())
    assert refused.value.reason is FileReason.LONG_PERIODS


def test_grdf_s_own_answer_is_read_too() -> None:
    one = {
        "journeeGaziere": "2026-03-29", "indexDebut": 12000, "indexFin": 12004, "volumeBrutConsomme": 4,
        "energieConsomme": 44.5, "coeffConversion": 11.12, "qualificationReleve": "Estimé",
    }  # fmt: skip
    none = one | {"journeeGaziere": "2026-03-30", "volumeBrutConsomme": None}
    seen = import_of(json.dumps({"09" * 7: {"idPce": "09" * 7, "releves": [one, none]}}))
    assert seen.values == [("03-29 04:00", 1440, 4000.0)]
    assert seen.rows[0].is_estimated
    assert seen.reasons == [(2, FileReason.NO_VALUE)]


READING = "<IntervalReading>{quality}<timePeriod><duration>900</duration><start>{start}</start></timePeriod><value>{value}</value></IntervalReading>"  # noqa: E501


def block(*values: int, start: int = 1_370_070_000, name: str = "IntervalBlock", quality: str = "") -> str:
    readings = "".join(
        READING.format(start=start + 900 * n, value=value, quality=quality) for n, value in enumerate(values)
    )
    return (
        f'<{name} xmlns="http://naesb.org/espi"><interval><duration>86400</duration>'
        f"<start>{start}</start></interval>{readings}</{name}>"
    )


def kind(uom: int = 72, power: int = 0, flow: int = 1, more: str = "") -> str:
    return (
        f'<ReadingType xmlns="http://naesb.org/espi">{more}<flowDirection>{flow}</flowDirection>'
        f"<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom></ReadingType>"
    )


def entry(content: str, own: str = "", up: str = "", related: str = "") -> str:
    links = "".join(
        f'<link rel="{rel}" href="{href}"/>'
        for rel, href in (("self", own), ("up", up), ("related", related))
        if href
    )
    return f"<entry>{links}<content>{content}</content></entry>"


def feed(*entries: str) -> str:
    return '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">' + "".join(entries) + "</feed>"


def test_green_button_readings_start_at_their_second() -> None:
    seen = import_of(feed(entry(kind(power=3)), entry(block(1, 2))))
    assert seen.found.format is FileFormat.GREEN_BUTTON
    assert seen.values == [("06-01 07:00", 15, 1000.0), ("06-01 07:15", 15, 2000.0)]


def test_links_bind_blocks_to_what_they_measure() -> None:
    seen = import_of(
        feed(
            entry("<MeterReading/>", "/mr/1", related="/ReadingType/in"),
            entry(block(10, 20), "/mr/1/IntervalBlock/1", "/mr/1/IntervalBlock"),
            entry("<MeterReading/>", "/mr/2", related="/ReadingType/out"),
            entry(block(3), "/mr/2/IntervalBlock/1", "/mr/2/IntervalBlock"),
            entry(kind(flow=19), "/ReadingType/out"),
            entry(kind(), "/ReadingType/in"),
        )
    )
    assert [row.value_milli for row in seen.of(Quantity.ENERGY_IMPORT)] == [10_000, 20_000]
    assert [row.value_milli for row in seen.of(Quantity.ENERGY_EXPORT)] == [3_000]


def test_misspelt_names_and_estimates_are_understood() -> None:
    marked = block(7, name="IntervalBLock", quality="<ReadingQuality><quality>8</quality></ReadingQuality>")
    seen = import_of(feed(entry(kind()), entry(marked)).replace("naesb.org/espi", "naesb.org/espy"))
    assert [(row.value_milli, row.is_estimated) for row in seen.rows] == [(7_000, True)]


@pytest.mark.parametrize(
    ("code", "is_estimated"), [(0, False), (8, True), (9, True), (17, False), (19, False)]
)
def test_the_quality_of_a_green_button_reading_is_that_reading_s_own(code: int, is_estimated: bool) -> None:
    quality = f"<ReadingQuality><quality>{code}</quality></ReadingQuality>"
    other = "<ReadingQuality><quality>17</quality></ReadingQuality>"
    marked = block(7, quality=quality + other) + block(8, start=1_370_080_000)
    summary = "<UsageSummary><qualityOfReading>8</qualityOfReading></UsageSummary>"
    seen = import_of(feed(entry(kind()), entry(summary), entry(marked)))
    assert [row.is_estimated for row in seen.rows] == [is_estimated, False]


@pytest.mark.parametrize(
    ("reading_type", "reason"),
    [
        (kind(uom=169), FileReason.WRONG_UNIT),
        (kind(more="<accumulationBehaviour>3</accumulationBehaviour>"), FileReason.NOT_CONSUMPTION),
        ("<other/>", FileReason.WRONG_UNIT),
    ],
)
def test_green_button_never_guesses_what_is_measured(reading_type: str, reason: FileReason) -> None:
    seen = import_of(feed(entry(reading_type), entry(block(1))))
    assert seen.reasons == [(1, reason)]


def test_no_second_is_counted_twice() -> None:
    readings = [
        half_hour("2023-04-01 00:30:00", "600"),
        half_hour("2023-04-01 00:20:00", "300", "PT10M"),
        half_hour("2023-04-01 01:00:00", "100"),
    ]
    seen = import_of(json.dumps(answer(readings, CURVE_TYPE)))
    assert seen.values == [("03-31 22:00", 30, 300.0), ("03-31 22:30", 30, 50.0)]
    assert seen.reasons == [(2, FileReason.OVERLAP)]
