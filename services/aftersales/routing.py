"""Which team of the cooperative follows a request."""

from collections.abc import Mapping

from contracts.codes import Priority, Responsible
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of


def team_for(
    element: str, responsible: Responsible, priority: Priority, own: Mapping[str, str] | None = None
) -> str:
    """A code of the group `teams`, or the cooperative's own name for it (`own`: trade to team).

    What presses goes to the trade at once; what is claimed on another party goes to the warranty desk.
    """
    table = load("teams")
    if priority not in (Priority.P0, Priority.P1) and responsible.value in table["responsible"]:
        return str(table["responsible"][responsible.value])
    trade = element_of(element).trade
    return (own or {}).get(trade) or str(table["trades"][trade])
