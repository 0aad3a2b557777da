"""Whatever the bytes: rows, refused lines or `Unreadable`; and the same rows in any order."""

import gzip
import io
import random
import time
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.codes import FileFormat, FileReason
from contracts.words import labels
from services.metering.files import Unreadable
from tests.unit.metering.files import test_json_and_xml as feeds
from tests.unit.metering.files.reading_files import Result, import_of
from tests.unit.metering.files.test_enedis_tables import R63, curve, r63
from tests.unit.metering.files.test_registers import p1
from tests.unit.metering.files.test_spreadsheets import LABELS, workbook

SAMPLES: dict[FileFormat, bytes] = {
    FileFormat.ENEDIS_CSV: curve("2026-01-05T00:30:00+01:00;1200", "2026-01-05T01:00:00+01:00;800").encode(),
    FileFormat.ENEDIS_R63: (R63 + r63("2026-01-01T00:00:00+01:00", "10")).encode(),
    FileFormat.ENEDIS_XLSX: workbook([LABELS, ["Date", "Valeur (en kWh)"], ["01/01/2026", 6.3]]),
    FileFormat.CONSO_DOWNLOADER: b'debut;fin;kW\n2023-12-12T00:00;2023-12-12T00:30;"0,696"\n',
    FileFormat.ENEDIS_JSON: feeds.json.dumps(feeds.CURVE).encode(),
    FileFormat.GRDF_JSON: b'[{"time_period":"09/05/2019","volume_m3":5.1,"converter_factor_kwh/m3":11.2}]',
    FileFormat.GREEN_BUTTON: feeds.feed(feeds.entry(feeds.kind()), feeds.entry(feeds.block(1, 2))).encode(),
    FileFormat.P1_CSV: p1("1", "2", "3").encode(),
    FileFormat.UCI: b"Date;Time;Global_active_power\n1/2/2007;00:00:00;0.3\n1/2/2007;00:01:00;0.3\n",
    FileFormat.OPENDSM: b"start,value\n2020-04-01 01:00:00+00:00,0.078\n2020-04-01 02:00:00+00:00,0.1\n",
    FileFormat.PALIER_CSV: b"from,amount (Wh),quality\n2026-01-05T00:00:00+01:00,250,measured\n",
    FileFormat.CSV: b"end,kWh\n2020-04-01 01:00:00+00:00,0.078\n2020-04-01 02:00:00+00:00,0.1\n",
}


def test_every_format_is_known_by_its_own_beginning() -> None:
    assert set(SAMPLES) == set(FileFormat)
    for known, content in SAMPLES.items():
        seen = import_of(content)
        assert seen.found.format is known
        assert seen.rows, known
        assert (
            import_of(gzip.compress(content)).values == seen.values
            if known is not FileFormat.ENEDIS_XLSX
            else True
        )


def test_every_reason_and_format_has_words() -> None:
    assert list(labels("file_formats")) == list(FileFormat)
    assert set(labels("file_reasons")) == set(FileReason)


def tried(content: bytes, **options: object) -> Result | None:
    try:
        seen = import_of(content, **options)  # type: ignore[arg-type]
    except Unreadable as refused:
        if len(refused.detail) > 60:
            raise
        return None
    assert all(row.value_milli >= 0 and 0 < row.step_s <= 86_400 for row in seen.rows)
    assert all(len(bad.detail) <= 60 for bad in seen.bad)
    return seen


BEGINNINGS = st.sampled_from([b"", b"\x1f\x8b", b"PK\x03\x04xl/", b"\xff\xfe", b"{", b"<IntervalBlock>"])


@given(st.binary(max_size=400), BEGINNINGS)
def test_random_bytes_are_never_an_accident(content: bytes, beginning: bytes) -> None:
    tried(beginning + content)


