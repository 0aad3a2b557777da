"""Enedis exports as people download them: load curves, daily indexes, days, in CSV and spreadsheets."""

import pytest

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files import Unreadable
from tests.unit.metering.files.reading_files import at, import_of

PREAMBLE = (
    "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;"
    "Etape metier;Unite;Pas en minutes\n"
    "12345678901234;Courbe de charge;2026-01-05;2026-01-06;Energie active;{way};Comptage Brut;W;{step}\n"
    "\nHorodate;Valeur\n"
)
POINT = "2026-01-05T00:30:00+01:00;1200"


def curve(*rows: str, way: str = "Consommation", step: str = "") -> str:
    return PREAMBLE.format(way=way, step=step) + "".join(f"{row}\n" for row in rows)


def test_a_load_curve_is_mean_watts_stamped_with_the_end() -> None:
    seen = import_of(
        "\ufeff" + curve("2026-01-05T00:30:00+01:00;1200", "2026-01-05T01:00:00+01:00;800", step="30")
    )
    assert seen.found.format is FileFormat.ENEDIS_CSV
    assert (seen.found.unit, seen.found.stamp, seen.found.quantity) == ("W", "end", Quantity.ENERGY_IMPORT)
    assert seen.found.rests_upon == ("horodate", "valeur")
    assert seen.values == [("01-04 23:00", 30, 600.0), ("01-04 23:30", 30, 400.0)]
    assert [row.line for row in seen.rows] == [5, 6]


def test_the_preamble_may_be_absent() -> None:
    seen = import_of("Horodate;Valeur\n2026-01-05T00:30:00+01:00;1200\n2026-01-05T01:00:00+01:00;800\n")
    assert seen.values == [("01-04 23:00", 30, 600.0), ("01-04 23:30", 30, 400.0)]


def test_the_unit_may_stand_in_the_header() -> None:
    seen = import_of(
        "Identifiant PRM;12345678901234;Type de donnees;Courbe de charge;\r\n"
        "horodate ISO fin de pas;puissance moyenne (W)\r\n"
        "2026-01-05T00:30:00+01:00;1200,5\r\n2026-01-05T01:00:00+01:00;800\r\n"
    )
    assert seen.values == [("01-04 23:00", 30, 600.25), ("01-04 23:30", 30, 400.0)]


def test_a_row_without_value_is_named_and_still_tells_the_step() -> None:
    seen = import_of(
        curve("2026-01-05T00:30:00+01:00;1200", "2026-01-05T01:00:00+01:00;", "2026-01-05T01:30:00+01:00;600")
    )
    assert seen.values == [("01-04 23:00", 30, 600.0), ("01-05 00:00", 30, 300.0)]
    assert seen.reasons == [(6, FileReason.NO_VALUE)]


def test_an_absent_row_does_not_make_its_neighbour_last_twice_as_long() -> None:
    rows = [f"2026-01-05T{hour:02}:{minute:02}:00+01:00;100" for hour in range(1, 6) for minute in (0, 30)]
    seen = import_of(curve(*rows[:4], *rows[5:]))
    assert len(seen.rows) == 9
    assert {row.step_s for row in seen.rows} == {1800}


def test_the_step_may_change_within_a_file() -> None:
    tens = [f"2026-01-05T0{n // 6}:{n % 6}0:00+01:00;60" for n in range(6, 13)]
    halves = [f"2026-01-05T0{n // 2}:{n % 2 * 3}0:00+01:00;60" for n in range(5, 10)]
    seen = import_of(curve(*tens, *halves))
    assert [row.step_s for row in seen.rows] == [600] * 7 + [1800] * 5
    assert seen.total_milli == 7 * 10_000 + 5 * 30_000


def test_what_ten_minutes_lose_by_rounding_the_next_ones_gain() -> None:
    rows = [f"2026-01-05T{n // 6:02}:{n % 6}0:00+01:00;100" for n in range(1, 25)]
    seen = import_of(curve(*rows, step="10"))
    assert {row.value_milli for row in seen.rows} == {16_666, 16_667}
    assert seen.total_milli == 4 * 100_000


