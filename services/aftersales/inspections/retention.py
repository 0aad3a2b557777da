"""Until when the signed document of an erased household is kept, for legal claims alone: the dated rule."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Literal

from pydantic import Field, TypeAdapter

from services.aftersales.legal_time import plus_years
from services.aftersales.tables import Row, in_force, load


class Term(Row):
    """One row of `retention.yaml`."""

    kind: str
    starts: Literal["moved_out", "reception"] = Field(alias="from")
    years: int


def kept_until(
    kind: str,
    held_on: date,
    *,
    today: date,
    moved_out_on: date | None = None,
    reception_on: date | None = None,
    windows_end_on: Iterable[date] = (),
) -> date:
    """The last day, included. Raises KeyError for a kind without a term.

    `windows_end_on`: last days of the legal windows of that home and household.
    """
    rows = [row for row in in_force(_terms(), held_on) if row.kind == kind]
    if not rows:
        raise KeyError(kind)
    term = max(rows, key=lambda row: row.valid_from)
    start = (moved_out_on or today) if term.starts == "moved_out" else (reception_on or held_on)
    return max([plus_years(start, term.years), *windows_end_on])


@cache
def _terms() -> tuple[Term, ...]:
    return tuple(TypeAdapter(list[Term]).validate_python(load("inspections/retention")["terms"]))
