"""Opens each household's file, plans its check-ins, and asks those that are due: a duty of every hour."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from contracts.aftersales import CheckInDue
from contracts.members import MovedIn
from services.aftersales import registry
from services.aftersales.config import Config, config_for
from services.aftersales.dwelling_file import check_ins
from services.aftersales.dwelling_file.dates import file_of
from services.aftersales.dwelling_file.facts import File
from services.aftersales.dwelling_file.model import CheckIn, DwellingFile
from services.aftersales.registry import Home
from services.kit.ids import new_id
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit

WAKING = range(8, 20)
"""Local hours at which a household is asked something that can wait until the morning."""

BEFORE_RECORD = "before_record"
"""The state of a check-in whose windows had shut when the household was recorded: noted, never sent."""

_IS_RECORDED = (
    "(dwelling_file.opened_at <= :now OR dwelling_file.opened_at >"
    " (SELECT c.business_now FROM registry.coop c WHERE c.slug = :coop))"
)
"""A sandbox's time passes from long before its households were recorded: until then nobody asks them. Where
its clock was set back to before that day, the day says nothing."""

OPENED_AT_ONCE = 500
"""Files opened in one hour for households that have none: a cooperative that arrives is spread over some."""


async def moved_in(event: MovedIn, unit: Unit) -> None:
    """Open the household's file."""
    await open_file(unit, event.occupancy, quiet=event.quiet)


async def open_file(unit: Unit, occupancy: str, *, quiet: bool) -> None:
    """Plan what the household will be asked, once. Of one that has long lived there only what is to come."""
    home = await registry.home_of_occupancy(unit, occupancy)
    if home is None or home.dwelling is None:
        return
    assert unit.coop is not None
    # The news of a move-in and the hour may meet: who comes second waits, and finds it done.
    opened = await unit.session.execute(
        insert(DwellingFile)
        .values(occupancy=occupancy, coop=unit.coop, dwelling=home.dwelling, opened_at=unit.now)
        .on_conflict_do_nothing()
        .returning(col(DwellingFile.occupancy))
    )
    if opened.scalar_one_or_none() is None:
        return
    await plan(unit, home, after=await local_today(unit) if quiet else None)


async def plan(unit: Unit, home: Home, after: date | None = None) -> None:
    """Plan the check-ins by what is known now; those asked already stay. With `after`, only later ones.

    Called again whenever a legal day, an inspection or a season changes.
    """
    assert home.occupancy is not None
    assert home.tenure is not None
    assert unit.coop is not None
    config = await config_for(unit, home)
    file = await file_of(unit, home, config)
    known = {row.kind: row for row in await of_household(unit, home.occupancy)}
    wanted = {one.kind: one for one in check_ins.questions(file, home.tenure, config.own_terms)}
    for kind, question in wanted.items():
        row = known.get(kind)
        if row is not None:
            if row.state == "dropped" and question.due_on > await local_today(unit):
                row.state = "planned"  # the day that it is counted from has become known since
            if row.state == "planned":
                row.due_on, row.ends_on = question.due_on, question.ends_on
                row.windows = [window.code for window in question.windows]
        elif after is None or question.due_on > after:
            unit.session.add(
                CheckIn(
                    id=new_id("chk"),
                    coop=unit.coop,
                    occupancy=home.occupancy,
                    kind=kind,
                    due_on=question.due_on,
                    state="planned",
                    windows=[window.code for window in question.windows],
                    ends_on=question.ends_on,
                )
            )
    await unit.session.flush()


async def replan(unit: Unit, home: Home) -> None:
    """After a day of the home's file changed: whoever lives there is asked at the right time."""
    rows = await unit.session.execute(
        text(
            "SELECT f.occupancy FROM aftersales.dwelling_file f JOIN registry.occupancy o"
            " ON o.id = f.occupancy WHERE (f.occupancy = :occupancy OR f.dwelling = :dwelling"
            " OR o.building = :building) AND (o.ends_at IS NULL OR o.ends_at > :now) ORDER BY f.occupancy"
        ),
        {
            "occupancy": home.occupancy,
            "dwelling": home.dwelling,
            "building": home.building if home.dwelling is None else None,
            "now": unit.now,
        },
    )
    today = await local_today(unit)
    for occupancy in rows.scalars().all():
        found = await registry.home_of_occupancy(unit, occupancy)
        if found is not None:
            await plan(unit, found, after=today)


async def recount(unit: Unit, kind: str, building: str | None = None) -> None:
    """Have the planned check-ins of a kind looked at in the next hour, which puts each on its right day."""
    await unit.session.execute(
        text(
            "UPDATE aftersales.check_in SET due_on = LEAST(due_on, :today) WHERE coop = :coop"
            " AND kind = :kind AND state = 'planned' AND (CAST(:building AS text) IS NULL OR occupancy IN"
            " (SELECT id FROM registry.occupancy WHERE building = :building))"
        ),
        {"coop": unit.coop, "kind": kind, "building": building, "today": await local_today(unit)},
    )


