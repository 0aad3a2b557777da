"""The terms of every legal window: of warranties from `warranty.yaml`, of all others from `windows.yaml`."""

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from contracts.codes import Regime, Responsible, Tenure
from services.aftersales import warranty_terms
from services.aftersales.tables import Row, load


class Terms(Row):
    """When a window opens, how long it stays open, and who owes what."""

    code: str
    regime: Regime | None = None
    tenures: tuple[Tenure, ...] | None = None
    starts: Literal["reception", "keys", "entry", "heating", "list_end", "declared"]
    years: int = 0
    months: int = 0
    calendar_days: int = 0
    list_months: int = 0
    """Of a window counted from the end of the list of visible defects: how long that list is open."""
    until: Literal["reserves_lifted"] | None = None
    not_before_reception: bool = False
    """Of the list of visible defects: it does not end before the works are received."""
    debtor: Responsible
    also: tuple[Responsible, ...] = ()
    """Who owes it beside the debtor."""
    other_than: tuple[Tenure, ...] = ()
    """Tenures that have a row of their own."""
    soon_days: int
    basis: str

    def concerns(self, tenure: Tenure | None) -> bool:
        return (self.tenures is None or tenure in self.tenures) and tenure not in self.other_than


class _OfWarranty(BaseModel):
    """A row of `warranties` in `windows.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    regime: Regime
    of: Literal["warranty", "list", "claim"] = "warranty"
    soon_days: int
    basis: str | None = None


@cache
def window_terms() -> tuple[Terms, ...]:
    """Every row, in force or not."""
    table = load("dwelling_file/windows")
    own = TypeAdapter(tuple[Terms, ...]).validate_python(table["windows"])
    rows = TypeAdapter(tuple[_OfWarranty, ...]).validate_python(table["warranties"])
    return own + tuple(
        _of_warranty(row, terms)
        for row in rows
        for terms in warranty_terms.regime_terms()
        if terms.regime is row.regime
    )


def terms_of(code: str, tenure: Tenure | None) -> Terms:
    """The row of one window for one tenure. Raises KeyError where it has none."""
    for row in window_terms():
        if row.code == code and row.concerns(tenure):
            return row
    raise KeyError(code)


def _of_warranty(row: _OfWarranty, terms: warranty_terms.Terms) -> Terms:
    months = terms.list_months or 0
    return Terms(
        code=row.code,
        regime=row.regime,
        tenures=terms.tenures,
        starts="list_end" if row.of == "claim" else terms.starts,
        years=0 if row.of == "list" else terms.years,
        months=months if row.of == "list" else 0,
        list_months=months if row.of == "claim" else 0,
        not_before_reception=row.of == "list",
        debtor=terms.debtor,
        also=terms.also,
        other_than=terms.other_than,
        soon_days=row.soon_days,
        basis=row.basis or terms.basis,
        source=terms.source,
        verified=terms.verified,
        valid_from=terms.valid_from,
        valid_to=terms.valid_to,
    )
