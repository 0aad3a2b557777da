"""What a queue shows, as the desk's address says it: filters that can be kept, shared and gone back to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import Query

from services.aftersales.lifecycle import STATES
from services.aftersales.queries import Filters

TABS = ("open", "overdue", "new", "waiting", "mine", "all")
NEW = ("submitted", "reopened")
WAITING = tuple(state for state in STATES if state.startswith("waiting_"))

_Code = Annotated[str, Query(max_length=64)]
_Name = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Asked:
    """The filters of the desk. An empty text asks for nothing."""

    show: Annotated[str, Query(pattern=f"^({'|'.join(TABS)})$")] = "open"
    q: _Name = ""
    team: _Code = ""
    residence: _Name = ""
    staircase: _Code = ""
    dwelling: _Code = ""
    priority: _Code = ""
    trade: _Code = ""
    responsible: _Code = ""
    numbers: Annotated[str, Query(pattern=r"^[0-9,]*$", max_length=2000)] = ""
    """Only the requests of these numbers, as a message names them."""

    def at(self, show: str) -> "Asked":
        return replace(self, show=show)

    def query(self, **more: str) -> str:
        """As the part of an address behind the question mark; what asks for nothing is left out."""
        return urlencode({name: value for name, value in (asdict(self) | more).items() if value})

    def filters(self, person: str, found: Sequence[str] | None = None) -> Filters:
        """For the queue of `person`; `found`: the ids that answer the words, when some are asked for."""
        return Filters(
            state={"new": list(NEW), "waiting": list(WAITING)}.get(self.show),
            team=self.team or None,
            residence=self.residence or None,
            staircase=self.staircase or None,
            dwelling=self.dwelling or None,
            priority=self.priority or None,
            trade=self.trade or None,
            responsible=self.responsible or None,
            overdue=True if self.show == "overdue" else None,
            assignee=person if self.show == "mine" else None,
            is_open=None if self.show == "all" else True,
            only=tuple(found) if found is not None else None,
        )


def from_query(query: str) -> Asked:
    """The filters that a kept address holds; what is unknown in it is left out."""
    known = set(asdict(Asked()))
    values = {
        name: value[: 2000 if name == "numbers" else 200] for name, value in parse_qsl(query) if name in known
    }
    if values.get("show") not in TABS:
        values.pop("show", None)
    return Asked(**values)