def test_overlapping_files_tell_the_same_value_of_the_same_interval() -> None:
    rows = [f"2026-01-05T{n // 6:02}:{n % 6}0:00+01:00;{97 + n}" for n in range(1, 60)]
    all_of_it, later = import_of(curve(*rows, step="10")), import_of(curve(*rows[30:], step="10"))
    known = {row.start: row.value_milli for row in all_of_it.rows}
    # An hour cut by the beginning of a file may differ by a thousandth; every whole hour is the same.
    assert all(known[row.start] == row.value_milli for row in later.rows[5:])


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [f"2026-01-05T{n // 6:02}:{n % 6}0:00+01:00;{n * n}" for n in range(1, 100)]
    upward, downward = import_of(curve(*rows)), import_of(curve(*reversed(rows)))
    assert upward.values == downward.values


def test_both_nights_of_the_clock_are_read_by_their_offsets() -> None:
    autumn = import_of(
        curve(
            "2025-10-26T02:30:00+02:00;100", "2025-10-26T02:00:00+01:00;200", "2025-10-26T02:30:00+01:00;300",
            "2025-10-26T03:00:00+01:00;400",
        )
    )  # fmt: skip
    assert [value for _, _, value in autumn.values] == [50.0, 100.0, 150.0, 200.0]
    spring = import_of(
        curve(
            "2026-03-29T01:30:00+01:00;100", "2026-03-29T03:00:00+02:00;200", "2026-03-29T03:30:00+02:00;300"
        )
    )
    assert [value for _, _, value in spring.values] == [50.0, 100.0, 150.0]
    assert not autumn.bad + spring.bad


def test_production_is_export() -> None:
    seen = import_of(curve("2026-01-05T00:30:00+01:00;1", "2026-01-05T01:00:00+01:00;1", way="Production"))
    assert seen.found.quantity is Quantity.ENERGY_EXPORT
    assert {row.quantity for row in seen.rows} == {Quantity.ENERGY_EXPORT}


def test_each_line_that_is_not_taken_has_its_reason() -> None:
    seen = import_of(
        curve(
            "2026-01-05T00:30:00+01:00;1200",
            "2026-01-05T00:30:00+01:00;1200",
            "2026-01-05T01:00:00+01:00;-4",
            "2026-13-05T01:30:00+01:00;5",
            "2026-01-05T01:30:00+01:00;many",
            "2026-01-05T02:00:00+01:00;7",
            "2026-01-05T02:00:00+01:00;8",
            "2026-01-05T02:30:00+01:00;90000000000",
            "only one cell",
            "2026-01-05T03:00:00+01:00;9",
            step="30",
        ),
        now=at("2026-01-05T01:45:00+00:00"),
    )
    assert seen.values == [("01-04 23:00", 30, 600.0)]
    assert sorted(seen.reasons) == [
        (6, FileReason.REPEATED_TIME), (7, FileReason.NEGATIVE), (8, FileReason.WRONG_TIME),
        (9, FileReason.NOT_A_NUMBER), (10, FileReason.CONFLICTING_TIME), (11, FileReason.CONFLICTING_TIME),
        (12, FileReason.OUT_OF_RANGE), (13, FileReason.WRONG_SHAPE), (14, FileReason.IN_FUTURE),
    ]  # fmt: skip


def test_a_lone_point_lasts_nobody_knows_how_long() -> None:
    assert import_of(curve("2026-01-05T00:30:00+01:00;1200")).reasons == [(5, FileReason.IRREGULAR_STEP)]


