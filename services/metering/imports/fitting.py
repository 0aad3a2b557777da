"""Whether a file can be about a meter at all: by what it measures, and by whose file it is."""

from contracts.codes import FileFormat, Fluid
from services.metering.files import Found
from services.metering.imports import storing

_ONLY: dict[FileFormat, Fluid] = {
    FileFormat.ENEDIS_CSV: Fluid.ELECTRICITY,
    FileFormat.ENEDIS_R63: Fluid.ELECTRICITY,
    FileFormat.ENEDIS_XLSX: Fluid.ELECTRICITY,
    FileFormat.ENEDIS_JSON: Fluid.ELECTRICITY,
    FileFormat.CONSO_DOWNLOADER: Fluid.ELECTRICITY,
    FileFormat.P1_CSV: Fluid.ELECTRICITY,
    FileFormat.UCI: Fluid.ELECTRICITY,
    FileFormat.GRDF_JSON: Fluid.GAS,
}
"""Formats of one network. Gas and heat meters have kWh too, so the quantity alone does not tell."""


def fits(found: Found, fluid: Fluid) -> bool:
    """False where the file is certainly another meter's. Rows that say their own quantity are seen later."""
    if _ONLY.get(found.format, fluid) is not fluid:
        return False
    return found.quantity is None or found.quantity in storing.quantities_of(fluid)
