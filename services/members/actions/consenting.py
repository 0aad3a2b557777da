"""Consents are given and withdrawn, one purpose at a time; every giving and withdrawal is kept."""

from sqlmodel import col, select

from contracts.codes import Purpose, Role
from contracts.members import ConsentChanged
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.problems import invalid, not_found
from services.kit.unit import Unit
from services.members import consents
from services.members.actions.common import owned, today
from services.members.actions.households import rights_on
from services.members.bodies_people import ConsentIn, ConsentOut
from services.members.consents import Standing, Step, Wish
from services.members.model import Consent, Dwelling, Occupancy, Resident

_WORDS = {
    "not_in_household": "This person is not of the household today.",
    "may_not_decide": "A carer helps the household but does not decide for it.",
    "paper_is_recorded_by_staff": "Give it yourself, or sign a paper that staff record.",
    "not_yourself": "You give your own consent only.",
    "household_only": "The household gives it itself; staff may only record a signed paper.",
    "witness_missing": "Name who saw the paper signed.",
}


async def set_consent(
    unit: Unit, who: Principal, occupancy_id: str, purpose: Purpose, wanted: ConsentIn
) -> ConsentOut:
    """Takes effect for every room when the unit commits: they ask `registry.consent` at each use."""
    occupancy = await owned(unit, Occupancy, occupancy_id, lock=True)
    dwelling = await owned(unit, Dwelling, occupancy.dwelling)
    rows = list(await unit.session.scalars(select(Resident).where(Resident.occupancy == occupancy.id)))
    rights = rights_on(rows, today(unit, dwelling.zone))
    if who.role is Role.RESIDENT and who.id not in rights:
        raise not_found()
    wish = Wish(**wanted.model_dump())
    fault = consents.fault(wish, who.role, who.id, rights)
    if fault:
        raise invalid(*fault, _WORDS[fault[1]])
    standing = await in_force(unit, occupancy.id, purpose)
    step = consents.step(wish, Standing(standing.text_version) if standing else None)
    if standing and step in (Step.WITHDRAW, Step.RENEW):
        _withdraw(unit, standing, wish)
        await unit.session.flush()  # one consent in force per purpose: the old one closes first
        standing = None
    if step in (Step.GIVE, Step.RENEW):
        standing = Consent(
            id=new_id("cst"), coop=occupancy.coop, occupancy=occupancy.id, purpose=purpose,
            text_version=wish.text_version, granted_at=unit.wall, granted_by=wish.by, channel=wish.channel,
            witness=wish.witness,
        )  # fmt: skip
        unit.session.add(standing)
    if step in (Step.GIVE, Step.WITHDRAW):
        tell(unit, occupancy, purpose, wish.granted)
    await unit.session.flush()
    return shown(occupancy.id, purpose, standing)


async def withdraw_all(unit: Unit, occupancy: Occupancy, by: str) -> None:
    """For an erasure: nothing may be used any more."""
    rows = await unit.session.scalars(
        select(Consent).where(Consent.occupancy == occupancy.id, col(Consent.withdrawn_at).is_(None))
    )
    for row in rows:
        row.withdrawn_at, row.withdrawn_by, row.withdrawn_channel = unit.wall, by, "erasure"
        tell(unit, occupancy, Purpose(row.purpose), granted=False)
    await unit.session.flush()


async def in_force(unit: Unit, occupancy: str, purpose: Purpose) -> Consent | None:
    rows = await unit.session.scalars(
        select(Consent).where(
            Consent.occupancy == occupancy, Consent.purpose == purpose, col(Consent.withdrawn_at).is_(None)
        )
    )
    return rows.first()


def shown(occupancy: str, purpose: Purpose, standing: Consent | None) -> ConsentOut:
    return ConsentOut(
        occupancy=occupancy, purpose=purpose, granted=standing is not None,
        since=standing.granted_at if standing else None,
        text_version=standing.text_version if standing else None,
    )  # fmt: skip


def tell(unit: Unit, occupancy: Occupancy, purpose: Purpose, granted: bool) -> None:
    event = ConsentChanged(coop=occupancy.coop, occupancy=occupancy.id, purpose=purpose, granted=granted)
    unit.emit(event, about=occupancy.id)


def _withdraw(unit: Unit, row: Consent, wish: Wish) -> None:
    row.withdrawn_at, row.withdrawn_by = unit.wall, wish.by
    row.withdrawn_channel, row.withdrawn_witness = wish.channel, wish.witness