@given(
    st.sampled_from(list(SAMPLES)),
    st.lists(
        st.tuples(st.integers(0, 2_000), st.integers(0, 3), st.binary(max_size=8)), min_size=1, max_size=4
    ),
    st.sampled_from([None, "Europe/Paris"]),
)
@example(FileFormat.ENEDIS_CSV, [(0, 0, b"\0")], None)
def test_damaged_files_are_never_an_accident(
    known: FileFormat, damage: list[tuple[int, int, bytes]], zone: str | None
) -> None:
    content = bytearray(SAMPLES[known])
    for place, length, put in damage:
        at = place % (len(content) + 1)
        content[at : at + length] = put
    tried(bytes(content), zone=zone)


ODD = (
    "1e99", "-1e-99", "9" * 400, "NaN", "inf", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
    "2026-02-30", "31/12/9999 24:00", "2025-10-26 02:30", "2026-03-29 02:30", "0000000000", "²", "1" * 14,
)  # fmt: skip
CELLS = st.one_of(st.text(max_size=20), st.sampled_from(ODD))
HEADERS = st.sampled_from(["Horodate;Valeur", "start;kWh", "time;Import T1 kWh"])


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6), HEADERS)
def test_odd_cells_are_never_an_accident(rows: list[tuple[str, str]], header: str) -> None:
    lines = "".join(f"{one};{other}\n" for one, other in rows)
    content = f"{header}\n2026-01-05T00:00Z;1\n{lines}".encode("utf-8", "replace")
    seen = tried(content, zone="Europe/Paris")
    if seen is not None:
        assert not any("1" * 14 in bad.detail for bad in seen.bad)


NAMES = st.sampled_from(
    ["interval_reading", "reading_type", "value", "date", "rank", "start", "unit", "interval_length",
     "time_period", "volume_m3", "journeeGaziere"]
)  # fmt: skip
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_odd_json_is_never_an_accident(document: object) -> None:
    curve_like = {"interval_reading": document, "reading_type": {"unit": "W"}}
    for marked in (curve_like, {"interval_reading": [document, document]}, [{"journeeGaziere": 1}, document]):
        tried(feeds.json.dumps(marked).encode())


@pytest.mark.parametrize(
    "content",
    [
        b'{"interval_reading":' + b"[" * 200_000,
        b'{"interval_reading":[{"date":"2026-01-05","value":' + b"9" * 100_000 + b"}]}",
        b"start,value\n" + b"," * 1_000_000 + b"\n",
        b"start,value\n2026-01-05T00:00Z," + b"1" * 1_000_000,
        b"a" * 3_000_000,
        b"\0" * 1000,
        b'start,value\n"2026-01-05T00:00Z,1\n',
        b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><IntervalBlock>&a;</IntervalBlock>",
        b"<IntervalBlock>" + b"<a>" * 100_000,
        b"",
        b"\n \n",
        b"%PDF-1.4 something",
    ],
)  # fmt: skip
def test_files_made_to_do_harm_are_refused(content: bytes) -> None:
    seen = tried(content)
    assert seen is None or not seen.rows


def test_a_file_that_grows_beyond_the_limit_is_refused() -> None:
    line = b"2026-01-05T00:00:00+00:00,0.078\n"
    with pytest.raises(Unreadable) as refused:
        import_of(gzip.compress(b"start,value\n" + line + b" " * 60_000 * 1_800, 1))
    assert refused.value.reason is FileReason.TOO_LARGE


def test_a_workbook_of_many_large_sheets_is_refused_before_it_is_read() -> None:
    """A hundred kilobytes that would be worked at for hours: each sheet is within its limit, all are not."""
    sheet = b"<worksheet><sheetData>" + b"<row><c/></row>" * 100_000 + b"</sheetData></worksheet>"
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
        for number in range(300):
            parts.writestr(f"xl/worksheets/sheet{number}.xml", sheet)
    began = time.process_time()
    with pytest.raises(Unreadable) as refused:
        import_of(book.getvalue())
    assert refused.value.reason is FileReason.TOO_LARGE
    assert time.process_time() - began < 2


