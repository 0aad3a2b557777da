"""Requests of which nobody can tell for sure who must act, for want of a date that staff are asked for."""

from services.aftersales.model import Ticket
from services.aftersales.warranty import SUPPOSED


def is_undated(ticket: Ticket) -> bool:
    """Whether it is under way and who must act is only supposed."""
    return ticket.ended_at is None and any(reason["key"] in SUPPOSED for reason in ticket.reasons)
