"""A file of more than one delivery point is never added up into one meter."""

import io
import json
import zipfile
from typing import Any

import pytest

from contracts.codes import FileReason
from services.metering.files import SeveralPoints, Unreadable
from services.metering.files.deliveries import delivery, in_filename, is_official, names_of
from tests.unit.metering.files.reading_files import import_of
from tests.unit.metering.files.test_enedis_tables import R63, curve, r63
from tests.unit.metering.files.test_json_and_xml import CURVE
from tests.unit.metering.files.test_spreadsheets import MAIN

ONE, OTHER = "30000000000001", "30000000009876"


def classic(point: str, day: int, watts: int = 1_000) -> str:
    rows = [f"2026-01-{day:02}T{hour:02}:00:00+01:00;{watts}" for hour in range(1, 6)]
    return curve(*rows).replace("12345678901234", point)


def in_r63(point: str, day: int, watts: int = 1_000) -> str:
    rows = [r63(f"2026-01-{day:02}T{hour:02}:00:00+01:00", str(watts), "W", "PT1H") for hour in range(5)]
    return "".join(rows).replace("30000000000001", point).replace("2026-01-01;", f"2026-01-{day:02};")


def in_api(point: str, day: int) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(CURVE).replace("2023-04-01", f"2023-04-{day:02}"))
    return document | {"usage_point_id": point}


def in_a_feed(point: str, start: int) -> str:
    way = f"https://host/espi/1_1/resource/RetailCustomer/1/UsagePoint/{point}/MeterReading/1"
    readings = "".join(
        f"<IntervalReading><timePeriod><duration>900</duration><start>{start + 900 * n}</start></timePeriod>"
        "<value>200</value></IntervalReading>"
        for n in range(4)
    )
    return (
        f'<entry><link rel="self" href="{way}/IntervalBlock/1"/><link rel="up" href="{way}/IntervalBlock"/>'
        f'<content><IntervalBlock xmlns="http://naesb.org/espi">{readings}</IntervalBlock></content></entry>'
    )


FEED = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content><ReadingType xmlns="http://naesb.org/espi">'
    "<uom>72</uom></ReadingType></content></entry>{}</feed>"
)
GAS = {"volumeBrutConsomme": 5, "coeffConversion": 11.2}
TABLE = [
    ["Identifiant PRM", "Type de donnees", "Unite"],
    ["", "Courbe de charge", "W"],
    ["Horodate", "Valeur"],
]


def sheet(point: str, day: int) -> list[list[Any]]:
    rows = [[f"2026-01-{day:02}T{hour:02}:00:00+01:00", 800] for hour in range(1, 6)]
    return [TABLE[0], [point, *TABLE[1][1:]], TABLE[2], *rows]


def workbook(*sheets: list[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        for number, rows in enumerate(sheets, 1):
            cells = "".join(
                "<row>"
                + "".join(
                    f'<c r="{"ABC"[at]}{n}" t="inlineStr"><is><t>{cell}</t></is></c>'
                    for at, cell in enumerate(row)
                )
                + "</row>"
                for n, row in enumerate(rows, 1)
            )
            name = f"xl/worksheets/sheet{number}.xml"
            book.writestr(name, f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>")
    return buffer.getvalue()


TWO: dict[str, str | bytes] = {
    "R63": R63 + in_r63(ONE, 1) + in_r63(OTHER, 2),
    "R63 of the same times": R63 + in_r63(ONE, 1) + in_r63(OTHER, 1),
    "classic": classic(ONE, 5) + classic(OTHER, 6),
    "API": json.dumps([in_api(ONE, 1), in_api(OTHER, 2)]),
    "API, wrapped": json.dumps([{"meter_reading": in_api(ONE, 1)}, {"meter_reading": in_api(OTHER, 2)}]),
    "Green Button": FEED.format(in_a_feed(ONE, 1_767_222_000) + in_a_feed(OTHER, 1_767_322_800)),
    "GRDF by name": json.dumps(
        {"GI000001": {"releves": [GAS | {"journeeGaziere": "2026-01-01"}]}}
        | {"GI009876": {"releves": [GAS | {"journeeGaziere": "2026-01-02"}]}}
    ),
    "any CSV": f"start,pdl,kWh\n2026-01-01T00:00Z,{ONE},1\n2026-01-01T01:00Z,{ONE},1\n"
    f"2026-01-01T00:00Z,{OTHER},1\n2026-01-01T01:00Z,{OTHER},1\n",
    "XLSX, a sheet each": workbook(sheet(ONE, 1), sheet(OTHER, 2)),
    "XLSX, one sheet": workbook(sheet(ONE, 1) + sheet(OTHER, 2)),
}


@pytest.mark.parametrize("content", TWO.values(), ids=TWO.keys())
def test_several_points_are_asked_about_by_their_last_four_digits_alone(content: str | bytes) -> None:
    with pytest.raises(SeveralPoints) as asked:
        import_of(content)
    assert asked.value.names == ("0001", "9876")
    assert (asked.value.reason, asked.value.detail) == (FileReason.SEVERAL_POINTS, "…0001, …9876")
    assert ONE not in str(asked.value)


@pytest.mark.parametrize("content", TWO.values(), ids=TWO.keys())
def test_the_chosen_one_is_read_and_the_other_left_aside(content: str | bytes) -> None:
    one, other = import_of(content, point="0001"), import_of(content, point="9876")
    assert one.rows
    assert len(one.rows) == len(other.rows)
    assert not one.bad + other.bad


@pytest.mark.parametrize("content", TWO.values(), ids=TWO.keys())
def test_a_point_that_is_not_in_the_file_is_refused(content: str | bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        import_of(content, point="5555")
    assert refused.value.reason is FileReason.POINT_NOT_IN_FILE


def test_two_blocks_of_one_point_are_one_file() -> None:
    assert len(import_of(classic(ONE, 5) + classic(ONE, 6)).rows) == 10


def test_rows_that_name_nobody_belong_to_the_only_one_named() -> None:
    assert len(import_of(R63 + in_r63(ONE, 1) + in_r63("", 2)).rows) == 10


def test_points_that_end_alike_are_numbered() -> None:
    assert names_of(["30000000000001", "40000000000001", "5"]) == {
        "30000000000001": "0001-1", "40000000000001": "0001-2", "5": "5",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        (' "3000 0000 000123" ', "30000000000123"), ("3.0000000000123E13", "30000000000123"),
        ("30000000000123.0", "30000000000123"), ("**************", ""), ("00000000000000", ""), (None, ""),
        ("gi123456", "GI123456"),
    ],
)  # fmt: skip
def test_a_point_is_compared_by_its_number_however_it_is_written(cell: object, named: str) -> None:
    assert delivery(cell) == named


def test_a_files_name_may_name_it() -> None:
    assert in_filename("historique_conso_30000000000123_2023.csv") == "30000000000123"
    assert in_filename("GI123456-2024.json") == "GI123456"
    assert in_filename("mesures-00000000000000.csv") == in_filename("20240101_20250101.csv") == ""
    assert is_official("GI123456")
    assert not is_official("5446F3")