def test_a_compressed_workbook_is_refused() -> None:
    """Each jump within it would decompress all that lies before."""
    with pytest.raises(Unreadable) as refused:
        import_of(gzip.compress(SAMPLES[FileFormat.ENEDIS_XLSX]))
    assert refused.value.reason is FileReason.ARCHIVE


@pytest.mark.parametrize("filler", [b"[],", b"{},", b'"ab",'])
def test_json_of_countless_small_things_is_refused_before_it_fills_the_memory(filler: bytes) -> None:
    content = b'{"interval_reading":[' + filler * 6_000_000 + b"0]}"
    with pytest.raises(Unreadable) as refused:
        import_of(content)
    assert refused.value.reason is FileReason.TOO_LARGE


def test_a_file_of_refused_lines_is_given_up() -> None:
    """Each of them costs more room than it takes in the file."""
    with pytest.raises(Unreadable) as refused:
        import_of(b"start,kWh\n2026-01-05T00:00Z,1\n" + b"x\n" * 1_000_000)
    assert refused.value.reason is FileReason.TOO_LARGE


def test_one_endless_element_is_not_read_again_with_every_block() -> None:
    """The parser begins an unfinished tag anew whenever more of it comes."""
    began = time.process_time()
    tried(b"<IntervalBlock a='" + b">" * 20_000_000 + b"'/>")
    assert time.process_time() - began < 5


@given(
    st.lists(st.integers(0, 10**6), min_size=3, max_size=80),
    st.sampled_from([1, 10, 15, 30, 60]),
    st.randoms(),
)
def test_any_order_gives_the_same_rows_and_energy_is_kept(
    watts: list[int], minutes: int, chance: random.Random
) -> None:
    rows = []
    for n, watt in enumerate(watts, 1):
        day, rest = divmod(n * minutes, 1440)
        rows.append(f"2026-01-{5 + day:02}T{rest // 60:02}:{rest % 60:02}:00+00:00;{watt}")
    shuffled = list(rows)
    chance.shuffle(shuffled)
    seen = import_of(curve(*rows))
    assert import_of(curve(*shuffled)).values == seen.values
    assert len(seen.rows) == len(watts)
    hours = {row.start.replace(minute=0) for row in seen.rows}
    assert abs(seen.total_milli * 60 - sum(watts) * minutes * 1000) <= 30 * len(hours)


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=60))
def test_what_a_register_moved_is_what_was_used(used: list[int]) -> None:
    values = [1_000_000]
    for one in used:
        values.append(values[-1] + one)
    seen = import_of(p1(*(f"{value / 1000:.3f}" for value in values)))
    assert seen.total_milli == sum(used) * 1000
    assert not seen.bad


TABLES = {
    known: content
    for known, content in SAMPLES.items()
    if known
    not in (FileFormat.ENEDIS_XLSX, FileFormat.ENEDIS_JSON, FileFormat.GRDF_JSON, FileFormat.GREEN_BUTTON)
}


@pytest.mark.parametrize("known", TABLES)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_is_read_whether_it_says_so_or_not(known: FileFormat, encoding: str) -> None:
    seen = import_of(TABLES[known].decode("utf-8-sig").encode(encoding))
    assert seen.found.format is known
    assert seen.values == import_of(TABLES[known]).values


@pytest.mark.parametrize("known", TABLES)
@pytest.mark.parametrize("first", ["sep=;", '"sep=,"', "SEP=\t"])
def test_a_spreadsheets_line_about_what_parts_columns_is_passed_over(known: FileFormat, first: str) -> None:
    content = TABLES[known].decode("utf-8-sig")
    seen = import_of(f"{first}\r\n{content}".encode())
    assert seen.found.format is known
    assert seen.values == import_of(content).values
    assert [row.line for row in seen.rows] == [row.line + 1 for row in import_of(content).rows]


def test_zeros_here_and_there_are_no_text() -> None:
    content = TABLES[FileFormat.CSV].decode().encode("utf-16-le")
    with pytest.raises(Unreadable) as refused:
        import_of(content[:100] + b"\0\0\0" + content[100:])
    assert refused.value.reason is FileReason.NOT_TEXT
