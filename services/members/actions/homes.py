"""Cooperatives, buildings and dwellings."""

from datetime import UTC, datetime

from sqlmodel import select

from services.kit.ids import new_id
from services.kit.problems import conflict
from services.kit.unit import Unit
from services.members.actions.common import owned
from services.members.actions.devices import Devices, add_meters
from services.members.bodies import BuildingIn, CoopIn, CoopOut, DeviceOut, DwellingIn, HomeOut
from services.members.bodies_exchange import NewMeterIn
from services.members.days import OLDEST_HOUSE, check_likely, check_received
from services.members.model import Building, Coop, Dwelling


async def add_coop(unit: Unit, wanted: CoopIn) -> CoopOut:
    """For a platform operator, whose unit sees all cooperatives."""
    if await unit.session.get(Coop, wanted.slug):
        raise conflict("slug_taken", "A cooperative of this name exists already.")
    row = Coop(
        coop=wanted.slug, name=wanted.name, zone=wanted.zone, sandbox=wanted.sandbox, created_at=unit.wall
    )
    unit.session.add(row)
    await unit.session.flush()
    return _coop(row, unit)


async def set_clock(unit: Unit, slug: str, now: datetime) -> CoopOut:
    """A sandbox's business time; a real cooperative lives in wall time."""
    await unit.enter(slug)
    row = await owned(unit, Coop, slug)
    if not row.sandbox:
        raise conflict("not_a_sandbox", "Only a sandbox cooperative has a clock of its own.")
    row.business_now = unit.now = now.astimezone(UTC)
    await unit.session.flush()
    return _coop(row, unit)


async def add_building(unit: Unit, devices: Devices, wanted: BuildingIn) -> HomeOut:
    await unit.enter(wanted.coop)
    await _refuse_taken(unit, Building, wanted.ref)
    coop = await owned(unit, Coop, wanted.coop)
    check_received(unit, coop.zone, "/reception_on", wanted.reception_on)
    row = Building(id=new_id("bld"), **wanted.model_dump(exclude={"meters"}))
    unit.session.add(row)
    await unit.session.flush()
    meters = await add_meters(unit, devices, wanted.meters, coop.zone, dwelling=None, building=row.id)
    return HomeOut(id=row.id, meters=meters)


async def add_dwelling(unit: Unit, devices: Devices, wanted: DwellingIn, at: str = "") -> HomeOut:
    """`at`: where the dwelling stands in the body, as a JSON pointer."""
    await unit.enter(wanted.coop)
    await _refuse_taken(unit, Dwelling, wanted.ref)
    coop = await owned(unit, Coop, wanted.coop)
    if wanted.building:
        await owned(unit, Building, wanted.building)
    zone = wanted.zone or coop.zone
    check_likely(unit, zone, f"{at}/built_on", wanted.built_on, OLDEST_HOUSE)
    check_received(unit, zone, f"{at}/reception_on", wanted.reception_on)
    row = Dwelling(id=new_id("dwl"), **wanted.model_dump(exclude={"meters", "zone"}), zone=zone)
    unit.session.add(row)
    await unit.session.flush()
    meters = await add_meters(unit, devices, wanted.meters, zone, dwelling=row.id, building=None)
    return HomeOut(id=row.id, meters=meters)


async def add_meter(unit: Unit, devices: Devices, wanted: NewMeterIn) -> DeviceOut:
    """One more meter at a place that is recorded already."""
    await unit.enter(wanted.coop)
    if wanted.dwelling:
        zone = (await owned(unit, Dwelling, wanted.dwelling)).zone
    else:
        await owned(unit, Building, wanted.building)
        zone = (await owned(unit, Coop, wanted.coop)).zone
    made = await add_meters(unit, devices, [wanted], zone, wanted.dwelling, wanted.building)
    return made[0]


async def _refuse_taken(unit: Unit, kind: type[Building] | type[Dwelling], ref: str) -> None:
    taken = await unit.session.scalars(select(kind.id).where(kind.coop == unit.coop, kind.ref == ref))
    if taken.first():
        raise conflict("ref_taken", "The reference %(ref)s is taken.", figures={"ref": ref})


def _coop(row: Coop, unit: Unit) -> CoopOut:
    now = row.business_now or unit.wall
    return CoopOut(slug=row.coop, name=row.name, zone=row.zone, sandbox=row.sandbox, now=now)