def test_a_daily_index_is_read_by_its_total() -> None:
    seen = import_of(
        "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;"
        "Etape metier;Unite\n"
        "12345678901234;Index;01/09/2019;05/09/2019;Energie active;Consommation;Comptage Brut;Wh\n\n"
        "Horodate;Type de releve;EAS F1;EAS F2;EAS D1;EAS D2;EAS T\n"
        "2019-09-02T00:00:00+02:00;Arrêté quotidien;1000;2000;1500;1500;3000\n"
        "2019-09-03T00:00:00+02:00;Arrêté quotidien;1400;2000;1900;1500;3400\n"
        "2019-09-04T00:00:00+02:00;Arrêté quotidien;1400;2100;0;1600;3500\n\n"
        "Periode;Identifiant calendrier fournisseur;Libelle calendrier fournisseur\n"
        "Du 2019-09-02T00:00:00+02:00 au;AA000000;Option Heures Creuses\n"
    )
    assert (seen.found.kind, seen.found.unit) == ("register", "Wh")
    assert seen.values == [("09-01 22:00", 1440, 400.0), ("09-02 22:00", 1440, 100.0)]
    assert not seen.bad


def test_a_block_each_for_consumption_and_production() -> None:
    one = curve("2026-01-05T00:30:00+01:00;1200", "2026-01-05T01:00:00+01:00;800")
    other = curve("2026-01-05T00:30:00+01:00;12", "2026-01-05T01:00:00+01:00;8", way="Production")
    seen = import_of(one + "\n" + other)
    assert [row.value_milli for row in seen.of(Quantity.ENERGY_IMPORT)] == [600_000, 400_000]
    assert [row.value_milli for row in seen.of(Quantity.ENERGY_EXPORT)] == [6_000, 4_000]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PREAMBLE.format(way="Consommation", step="30"), FileReason.EMPTY_FILE),
        (curve(POINT).replace("Energie active", "Energie réactive"), FileReason.NOT_CONSUMPTION),
        (curve(POINT).replace(";W;", ";VA;"), FileReason.NOT_CONSUMPTION),
    ],
)  # fmt: skip
def test_what_is_no_consumption_is_refused_as_a_whole(content: str, reason: FileReason) -> None:
    with pytest.raises(Unreadable) as refused:
        import_of(content)
    assert refused.value.reason is reason


def test_the_number_of_the_meter_is_never_quoted() -> None:
    seen = import_of(
        curve("12345678901234;12345678901234", "2026-01-05T00:30:00+01:00;x12345678901234", "ab")
    )
    assert seen.bad
    assert not any("12345678901234" in bad.detail for bad in seen.bad)


R63 = (
    "Identifiant PRM;Date de début;Date de fin;Grandeur physique;Grandeur métier;Etape métier;Unité;"
    "Horodate;Valeur;Nature;Pas;Mode calcul;tc;Indice de vraisemblance;ec\n"
)


def r63(
    time: str, value: str, unit: str = "Wh", step: str = "PT5M", way: str = "CONS", sort: str = "EA"
) -> str:
    period = "30000000000001;2026-01-01;2026-01-02"
    return f"{period};{sort};{way};MESURE;{unit};{time};{value};R;{step};BRUT;A;0;1\n"


@pytest.mark.parametrize("header", [R63, R63.replace("é", "e"), R63.replace("é", "É").upper()])
def test_r63_at_the_beginning_of_its_period_is_stamped_with_starts(header: str) -> None:
    seen = import_of(
        header
        + r63("2026-01-01T00:00:00+01:00", "10")
        + r63("2026-01-01T00:05:00+01:00", "120", "W", sort="PA")
    )
    assert seen.found.format is FileFormat.ENEDIS_R63
    assert seen.values == [("12-31 23:00", 5, 10.0), ("12-31 23:05", 5, 10.0)]


def test_r63_that_begins_one_step_later_is_stamped_with_ends() -> None:
    seen = import_of(
        R63.encode("cp1252")
        + r63("2026-01-01 00:30:00", "692", "W", "PT30M", sort="PA").encode()
        + r63("2026-01-01 01:00:00", "1284", "W", "PT30M", sort="PA").encode()
    )
    assert seen.values == [("12-31 23:00", 30, 346.0), ("12-31 23:30", 30, 642.0)]


