"""Writes a request that is just told, with its first step, clocks and warranties, in one statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import SQLModel

from services.aftersales.history import Step
from services.aftersales.model import DeadlineRow, Ticket, TicketEvent, WarrantyRow
from services.aftersales.telling import Actor
from services.kit.unit import Unit

_KINDS: tuple[type[SQLModel], ...] = (Ticket, TicketEvent, DeadlineRow, WarrantyRow)


@dataclass(frozen=True)
class Known:
    """All that a request consists of which is just told, as it was written."""

    warranties: Sequence[WarrantyRow]
    clocks: Sequence[DeadlineRow]
    step: Step
    residence: str


@dataclass(frozen=True)
class Opened:
    """A request that is just told; `known` unless something more has happened to it already."""

    ticket: Ticket
    known: Known | None = None


async def write(
    unit: Unit, ticket: Ticket, step: TicketEvent, clocks: Sequence[DeadlineRow], owed: Sequence[WarrantyRow]
) -> None:
    """All of it is then stored, and known to the session as if it had written it."""
    parts: tuple[Sequence[SQLModel], ...] = ((ticket,), (step,), clocks, owed)
    values = {kind.__name__: _as_json(kind, rows) for kind, rows in zip(_KINDS, parts, strict=True)}
    await unit.ask(_statement(), values)
    for rows in parts:
        for row in rows:
            make_transient_to_detached(row)
            unit.session.add(row)


def event_row(
    unit: Unit, ticket: Ticket, step: Step, actor: Actor, place: int, key: str | None = None
) -> TicketEvent:
    """A step as the history keeps it."""
    return TicketEvent(
        ticket=ticket.id,
        place_in_history=place,
        coop=ticket.coop,
        action=step.action,
        actor=actor.id,
        role=actor.role,
        reason=step.reason,
        comment=step.comment,
        appointment_at=step.appointment_at,
        state=ticket.state,
        occurred_at=step.at,
        recorded_at=unit.wall,
        channel=step.channel,
        facts=dict(step.facts) or None,
        idempotency_key=key,
    )


async def give_number(unit: Unit, ticket: Ticket) -> None:
    """The next number of its cooperative, and with it the incident that was found meanwhile. Who reports at
    the same moment waits here until this transaction ends: it is the last thing to do."""
    found = await unit.ask(_NUMBER, {"coop": ticket.coop, "ticket": ticket.id, "incident": ticket.incident})
    set_committed_value(ticket, "number", found[0].number)
    set_committed_value(ticket, "incident", ticket.incident)


def _as_json(kind: type[SQLModel], rows: Sequence[SQLModel]) -> str:
    names = _columns(kind)
    return json.dumps([{name: getattr(row, name) for name in names} for row in rows], default=str)


@cache
def _columns(kind: type[SQLModel]) -> tuple[str, ...]:
    return tuple(column.name for column in _table(kind).columns)


@cache
def _statement() -> str:
    """References between the rows are checked at the end of the statement, when all are there."""
    *firsts, last = (_insert(kind) for kind in _KINDS)
    named = ", ".join(f"part_{number} AS ({insert})" for number, insert in enumerate(firsts))
    return f"WITH {named} {last}"


def _insert(kind: type[SQLModel]) -> str:
    table, names = _table(kind).fullname, ", ".join(f'"{name}"' for name in _columns(kind))
    source = f"jsonb_populate_recordset(NULL::{table}, %({kind.__name__})s::jsonb)"
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {source}"  # noqa: S608


def _table(kind: type[SQLModel]) -> Table:
    table: Any = kind.__table__  # type: ignore[attr-defined]
    assert isinstance(table, Table)
    return table


_NUMBER = """
WITH next AS (
    INSERT INTO aftersales.counter (coop, last) VALUES (%(coop)s, 1)
    ON CONFLICT (coop) DO UPDATE SET last = counter.last + 1 RETURNING last)
UPDATE aftersales.ticket SET number = next.last, incident = %(incident)s
FROM next WHERE id = %(ticket)s RETURNING number
"""
