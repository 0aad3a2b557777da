"""Enedis' customer space as a spreadsheet, and spreadsheets made to do harm."""

import io
import zipfile

import pytest

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files import Unreadable
from tests.unit.metering.files.reading_files import Result, import_of

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LABELS = [
    "Point Référence Mesure (PRM) : ",
    "00000000000000",
    "Type de comptage : ",
    "Consommation Quotidienne",
]


def workbook(
    rows: list[list[object]], first_row: int = 1, first_column: str = "A", sheet: str | None = None
) -> bytes:
    """A workbook with a cover sheet, then the rows; texts are shared, numbers stand in their cells."""
    strings: list[str] = []
    out = []
    for number, row in enumerate(rows, first_row):
        cells = []
        for at, value in enumerate(row):
            name = f"{chr(ord(first_column) + at)}{number}"
            if isinstance(value, str):
                strings.append(value)
                cells.append(f'<c r="{name}" t="s"><v>{len(strings) - 1}</v></c>')
            else:
                cells.append(f'<c r="{name}"><f>1+1</f><v>{value}</v></c>')
        out.append(f'<row r="{number}">{"".join(cells)}</row>')
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/worksheets/sheet1.xml", f"<worksheet {MAIN}><sheetData/></worksheet>")
        book.writestr(
            "xl/worksheets/sheet2.xml",
            sheet or f"<worksheet {MAIN}><sheetData>{''.join(out)}</sheetData></worksheet>",
        )
        book.writestr("xl/sharedStrings.xml", f"<sst {MAIN}>{shared}</sst>")
    return buffer.getvalue()


def days(*rows: list[object], kind: str = "Consommation Quotidienne", first_column: str = "A") -> Result:
    return import_of(
        workbook([[*LABELS[:3], kind], [], ["Date", "Valeur (en kWh)"], *rows], 8, first_column),
        "export.xlsx",
    )


@pytest.mark.parametrize("first_column", ["A", "B"])
def test_days_are_kilowatt_hours_and_missing_ones_are_named(first_column: str) -> None:
    seen = days(
        ["01/01/2026", 6.329], ["02/01/2026", "NA"], ["03/01/2026", "3.217"], first_column=first_column
    )
    assert seen.found.format is FileFormat.ENEDIS_XLSX
    assert seen.values == [("12-31 23:00", 1440, 6329.0), ("01-02 23:00", 1440, 3217.0)]
    assert seen.reasons == [(12, FileReason.NO_VALUE)]
    assert [row.line for row in seen.rows] == [11, 13]


def test_days_may_be_numbers_of_days() -> None:
    assert days([46023, 2.5], [46024.54, 1.5]).values == [
        ("12-31 23:00", 1440, 2500.0),
        ("01-01 23:00", 1440, 1500.0),
    ]


def test_a_float_s_tail_is_not_energy() -> None:
    assert days(["01/01/2026", 0.08399999999999999]).total_milli == 84_000


def test_production_is_export() -> None:
    assert {row.quantity for row in days(["01/01/2026", 1], kind="Production Quotidienne").rows} == {
        Quantity.ENERGY_EXPORT
    }


def test_the_curve_may_come_in_a_spreadsheet() -> None:
    seen = import_of(
        workbook(
            [
                ["Type de comptage : ", "Courbe de charge"],
                ["horodate ISO fin de pas", "puissance moyenne (W)"],
                ["2026-01-05T00:30:00+01:00", 1200],
                ["2026-01-05T01:00:00+01:00", 800],
            ]
        )
    )
    assert seen.values == [("01-04 23:00", 30, 600.0), ("01-04 23:30", 30, 400.0)]


def sheet_of(cells: str) -> bytes:
    return workbook([], sheet=f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>")


HARM = {
    "one cell in the far corner": sheet_of(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    ),
    "entities that multiply": workbook(
        [], sheet='<!DOCTYPE b [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><worksheet><a>&b;</a></worksheet>'
    ),
    "elements within elements": sheet_of("<a>" * 10_000 + "</a>" * 10_000),
    "a string that is not there": sheet_of('<row><c t="s"><v>99999999999</v></c></row>'),
    "no sheet": workbook([], sheet="<worksheet/>"),
    "half a file": workbook([["Date", "Valeur (en kWh)"]])[:-40],
}  # fmt: skip


@pytest.mark.parametrize("name", HARM)
def test_a_spreadsheet_made_to_do_harm_is_unreadable(name: str) -> None:
    with pytest.raises(Unreadable):
        import_of(HARM[name], "export.xlsx")


def test_a_small_file_that_becomes_a_huge_one_is_too_large() -> None:
    bomb = sheet_of("<row/>" * 20_000_000)
    assert len(bomb) < 1_000_000
    with pytest.raises(Unreadable) as refused:
        import_of(bomb)
    assert refused.value.reason is FileReason.TOO_LARGE


def test_another_archive_asks_to_be_unpacked() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("courbe.csv", "Horodate;Valeur\n")
    with pytest.raises(Unreadable) as refused:
        import_of(buffer.getvalue())
    assert refused.value.reason is FileReason.ARCHIVE


def test_a_damaged_workbook_is_called_damaged_whatever_is_broken() -> None:
    sound = workbook([LABELS, ["Date", "Valeur (en kWh)"], ["01/01/2026", 6.3]])
    scrambled = sound[:30] + bytes(byte ^ 0x15 for byte in sound[30:])
    for damaged in (sound[:300], scrambled, b"\0\0" + sound[2:], sound[:4] + bytes(len(sound) - 4)):
        with pytest.raises(Unreadable) as refused:
            import_of(damaged, "Mes-mesures.XLSX")
        assert refused.value.reason is FileReason.BROKEN_FILE
    with pytest.raises(Unreadable) as refused:
        import_of(sound[:4] + bytes(len(sound) - 4))
    assert refused.value.reason is FileReason.BROKEN_FILE


def test_another_office_s_document_is_no_known_form() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(Unreadable) as refused:
        import_of(buffer.getvalue())
    assert refused.value.reason is FileReason.UNKNOWN_FORMAT
