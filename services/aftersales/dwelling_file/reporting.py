"""A report that starts from the dwelling's file: what it is about, and the check-in that it answers."""

from collections.abc import Sequence

from sqlmodel import col, select

from services.aftersales import registry
from services.aftersales.dwelling_file import check_ins
from services.aftersales.dwelling_file.model import CheckIn
from services.aftersales.model import Ticket
from services.aftersales.tables import load
from services.kit.unit import Unit


def trade_of(windows: Sequence[str]) -> str:
    """The trade that a report under these windows is about; empty where it may be about anything."""
    trades: dict[str, str] = load("dwelling_file/windows")["reported_trades"]
    found = {trades.get(window, "") for window in windows}
    return found.pop() if len(found) == 1 else ""


async def own(unit: Unit, check_in: str, person: str) -> CheckIn | None:
    """The check-in that the person's household was asked; None for any other."""
    row = await unit.session.get(CheckIn, check_in) if check_in else None
    if row is None or row.state == "planned":
        return None
    return row if row.occupancy in await registry.own_occupancies(unit, person) else None


async def reported(unit: Unit, check_in: str, person: str, tickets: Sequence[str]) -> None:
    """Something was wrong, and these requests say what. Those of another home are none of its business."""
    row = await own(unit, check_in, person)
    if row is None:
        return
    found = await unit.session.execute(
        select(col(Ticket.id))
        .where(col(Ticket.id).in_(tickets), col(Ticket.occupancy) == row.occupancy)
        .order_by(col(Ticket.number))
    )
    there = list(found.scalars())
    if not there:
        return
    row.tickets = list(dict.fromkeys([*(row.tickets or ()), *there]))
    if row.answer != check_ins.PROBLEM:
        row.state, row.answer = "answered", check_ins.PROBLEM
        row.answered_by, row.answered_at = person, unit.now
    await unit.session.flush()
