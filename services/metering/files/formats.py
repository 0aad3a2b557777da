"""The formats that can be read, most particular first: the first that knows a file's beginning has it."""

from typing import BinaryIO, Protocol

from contracts.codes import FileFormat
from services.metering.files import (
    any_csv,
    conso_downloader,
    enedis_csv,
    enedis_json,
    enedis_r63,
    enedis_xlsx,
    grdf_json,
    green_button,
    p1_csv,
    palier_csv,
)
from services.metering.files.head import Head
from services.metering.files.points import Parsed
from services.metering.files.public_sets import OpenDsm, Uci
from services.metering.files.values import Found, Options


class Reader(Protocol):
    """What each format's module offers."""

    def recognise(self, head: Head) -> Found | None: ...

    def points(self, source: BinaryIO, found: Found, options: Options) -> Parsed: ...


FORMATS: dict[FileFormat, Reader] = {
    FileFormat.ENEDIS_XLSX: enedis_xlsx,
    FileFormat.ENEDIS_R63: enedis_r63,
    FileFormat.ENEDIS_CSV: enedis_csv,
    FileFormat.CONSO_DOWNLOADER: conso_downloader,
    FileFormat.ENEDIS_JSON: enedis_json,
    FileFormat.GRDF_JSON: grdf_json,
    FileFormat.GREEN_BUTTON: green_button,
    FileFormat.P1_CSV: p1_csv,
    FileFormat.UCI: Uci,
    FileFormat.OPENDSM: OpenDsm,
    FileFormat.PALIER_CSV: palier_csv,
    FileFormat.CSV: any_csv,
}
