"""What a day of any fluid cost: electricity by its tariff, the others by the household's own price."""

from collections.abc import Sequence
from decimal import Decimal

from contracts.codes import CostReason, Fluid, Quantity
from contracts.units import Energy, EnergyPrice, Volume, VolumePrice, amount_of
from services.metering import tariffs
from services.metering.days import CivilDay
from services.metering.fluids import Conversion, is_converted
from services.metering.tariffs import Contract, Cost

PRICED: dict[Fluid, tuple[Quantity, ...]] = {
    Fluid.ELECTRICITY: (Quantity.ENERGY_IMPORT,),
    Fluid.GAS: (Quantity.VOLUME, Quantity.ENERGY_IMPORT),
    Fluid.WATER: (Quantity.VOLUME,),
    Fluid.HOT_WATER: (Quantity.VOLUME,),
    Fluid.HEAT: (Quantity.HEAT, Quantity.ENERGY_IMPORT),
}
"""What is paid for. What a home feeds in, or the heat in its hot water, has no price here."""
_NOT_PRICED = Cost(None, reason=CostReason.NO_TARIFF_FOR_FLUID)


def of_day(
    fluid: Fluid,
    quantity: Quantity,
    civil: CivilDay,
    slots: Sequence[int | None],
    contract: Contract | None,
    conversion: Conversion | None,
) -> Cost:
    """The cost of a day's half-hours, whole Wh or L. Missing ones cost nothing: they are not consumption."""
    if quantity not in PRICED[fluid]:
        return _NOT_PRICED
    if all(value is None for value in slots):
        return Cost(None, reason=CostReason.NOTHING_KNOWN)
    if fluid is Fluid.ELECTRICITY:
        return tariffs.cost(civil, slots, contract, tariffs.load())
    total = sum(value for value in slots if value is not None)
    return _by_own_price(fluid, quantity, total, contract, conversion)


def of_total(
    fluid: Fluid,
    quantity: Quantity,
    civil: CivilDay,
    total: int,
    contract: Contract | None,
    conversion: Conversion | None,
) -> Cost:
    """The cost where only the day's total may be kept."""
    if quantity not in PRICED[fluid]:
        return _NOT_PRICED
    if fluid is Fluid.ELECTRICITY:
        return tariffs.cost_of_total(civil.day, total, contract, tariffs.load())
    return _by_own_price(fluid, quantity, total, contract, conversion)


def _by_own_price(
    fluid: Fluid, quantity: Quantity, total: int, contract: Contract | None, conversion: Conversion | None
) -> Cost:
    """Regulated prices are for electricity: others have one price a kWh, or a m³ of water, from the
    contract. Gas is paid for by the energy it holds."""
    price = contract.single_price if contract else None
    if price is None:
        return _NOT_PRICED
    amount = amount_of(quantity, total)
    if isinstance(amount, Volume) and is_converted(fluid, quantity):
        if conversion is None:
            return Cost(None, reason=CostReason.NO_GAS_FACTOR)
        amount = conversion.factor.energy(amount)
    eur = _eur(amount, price)
    return Cost(tariffs.rounded(eur), {"base": tariffs.rounded(eur)})


def _eur(amount: Energy | Volume, price: Decimal) -> Decimal:
    if isinstance(amount, Energy):
        return EnergyPrice(price).of(amount)
    return VolumePrice(price).of(amount)
