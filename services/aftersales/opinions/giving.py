"""Two opinions on a request: the household's, and that of whoever did the work; each writes its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import col, select
from starlette.datastructures import FormData

from contracts.codes import Role
from services.aftersales.dwelling_file.model import Opinion
from services.aftersales.model import Ticket
from services.aftersales.opinions import publishing
from services.aftersales.tables import load
from services.aftersales.words import codes
from services.kit.problems import conflict, invalid
from services.kit.unit import Unit
from services.kit.web import Principal

HOUSEHOLD, STAFF, CONTRACTOR = "household", "staff", "contractor"
ASKED_IN = ("done", "resolved", "closed")
"""States in which there is something to have an opinion on."""


def side_of(role: str) -> str:
    """Which opinion a role writes. Raises KeyError for one that has none."""
    return {
        Role.RESIDENT.value: HOUSEHOLD,
        Role.STAFF.value: STAFF,
        Role.CARETAKER.value: STAFF,
        "contractor": CONTRACTOR,
    }[role]


async def give(
    unit: Unit,
    ticket: Ticket,
    side: str,
    by: str,
    verdict: str,
    marks: Sequence[str] = (),
    comment: str | None = None,
) -> Opinion:
    """Keep one side's opinion; given again, it takes the place of the first."""
    if ticket.state not in ASKED_IN:
        raise conflict("nothing_done_yet", "An opinion is asked once the work is done.")
    if verdict not in codes("opinion_verdicts"):
        raise invalid("/verdict", "unknown_code", "Say good or bad.")
    if unknown := set(marks) - set(codes("opinion_marks")):
        raise invalid("/marks", "unknown_code", "Not known here: %(codes)s.", codes=min(unknown))
    for pair in pairs().values():
        if set(pair) <= set(marks):
            raise invalid(
                "/marks", "contradiction", "Of %(codes)s only one can be true.", codes=", ".join(pair)
            )
    if side == HOUSEHOLD and ticket.occupancy is None:
        raise conflict("no_household", "The request is a building's.")
    if side == HOUSEHOLD:
        await publishing.take_turn(unit, ticket.id)
    row = await unit.session.get(Opinion, (ticket.id, side))
    if row is None:
        row = Opinion(
            ticket=ticket.id,
            side=side,
            coop=ticket.coop,
            verdict=verdict,
            qualities=[],
            given_by=by,
            given_at=unit.now,
        )
        unit.session.add(row)
    row.verdict, row.qualities = verdict, sorted(set(marks))
    row.comment = (comment or "").strip() or None
    row.given_by, row.given_at = by, unit.now
    await unit.session.flush()
    if side == HOUSEHOLD:
        await publishing.advance(unit, ticket.id)
    return row


def pairs() -> dict[str, list[str]]:
    """Marks of which at most one can be true, by what they are about: codes of `opinion_about`."""
    found: dict[str, list[str]] = load("opinions/marks")["pairs"]
    return found


def marks_in(form: FormData) -> list[str]:
    """What was chosen in the form of a page: one field for each pair, empty for none; or a list, `marks`."""
    chosen = [form.get(f"mark-{name}", "") for name in pairs()] + form.getlist("marks")[:10]
    return [str(mark)[:64] for mark in chosen if mark]


async def of_ticket(unit: Unit, ticket: Ticket) -> dict[str, Opinion]:
    """Both opinions, by side."""
    rows = await unit.session.execute(select(Opinion).where(col(Opinion.ticket) == ticket.id))
    return {row.side: row for row in rows.scalars()}


async def for_contractor(unit: Unit, ticket: Ticket) -> Mapping[str, Any] | None:
    """What the contractor's page of a job shows: its own opinion to give."""
    if ticket.state not in ASKED_IN:
        return None
    own = (await of_ticket(unit, ticket)).get(CONTRACTOR)
    return {"own": own, "others": [], "pairs": pairs(), "side": CONTRACTOR}


async def on_page(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """What the page of a request shows: one's own opinion to give, and for staff the household's."""
    if ticket.state not in ASKED_IN:
        return None
    found = await of_ticket(unit, ticket)
    side = side_of(who.role.value)
    return {
        "own": found.get(side),
        "others": [] if side == HOUSEHOLD else [row for one, row in found.items() if one != side],
        "pairs": pairs(),
        "side": side,
    }
