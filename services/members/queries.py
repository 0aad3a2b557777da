"""The read side: what a caller may see of households, persons and their consents."""

from sqlmodel import col, select

from contracts.codes import Fluid, Language, Purpose, Right, Role, Tenure
from services.kit.principal import Principal
from services.kit.problems import not_found
from services.kit.unit import Unit
from services.members.actions.common import owned, today
from services.members.actions.consenting import shown
from services.members.actions.households import rights_on
from services.members.bodies_people import ConsentOut, MeterOut, OccupancyOut, PersonOut, ResidentOut
from services.members.model import Consent, Dwelling, Meter, Occupancy, Person, Resident
from services.members.occupancies import sees


async def occupancy(unit: Unit, who: Principal, occupancy_id: str) -> OccupancyOut:
    """A household; residents see only one that they belong to today."""
    row = await owned(unit, Occupancy, occupancy_id)
    dwelling = await owned(unit, Dwelling, row.dwelling)
    residents = list(await unit.session.scalars(select(Resident).where(Resident.occupancy == row.id)))
    if who.role is Role.RESIDENT and who.id not in rights_on(residents, today(unit, dwelling.zone)):
        raise not_found()
    names = {
        person.id: person.name
        for person in await unit.session.scalars(
            select(Person).where(col(Person.id).in_([resident.person for resident in residents]))
        )
    }
    meters = await unit.session.scalars(select(Meter).where(Meter.dwelling == dwelling.id).order_by(Meter.id))
    return OccupancyOut(
        id=row.id, coop=row.coop, dwelling=dwelling.id, residence=dwelling.residence,
        dwelling_ref=dwelling.ref, tenure=Tenure(row.tenure), moved_in_on=row.moved_in_on,
        moved_out_on=row.moved_out_on, livraison_on=row.livraison_on, quiet=row.quiet,
        residents=[_resident(resident, names[resident.person]) for resident in residents],
        meters=[MeterOut(id=meter.id, fluid=Fluid(meter.fluid), serial=meter.serial) for meter in meters],
        consents=await consents(unit, row.id),
    )  # fmt: skip


async def consents(unit: Unit, occupancy_id: str) -> list[ConsentOut]:
    """Every purpose, given or not."""
    rows = await unit.session.scalars(
        select(Consent).where(Consent.occupancy == occupancy_id, col(Consent.withdrawn_at).is_(None))
    )
    standing = {row.purpose: row for row in rows}
    return [shown(occupancy_id, purpose, standing.get(purpose)) for purpose in Purpose]


async def person(unit: Unit, who: Principal, person_id: str) -> PersonOut:
    """A resident sees only themselves."""
    if who.role is Role.RESIDENT and who.id != person_id:
        raise not_found()
    row = await owned(unit, Person, person_id)
    return PersonOut(
        id=row.id, coop=row.coop, name=row.name, email=row.email, mobile=row.mobile, postal=row.postal,
        language=Language(row.language), occupancies=[home.id for home in await homes_of(unit, row.id)],
    )  # fmt: skip


async def homes_of(unit: Unit, person_id: str) -> list[Occupancy]:
    """The households a person sees today, latest first."""
    rows = await unit.session.execute(
        select(Resident, Occupancy, Dwelling)
        .join(Occupancy, col(Occupancy.id) == col(Resident.occupancy))
        .join(Dwelling, col(Dwelling.id) == col(Occupancy.dwelling))
        .where(Resident.person == person_id)
        .order_by(col(Occupancy.moved_in_on).desc())
    )
    return [
        home for resident, home, dwelling in rows.all() if sees(resident.until_on, today(unit, dwelling.zone))
    ]


def _resident(row: Resident, name: str) -> ResidentOut:
    return ResidentOut(
        person=row.person, name=name, right=Right(row.right), since_on=row.since_on, until_on=row.until_on
    )
