"""A file goes to a meter that it can be about."""

import pytest

from contracts.codes import FileFormat, Fluid, Quantity
from services.metering.files import Found
from services.metering.imports.fitting import fits


@pytest.mark.parametrize("format", [FileFormat.ENEDIS_CSV, FileFormat.ENEDIS_R63, FileFormat.P1_CSV])
@pytest.mark.parametrize("fluid", [Fluid.GAS, Fluid.HEAT, Fluid.WATER])
def test_an_electricity_file_is_for_electricity_meters_only(format: FileFormat, fluid: Fluid) -> None:
    """Gas and heat are told in kWh too."""
    assert not fits(Found(format, quantity=Quantity.ENERGY_IMPORT), fluid)
    assert not fits(Found(format), fluid)
    assert fits(Found(format, quantity=Quantity.ENERGY_IMPORT), Fluid.ELECTRICITY)
    assert fits(Found(format), Fluid.ELECTRICITY)


def test_a_gas_file_is_for_gas_meters_only() -> None:
    found = Found(FileFormat.GRDF_JSON, quantity=Quantity.VOLUME)
    assert fits(found, Fluid.GAS)
    assert not fits(found, Fluid.WATER)
    assert not fits(found, Fluid.ELECTRICITY)


@pytest.mark.parametrize("format", [FileFormat.GREEN_BUTTON, FileFormat.CSV])
def test_where_a_format_knows_no_fluid_the_quantity_decides(format: FileFormat) -> None:
    assert fits(Found(format, quantity=Quantity.ENERGY_IMPORT), Fluid.GAS)
    assert not fits(Found(format, quantity=Quantity.ENERGY_IMPORT), Fluid.WATER)
    assert fits(Found(format), Fluid.WATER)
