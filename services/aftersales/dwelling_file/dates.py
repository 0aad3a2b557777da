"""The legal days of a home as they are known now, from `members`, inspections and the cooperative."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.config import Config
from services.aftersales.dwelling_file.equipment import Where, installed, listed, of, warranty_dates
from services.aftersales.dwelling_file.facts import File
from services.aftersales.dwelling_file.model import LegalDate
from services.aftersales.registry import Home
from services.aftersales.warranty import Dates
from services.kit.ids import new_id
from services.kit.problems import invalid
from services.kit.unit import Unit

KINDS = ("reception", "livraison", "etat_des_lieux")


async def dates_of(unit: Unit, home: Home) -> Dates:
    """What counts: what the cooperative recorded later, then a livraison that was held, then `members`."""
    return _dates(home, await _known(unit, home))


async def dates_for(unit: Unit, home: Home, element: str, place: str | None, on: date) -> Dates:
    """The days that count for one element there: equipment that was replaced has its own."""
    found = await unit.once(
        ("equipment", home, element, place, on),
        lambda: of(unit, home.dwelling, element, place, building=home.building, on=on),
    )
    return warranty_dates(await dates_of(unit, home), found)


async def etat_des_lieux_on(unit: Unit, home: Home) -> date | None:
    """The day of the tenant's entry inspection."""
    return (await _known(unit, home)).get("etat_des_lieux")


async def file_of(unit: Unit, home: Home, config: Config) -> File:
    """All that the windows of the home are counted from."""
    known = await _known(unit, home)
    dates = _dates(home, known)
    declared, has_open_reserves = await _from_requests(unit, home.occupancy)
    equipment = await listed(unit, Where(dwelling=home.dwelling), with_ended=False) if home.dwelling else []
    return File(
        reception_on=dates.reception_on,
        livraison_on=dates.livraison_on,
        moved_in_on=dates.moved_in_on,
        etat_des_lieux_on=known.get("etat_des_lieux"),
        heating=config.heating,
        is_heating_known=config.is_heating_known,
        declared=declared,
        has_open_reserves=has_open_reserves,
        equipment=tuple(installed(row) for row in equipment),
        built_on=dates.built_on,
    )


async def record(unit: Unit, about: str, kind: str, day: date, by: str, note: str | None = None) -> LegalDate:
    """Write down a legal day; what was known before stays in the history."""
    assert unit.coop is not None
    if kind not in KINDS:
        raise invalid("/kind", "unknown_code", "Use one of: %(codes)s.", codes=", ".join(KINDS))
    row = LegalDate(
        id=new_id("lgd"),
        coop=unit.coop,
        about=about,
        kind=kind,
        day=day,
        note=note,
        recorded_by=by,
        recorded_at=unit.now,
    )
    unit.session.add(row)
    await unit.session.flush()
    unit.forget()
    return row


async def history(unit: Unit, home: Home) -> list[LegalDate]:
    """Every legal day recorded for the home, the latest first."""
    rows = await unit.session.execute(
        select(LegalDate)
        .where(col(LegalDate.about).in_(home.abouts))
        .order_by(col(LegalDate.recorded_at).desc(), col(LegalDate.id).desc())
    )
    return list(rows.scalars())


async def _known(unit: Unit, home: Home) -> dict[str, date]:
    """Of each kind the day that counts: the latest recorded one (a dwelling's own réception comes before its
    building's), else the first inspection that was held with the household."""
    return await unit.once(("legal days", home), lambda: _asked(unit, home))


async def _asked(unit: Unit, home: Home) -> dict[str, date]:
    rows = await unit.session.execute(
        text(
            "SELECT kind, day, about, recorded_at, id FROM aftersales.legal_date WHERE about = ANY(:abouts)"
            " UNION ALL SELECT kind, min(held_on), NULL, NULL, NULL FROM aftersales.inspection"
            " WHERE occupancy = :occupancy GROUP BY kind"
        ),
        {"abouts": home.abouts, "occupancy": home.occupancy},
    )
    return counting(home, [Recorded(*row) for row in rows])


@dataclass(frozen=True)
class Recorded:
    """A day that somebody recorded, or (without `about`) that of an inspection that was held."""

    kind: str
    day: date
    about: str | None = None
    recorded_at: datetime | None = None
    id: str | None = None


def counting(home: Home, recorded: Iterable[Recorded]) -> dict[str, date]:
    """Of each kind the day that counts, as `_known` says."""
    abouts = home.abouts
    found: dict[str, tuple[tuple[object, ...], date]] = {}
    for one in recorded:
        rank: tuple[object, ...] = (0,)
        if one.about is not None:
            rank = (len(abouts) - abouts.index(one.about), one.recorded_at, one.id)
        if one.kind not in found or rank > found[one.kind][0]:
            found[one.kind] = (rank, one.day)
    return {kind: day for kind, (_, day) in found.items()}


def _dates(home: Home, known: dict[str, date]) -> Dates:
    return replace(
        home.dates,
        reception_on=known.get("reception") or home.dates.reception_on,
        livraison_on=known.get("livraison") or home.dates.livraison_on,
    )


async def _from_requests(unit: Unit, occupancy: str | None) -> tuple[tuple[tuple[str, date], ...], bool]:
    """What was declared to the dommages-ouvrage insurer, and whether réserves of the livraison are open."""
    if occupancy is None:
        return (), False
    rows = await unit.session.execute(
        text(
            "SELECT t.id, t.declared_to_insurer_on, t.ended_at IS NULL AND i.kind = 'livraison' AS is_reserve"
            " FROM aftersales.ticket t LEFT JOIN aftersales.inspection i ON i.id = t.inspection"
            " WHERE t.occupancy = :occupancy AND (t.declared_to_insurer_on IS NOT NULL"
            " OR (i.kind = 'livraison' AND t.ended_at IS NULL)) ORDER BY t.declared_to_insurer_on, t.id"
        ),
        {"occupancy": occupancy},
    )
    found = rows.all()
    declared = tuple((row[0], row[1]) for row in found if row[1] is not None)
    return declared, any(row[2] for row in found)
