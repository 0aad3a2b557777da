"""Households come, change and go."""

from datetime import date, timedelta

from sqlmodel import select

from contracts import topics
from contracts.codes import Fluid, Right
from contracts.members import MovedIn, MovedOut
from services.kit.i18n import mark as _
from services.kit.ids import new_id
from services.kit.problems import conflict, invalid, not_found
from services.kit.said import Said
from services.kit.unit import Unit
from services.members import occupancies
from services.members.actions.common import owned, today
from services.members.actions.devices import Devices
from services.members.actions.homes import add_dwelling
from services.members.bodies import DeviceOut, DwellingIn
from services.members.bodies_people import (
    IdOut,
    MemberIn,
    MoveInIn,
    MoveInOut,
    MoveOutIn,
    MoveOutOut,
    ResidentIn,
    WarningOut,
)
from services.members.days import check_keys, check_likely, doubts
from services.members.model import Building, Dwelling, Meter, Occupancy, Person, Resident
from services.members.occupancies import Period, Reach

_WORDS = {
    "no_holder": _("A household has a holder."),
    "unreachable": _("Each holder can be reached by e-mail, mobile or post: give at least one."),
    "before_move_in": _("A household cannot leave before it came."),
}


async def move_in(unit: Unit, devices: Devices, wanted: MoveInIn) -> MoveInOut:
    """A household takes a dwelling, known or new. 409 when another lives there on some of the days."""
    await unit.enter(wanted.coop)
    dwelling, meters = await _dwelling(unit, devices, wanted.dwelling)
    check_likely(unit, dwelling.zone, "/moved_in_on", wanted.moved_in_on)
    check_keys(unit, dwelling.zone, "/livraison_on", wanted.livraison_on, wanted.moved_in_on)
    persons = [await _person(unit, member, place) for place, member in enumerate(wanted.household)]
    fault = occupancies.missing_in(
        [
            Reach(member.right, person.email, person.mobile, person.postal)
            for member, person in zip(wanted.household, persons, strict=True)
        ]
    )
    if fault:
        raise invalid(*fault, _WORDS[fault[1]])
    if len({person.id for person in persons}) < len(persons):
        raise invalid("/household", "twice", "A person belongs to a household once.")
    await _refuse_overlap(unit, dwelling.id, Period(wanted.moved_in_on))
    occupancy = Occupancy(
        id=new_id("occ"), coop=wanted.coop, dwelling=dwelling.id, tenure=wanted.tenure,
        moved_in_on=wanted.moved_in_on, livraison_on=wanted.livraison_on, quiet=wanted.quiet,
    )  # fmt: skip
    unit.session.add_all([occupancy, *persons])
    await unit.session.flush()
    unit.session.add_all(
        Resident(
            occupancy=occupancy.id, person=person.id, coop=wanted.coop, right=member.right,
            since_on=wanted.moved_in_on,
        )
        for member, person in zip(wanted.household, persons, strict=True)
    )  # fmt: skip
    await unit.session.flush()
    event = MovedIn(
        coop=wanted.coop, occupancy=occupancy.id, dwelling=dwelling.id, building=dwelling.building,
        persons=tuple(person.id for person in persons), meters=tuple(meter.id for meter in meters),
        tenure=wanted.tenure, moved_in_on=wanted.moved_in_on, livraison_on=wanted.livraison_on,
        quiet=wanted.quiet,
    )  # fmt: skip
    unit.emit(event, about=occupancy.id)
    return MoveInOut(
        occupancy=occupancy.id, dwelling=dwelling.id, persons=[IdOut(id=person.id) for person in persons],
        meters=meters, warnings=await _doubts(unit, wanted, dwelling),
    )  # fmt: skip


async def move_out(unit: Unit, wanted: MoveOutIn) -> MoveOutOut:
    """The household's last day. Its meters stay, and its persons keep seeing its own period."""
    row = await owned(unit, Occupancy, wanted.occupancy, lock=True)
    zone = (await owned(unit, Dwelling, row.dwelling)).zone
    check_likely(unit, zone, "/moved_out_on", wanted.moved_out_on)
    fault = occupancies.end_fault(row.moved_in_on, row.moved_out_on, wanted.moved_out_on)
    if fault == "already_ended":
        raise conflict(fault, "This household left on %(day)s.", figures={"day": row.moved_out_on})
    if fault:
        raise invalid("/moved_out_on", fault, _WORDS[fault])
    row.moved_out_on = wanted.moved_out_on
    await unit.session.flush()
    event = MovedOut(coop=row.coop, occupancy=row.id, dwelling=row.dwelling, moved_out_on=wanted.moved_out_on)
    unit.emit(event, about=row.id)
    return MoveOutOut(occupancy=row.id, moved_out_on=wanted.moved_out_on)


