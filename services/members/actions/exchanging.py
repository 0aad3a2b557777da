"""A meter is replaced at its place: both registers are kept, and a mistaken exchange can be undone."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from contracts.codes import Fluid, Quantity
from contracts.members import MeterExchanged
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.problems import conflict, invalid
from services.kit.unit import Unit
from services.members.actions.common import owned, today
from services.members.bodies_exchange import ExchangeIn, ExchangeOut, IndexUnit
from services.members.model import Meter, MeterExchange

INDEX: dict[Fluid, tuple[Quantity, IndexUnit]] = {
    Fluid.ELECTRICITY: (Quantity.ENERGY_IMPORT, IndexUnit.KWH),
    Fluid.GAS: (Quantity.VOLUME, IndexUnit.M3),
    Fluid.WATER: (Quantity.VOLUME, IndexUnit.M3),
    Fluid.HOT_WATER: (Quantity.VOLUME, IndexUnit.M3),
    Fluid.HEAT: (Quantity.HEAT, IndexUnit.KWH),
}
"""What the display of each fluid's meter counts, and in which unit it is read."""
MILLI_PER_INDEX_UNIT = 1_000_000
"""1 kWh is 1,000,000 thousandths of a Wh, as 1 m³ is of a litre."""


async def exchange(unit: Unit, who: Principal, meter_id: str, wanted: ExchangeIn) -> ExchangeOut:
    """Record that another register counts from `on` on. The meter's id and credentials stay: they are the
    place's. 409 where an exchange of that day stands already."""
    meter = await owned(unit, Meter, meter_id, lock=True)
    _check_day(unit, meter, wanted.on, wanted.at)
    standing = await unit.session.scalars(
        select(MeterExchange.id).where(
            MeterExchange.meter == meter.id, MeterExchange.exchanged_on == wanted.on,
            col(MeterExchange.undone_at).is_(None),
        )
    )  # fmt: skip
    if standing.first():
        raise conflict(
            "already_exchanged", "An exchange on this day is recorded already.", legal_actions=["undo"]
        )
    row = MeterExchange(
        id=new_id("exc"), coop=meter.coop, meter=meter.id, quantity=INDEX[Fluid(meter.fluid)][0],
        exchanged_on=wanted.on, exchanged_at=wanted.at, old_milli=_milli(wanted.old_index),
        new_milli=_milli(wanted.new_index), old_serial=meter.serial, new_serial=wanted.serial,
        recorded_by=who.id, recorded_at=unit.wall,
    )  # fmt: skip
    unit.session.add(row)
    if wanted.serial and not await _is_followed(unit, row):
        meter.serial = wanted.serial
    await unit.session.flush()
    unit.emit(MeterExchanged(coop=meter.coop, meter=meter.id, on=wanted.on), about=meter.id)
    return _out(row, meter)


async def undo(unit: Unit, who: Principal, exchange_id: str, why: str) -> ExchangeOut:
    """It was a mistake: the earlier register and serial number stand again. The record stays, with why."""
    row = await owned(unit, MeterExchange, exchange_id, lock=True)
    meter = await owned(unit, Meter, row.meter, lock=True)
    if row.undone_at is not None:
        raise conflict("already_undone", "This exchange was undone already.")
    row.undone_by, row.undone_at, row.undone_why = who.id, unit.wall, why
    if row.new_serial and meter.serial == row.new_serial:
        meter.serial = row.old_serial
    await unit.session.flush()
    event = MeterExchanged(coop=meter.coop, meter=meter.id, on=row.exchanged_on, is_undone=True)
    unit.emit(event, about=meter.id)
    return _out(row, meter)


async def history(unit: Unit, meter_id: str) -> list[ExchangeOut]:
    """Every exchange of a meter, latest first, those undone too."""
    meter = await owned(unit, Meter, meter_id)
    return [_out(row, meter) for row in await _rows(unit, meter.id)]


async def _rows(unit: Unit, meter: str) -> Sequence[MeterExchange]:
    rows = await unit.session.scalars(
        select(MeterExchange)
        .where(MeterExchange.meter == meter)
        .order_by(col(MeterExchange.exchanged_on).desc(), col(MeterExchange.id).desc())
    )
    return rows.all()


async def _is_followed(unit: Unit, row: MeterExchange) -> bool:
    """Whether a later exchange stands: what was recorded after the fact does not name today's register."""
    later = [
        other
        for other in await _rows(unit, row.meter)
        if other.exchanged_on > row.exchanged_on and other.undone_at is None and other.new_serial
    ]
    return bool(later)


def _check_day(unit: Unit, meter: Meter, on: date, at: datetime | None) -> None:
    if on > today(unit, meter.zone):
        raise invalid("/on", "in_future", "An exchange is recorded once it has happened.")
    if at is not None and at.astimezone(ZoneInfo(meter.zone)).date() != on:
        raise invalid("/at", "another_day", "The instant does not lie on that civil day.")


def _milli(index: Decimal | None) -> int | None:
    return None if index is None else int(index * MILLI_PER_INDEX_UNIT)


def _index(milli: int | None) -> float | None:
    return None if milli is None else milli / MILLI_PER_INDEX_UNIT


def _out(row: MeterExchange, meter: Meter) -> ExchangeOut:
    return ExchangeOut(
        id=row.id, meter=row.meter, on=row.exchanged_on, at=row.exchanged_at,
        quantity=Quantity(row.quantity), index_unit=INDEX[Fluid(meter.fluid)][1],
        old_index=_index(row.old_milli), new_index=_index(row.new_milli), old_serial=row.old_serial,
        serial=row.new_serial, recorded_by=row.recorded_by, recorded_at=row.recorded_at,
        undone_by=row.undone_by, undone_at=row.undone_at, undone_why=row.undone_why,
        legal_actions=[] if row.undone_at else ["undo"],
    )  # fmt: skip
