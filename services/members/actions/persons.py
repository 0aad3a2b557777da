"""A person's own data: how to reach them, and their erasure."""

from sqlmodel import col, delete, select, update

from contracts.codes import Right
from contracts.members import Erased
from services.kit.problems import invalid
from services.kit.unit import Unit
from services.members import holds
from services.members.account_model import ApiToken, Session, SignInLink
from services.members.actions.common import owned, today
from services.members.actions.consenting import withdraw_all
from services.members.bodies_people import PersonIn
from services.members.holds import Hold, Tie
from services.members.model import Coop, Occupancy, Person, Resident
from services.members.occupancies import Reach

DECIDERS = (Right.HOLDER, Right.CO_HOLDER)


async def change_person(unit: Unit, person_id: str, wanted: PersonIn) -> Person:
    """New contact details; a holder stays reachable."""
    person = await owned(unit, Person, person_id)
    if person.erased_at is not None:
        raise invalid("/name", "erased", "This person's data were erased.")
    residents = await unit.session.scalars(select(Resident).where(Resident.person == person.id))
    is_holder = any(row.right in DECIDERS for row in residents)
    if is_holder and not Reach(Right.HOLDER, wanted.email, wanted.mobile, wanted.postal).is_reachable:
        raise invalid("/email", "unreachable", "Leave one way to reach you: e-mail, mobile or post.")
    for name, value in wanted.model_dump().items():
        setattr(person, name, value)
    await unit.session.flush()
    return person


async def erase(unit: Unit, person_id: str) -> list[Hold]:
    """Erase what no law obliges the cooperative to keep, and tell every room.

    Consents of the households they decided alone are withdrawn. Who still lives there keeps a name and
    an address in the register, and the right to sign in. Returns what is kept, and why.
    """
    person = await owned(unit, Person, person_id, lock=True)
    coop = await owned(unit, Coop, person.coop)
    on = today(unit, coop.zone)
    rows = await unit.session.execute(
        select(Resident, Occupancy)
        .join(Occupancy, col(Occupancy.id) == col(Resident.occupancy))
        .where(Resident.person == person.id)
    )
    ties, alone = [], []
    for resident, occupancy in rows.all():
        last = min((day for day in (resident.until_on, occupancy.moved_out_on) if day), default=None)
        ties.append(Tie(Right(resident.right), last))
        if resident.right in DECIDERS and not await _other_deciders(unit, occupancy.id, person.id):
            alone.append(occupancy)
    for occupancy in alone:
        await withdraw_all(unit, occupancy, by=person.id)
    kept = holds.kept(ties, on)
    if not kept:
        person.name, person.email, person.mobile, person.postal = "", None, None, None
        person.erased_at = unit.wall
    elif holds.has_left(ties, on):
        person.email, person.mobile = None, None  # a held file needs a name and an address, not a phone
    if holds.has_left(ties, on):
        await _close_doors(unit, person.id)
    await unit.session.flush()
    event = Erased(coop=person.coop, person=person.id, occupancies=tuple(row.id for row in alone))
    unit.emit(event, about=person.id)
    return kept


async def _other_deciders(unit: Unit, occupancy: str, person: str) -> bool:
    rows = await unit.session.scalars(
        select(Resident.person)
        .join(Person, col(Person.id) == col(Resident.person))
        .where(
            Resident.occupancy == occupancy, Resident.person != person, col(Resident.right).in_(DECIDERS),
            col(Person.erased_at).is_(None),
        )
    )  # fmt: skip
    return rows.first() is not None


async def _close_doors(unit: Unit, person: str) -> None:
    await unit.session.execute(delete(Session).where(col(Session.subject) == person))
    await unit.session.execute(delete(SignInLink).where(col(SignInLink.person) == person))
    await unit.session.execute(
        update(ApiToken)
        .where(col(ApiToken.subject) == person, col(ApiToken.revoked_at).is_(None))
        .values(revoked_at=unit.wall)
    )