def test_r63_that_says_neither_asks() -> None:
    content = R63 + r63("2026-01-01T12:00:00+01:00", "10")
    with pytest.raises(Unreadable) as refused:
        import_of(content)
    assert (refused.value.reason, refused.value.detail) == (FileReason.OPTION_NEEDED, "stamp")
    assert import_of(content, stamp="start").values == [("01-01 11:00", 5, 10.0)]


def test_r63_mixes_directions_units_and_quantities() -> None:
    seen = import_of(
        R63
        + r63("2026-01-01T00:00:00+01:00", "10")
        + r63("2026-01-01T00:00:00+01:00", "3", way="PROD")
        + r63("2026-01-01T00:05:00+01:00", "7", sort="ER")
        + r63("2026-01-01T00:05:00+01:00", "7", unit="kvar")
        + r63("2026-01-01T00:05:00+01:00", "7", step="5 min")
    )
    assert [(row.quantity, row.value_milli) for row in seen.rows] == [
        (Quantity.ENERGY_IMPORT, 10_000), (Quantity.ENERGY_EXPORT, 3_000),
    ]  # fmt: skip
    assert [reason for _, reason in seen.reasons] == [
        FileReason.NOT_CONSUMPTION, FileReason.WRONG_UNIT, FileReason.IRREGULAR_STEP,
    ]  # fmt: skip


def test_conso_downloader_has_both_ends_and_a_decimal_comma() -> None:
    seen = import_of(
        'debut;fin;kW\n2023-12-12T00:00;2023-12-12T00:30;"0,696"\n2023-12-12T00:30;2023-12-12T01:00;"0,28"\n',
        "historique_prod_12345678901234_2023.csv",
    )
    assert seen.found.format is FileFormat.CONSO_DOWNLOADER
    assert seen.found.quantity is Quantity.ENERGY_EXPORT
    assert seen.values == [("12-11 23:00", 30, 348.0), ("12-11 23:30", 30, 140.0)]


@pytest.mark.parametrize("header", ["debut;;kW", "debut;fin;kW"])
def test_conso_downloader_keeps_the_repeated_hour(header: str) -> None:
    halves = [f"{hour:02}:{minute}" for hour in range(1, 4) for minute in ("00", "30")]
    night = halves[:4] + halves[2:]
    ends = [*night[1:], "04:00"]
    rows = "".join(
        f"2025-10-26T{start};2025-10-26T{end};0,{n}\n"
        for n, (start, end) in enumerate(zip(night, ends, strict=True), 1)
    )
    seen = import_of(f"{header}\n{rows}")
    assert [value for _, _, value in seen.values] == [50.0 * (n + 1) for n in range(8)]
    assert [row.start.minute for row in seen.rows] == [0, 30] * 4
    assert seen.rows[-1].start - seen.rows[0].start == 7 * (seen.rows[1].start - seen.rows[0].start)


def test_the_nature_of_each_point_is_read_where_the_file_tells_it() -> None:
    marks = {"R": False, "C": False, "E": True, "Estimé": True, "B": False, "": False}
    lines = [
        r63(f"2026-01-01T00:{5 * n:02}:00+01:00", "10").replace(";R;", f";{mark};")
        for n, mark in enumerate(marks)
    ]
    seen = import_of(R63 + "".join(lines))
    assert [row.is_estimated for row in seen.rows] == list(marks.values())
    plain = "Horodate;Valeur;Nature\n2026-01-01T00:30:00+01:00;200;R\n2026-01-01T01:00:00+01:00;200;E\n"
    seen = import_of(plain + "2026-01-01T01:30:00+01:00;200;R\n")
    assert [row.is_estimated for row in seen.rows] == [False, True, False]


def test_a_time_told_twice_with_one_value_is_estimated_only_if_both_are() -> None:
    read, told = (r63("2026-01-01T00:00:00+01:00", "10").replace(";R;", f";{mark};") for mark in ("R", "E"))
    for order in (told + read, read + told):
        seen = import_of(R63 + order)
        assert [row.is_estimated for row in seen.rows] == [False]