async def set_resident(unit: Unit, occupancy_id: str, person_id: str, wanted: ResidentIn) -> Resident:
    """A person joins a household, changes right, or leaves it (`until_on`) before the others."""
    occupancy = await owned(unit, Occupancy, occupancy_id)
    person = await owned(unit, Person, person_id)
    dwelling = await owned(unit, Dwelling, occupancy.dwelling)
    check_likely(unit, dwelling.zone, "/since_on", wanted.since_on)
    check_likely(unit, dwelling.zone, "/until_on", wanted.until_on)
    row = await unit.session.get(Resident, (occupancy.id, person.id))
    if row is None:
        since_on = wanted.since_on or max(occupancy.moved_in_on, today(unit, dwelling.zone))
        row = Resident(
            occupancy=occupancy.id, person=person.id, coop=occupancy.coop, right=wanted.right,
            since_on=since_on,
        )  # fmt: skip
    if wanted.until_on and wanted.until_on < row.since_on:
        raise invalid("/until_on", "before_since", "A person cannot leave before they came.")
    row.right, row.until_on = wanted.right, wanted.until_on
    unit.session.add(row)
    await unit.session.flush()
    return row


async def _dwelling(
    unit: Unit, devices: Devices, wanted: str | DwellingIn
) -> tuple[Dwelling, list[DeviceOut]]:
    """The dwelling, locked so that two households cannot take it at once, and its meters."""
    if isinstance(wanted, DwellingIn):
        if wanted.coop != unit.coop:
            raise not_found()
        home = await add_dwelling(unit, devices, wanted, "/dwelling")
        return await owned(unit, Dwelling, home.id, lock=True), home.meters
    dwelling = await owned(unit, Dwelling, wanted, lock=True)
    rows = await unit.session.scalars(select(Meter).where(Meter.dwelling == dwelling.id).order_by(Meter.id))
    meters = [
        DeviceOut(
            id=row.id, topic=topics.meter_topic(row.coop, row.id), mqtt_username=row.id, mqtt_password=None,
            fluid=Fluid(row.fluid),
        )
        for row in rows
    ]  # fmt: skip
    return dwelling, meters


async def _person(unit: Unit, member: MemberIn, place: int) -> Person:
    """A known person, with what the move-in adds, or a new one."""
    assert unit.coop
    if member.person is None:
        assert member.name
        return Person(
            id=new_id("per"), coop=unit.coop, name=member.name, email=member.email, mobile=member.mobile,
            postal=member.postal, language=member.language, created_at=unit.wall,
        )  # fmt: skip
    known = await owned(unit, Person, member.person)
    if known.erased_at is not None:
        raise invalid(f"/household/{place}/person", "erased", "This person's data were erased.")
    for name in member.model_fields_set & {"name", "email", "mobile", "postal", "language"}:
        setattr(known, name, getattr(member, name))
    return known


async def _refuse_overlap(unit: Unit, dwelling: str, new: Period) -> None:
    rows = await unit.session.scalars(select(Occupancy).where(Occupancy.dwelling == dwelling))
    clash = occupancies.first_overlap(new, [Period(row.moved_in_on, row.moved_out_on) for row in rows])
    if clash:
        raise conflict(
            "occupied",
            "%(why)s",
            legal_actions=["move_out"] if clash.last is None else [],
            figures={"why": _lived_in(clash)},
        )


async def _doubts(unit: Unit, wanted: MoveInIn, dwelling: Dwelling) -> list[WarningOut]:
    """Days that can hardly be: what stands on the réception and the livraison is counted from them."""
    reception_on = dwelling.reception_on
    if reception_on is None and dwelling.building is not None:
        building = await unit.session.get(Building, dwelling.building)
        reception_on = building.reception_on if building else None
    where = {"reception_on": "/dwelling/reception_on", "livraison_on": "/livraison_on"}
    return [
        WarningOut(pointer=where[one.field], code=one.code, message=one.message)
        for one in doubts(reception_on, wanted.livraison_on, wanted.moved_in_on)
    ]


def _lived_in(clash: Period) -> Said:
    days: dict[str, object] = {"first": clash.first, "last": clash.last}
    if clash.last is None:
        return Said("A household lives there from %(first)s; record its move-out first.", days)
    days["next"] = clash.last + timedelta(days=1)
    return Said(
        "A household lives there from %(first)s to %(last)s, its last day there; the next can move in from"
        " %(next)s on.",
        days,
    )


def rights_on(rows: list[Resident], on: date) -> dict[str, Right]:
    """The rights of the persons who see the household on a civil day."""
    return {row.person: Right(row.right) for row in rows if occupancies.sees(row.until_on, on)}