async def of_household(unit: Unit, occupancy: str) -> list[CheckIn]:
    """All its check-ins, in the order of their days."""
    rows = await unit.session.execute(
        select(CheckIn)
        .where(col(CheckIn.occupancy) == occupancy)
        .order_by(col(CheckIn.due_on), col(CheckIn.kind))
    )
    return list(rows.scalars())


async def ask(unit: Unit) -> None:
    """The hourly duty: files of households that have none, then every question whose day has come."""
    for occupancy, quiet in await _without_file(unit):
        await open_file(unit, occupancy, quiet=quiet)
    if not await _is_waking(unit):
        return
    today = await local_today(unit)
    rows = await unit.session.execute(
        select(CheckIn)
        .join(DwellingFile, col(DwellingFile.occupancy) == col(CheckIn.occupancy))
        .where(col(CheckIn.coop) == unit.coop, col(CheckIn.state) == "planned", col(CheckIn.due_on) <= today)
        .where(text(_IS_RECORDED).bindparams(coop=unit.coop, now=unit.now))
        .order_by(col(CheckIn.occupancy), col(CheckIn.due_on), col(CheckIn.kind))
    )
    by_household: dict[str, list[CheckIn]] = {}
    for row in rows.scalars():
        by_household.setdefault(row.occupancy, []).append(row)
    for occupancy, due in by_household.items():
        async with unit.part():
            await _ask_household(unit, occupancy, due, today)


@dataclass(frozen=True)
class _Household:
    home: Home
    file: File
    config: Config
    recorded_on: date
    """The civil day on which the cooperative recorded it: it may have lived there for years."""

    def is_before(self, row: CheckIn, today: date) -> bool:
        """Whether its day, and what it was to save, had passed when the household was recorded."""
        ends_on = row.ends_on or row.due_on
        return max(row.due_on, ends_on) < self.recorded_on <= today


async def _ask_household(unit: Unit, occupancy: str, due: list[CheckIn], today: date) -> None:
    household = await _living_there(unit, occupancy)
    asked: list[tuple[CheckIn, check_ins.Question]] = []
    for row in due:
        if household is None:
            row.state = "dropped"
            continue
        assert household.home.tenure is not None
        due_on = check_ins.due_on(household.file, household.home.tenure, row.kind)
        if due_on is None:
            row.state = "dropped"
            continue
        if due_on > today:
            row.due_on = due_on
            continue
        question = check_ins.at(
            household.file, household.home.tenure, row.kind, today, household.config.own_terms
        )
        if question is None:
            row.state = BEFORE_RECORD if household.is_before(row, today) else "dropped"
        else:
            asked.append((row, question))
    for row, _ in asked[:-1]:
        row.state = "superseded"
    for row, question in asked[-1:]:
        row.state, row.asked_at = "asked", unit.now
        row.windows = [window.code for window in question.windows]
        row.ends_on = question.ends_on
        unit.emit(
            CheckInDue(
                coop=row.coop,
                check_in=row.id,
                occupancy=row.occupancy,
                kind=row.kind,
                windows=tuple(row.windows),
                ends_on=row.ends_on,
            ),
            row.id,
        )
    await unit.session.flush()


async def _living_there(unit: Unit, occupancy: str) -> _Household | None:
    """The household with its file; None when it has left, or is known no more."""
    gone = await unit.session.execute(
        text("SELECT 1 FROM registry.occupancy WHERE id = :id AND (ends_at IS NULL OR ends_at > :now)"),
        {"id": occupancy, "now": unit.now},
    )
    home = await registry.home_of_occupancy(unit, occupancy) if gone.first() else None
    if home is None:
        return None
    config = await config_for(unit, home)
    opened = await unit.session.get_one(DwellingFile, occupancy)
    recorded_on = opened.opened_at.astimezone(await zone_of(unit)).date()
    return _Household(home, await file_of(unit, home, config), config, recorded_on)


async def _without_file(unit: Unit) -> list[tuple[str, bool]]:
    """Households recorded before files were kept, or whose move-in was not heard: (occupancy, quiet)."""
    rows = await unit.session.execute(
        text(
            "SELECT o.id, o.quiet FROM registry.occupancy o WHERE o.coop = :coop"
            " AND (o.ends_at IS NULL OR o.ends_at > :now)"
            " AND NOT EXISTS (SELECT 1 FROM aftersales.dwelling_file f WHERE f.occupancy = o.id)"
            " ORDER BY o.id LIMIT :most"
        ),
        {"coop": unit.coop, "now": unit.now, "most": OPENED_AT_ONCE},
    )
    return [(row[0], row[1]) for row in rows]


async def _is_waking(unit: Unit) -> bool:
    """Nobody is written to at night. A clock that stands still would wait for ever: its hour is no matter."""
    if unit.now != unit.wall:
        return True
    return unit.now.astimezone(await zone_of(unit)).hour in WAKING
