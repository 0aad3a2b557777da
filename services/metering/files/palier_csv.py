"""Palier's own download, days or half-hours, as a household takes it along: read back to the same amounts."""

import re
from typing import BinaryIO

from contracts.codes import FileFormat, FileReason, Fluid, Quality, Quantity
from services.metering.files.head import Head, plain
from services.metering.files.numbers import NO_VALUE, micro
from services.metering.files.points import Mode, Parsed, Point, Refused
from services.metering.files.table import Table
from services.metering.files.times import Clock
from services.metering.files.units import measure
from services.metering.files.values import BadLine, Found, Options
from services.metering.fluids import first_hour

_AMOUNT = re.compile(r"(?:amount|quantite) \((wh|l)\)")
_HALF_HOURS = {("from", "quality"), ("a partir de", "qualite")}
_DAYS = {("day", "state"), ("jour", "etat")}
_STATE, _MEASURED, _ENERGY = 5, 3, 6
"""Columns of a file of days; the last one only of gas, whose days begin in the morning."""
_HALF_HOUR_S = 1_800


def recognise(head: Head) -> Found | None:
    """The header of either download, in French or in English."""
    names = [plain(name) for name in head.header()]
    amount = _AMOUNT.fullmatch(names[1]) if len(names) > 2 else None
    if amount is None or not (_are_half_hours(names) or _are_days(names)):
        return None
    unit = measure(amount[1])
    return Found(
        FileFormat.PALIER_CSV,
        quantity=unit.quantity,
        unit=unit.name,
        stamp="start",
        is_local=_are_days(names),
        step_s=_HALF_HOUR_S if _are_half_hours(names) else 86_400,
        rests_upon=tuple(names[:3]),
    )


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """Row by row. What was not measured comes back as estimated, what was missing not at all; what the file
    calls suspect, or a day that was not over, is refused."""
    table = Table(source)
    names = [plain(name) for name in table.names]
    sort = measure(options.unit or found.unit or "Wh")
    quantity = options.quantity or found.quantity or sort.quantity
    zone = options.zone or found.zone
    clock, are_days = Clock(zone), _are_days(names)
    is_gas = len(names) > _ENERGY and quantity is Quantity.VOLUME
    hour = first_hour(Fluid.GAS, zone) if is_gas and zone else 0
    for row in table.rows(_STATE + 1 if are_days else 3):
        if isinstance(row, BadLine):
            yield row
            continue
        number, cell = row
        try:
            if are_days:
                start, step_s = clock.day(clock.civil_day(cell[0]), hour)
                is_held = cell[_STATE] != "closed"
                is_measured = cell[_MEASURED] == cell[_MEASURED + 1]
                is_known = cell[_MEASURED] != "0" or cell[1] != "0"
            else:
                start, step_s = clock.read(cell[0]).at, _HALF_HOUR_S
                is_held = cell[2] == Quality.SUSPECT
                is_measured, is_known = cell[2] == Quality.MEASURED, cell[1].lower() not in NO_VALUE
            if is_held:
                raise Refused(FileReason.NOT_FINAL, cell[0])
            amount = micro(cell[1], sort.scale) if is_known else None
        except Refused as error:
            yield error.at(number)
            continue
        yield Point(number, start, amount, quantity, Mode.AMOUNT, "start", step_s, 0, not is_measured)


def _are_half_hours(names: list[str]) -> bool:
    return (names[0], names[2]) in _HALF_HOURS


def _are_days(names: list[str]) -> bool:
    return len(names) > _STATE and (names[0], names[_STATE]) in _DAYS
