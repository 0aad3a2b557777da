"""The formats that can be read, most particular first: the first that knows a file's beginning has it."""

from typing import BinaryIO, Protocol

from contracts.codes import FileFormat
from services.metering.files import enedis_csv
from services.metering.files.head import Head
from services.metering.files.points import Parsed
from services.metering.files.values import Found, Options


class Reader(Protocol):
    """What each format's module offers."""

    def recognise(self, head: Head) -> Found | None: ...

    def points(self, source: BinaryIO, found: Found, options: Options) -> Parsed: ...


FORMATS: dict[FileFormat, Reader] = {
    FileFormat.ENEDIS_CSV: enedis_csv,
}
