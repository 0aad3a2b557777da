"""The dated table of construction warranties: how long each runs, from what, for which elements."""

from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from contracts.codes import Regime, Responsible, Tenure
from services.aftersales.legal_time import plus_months
from services.aftersales.tables import Row, load


class Terms(Row):
    """One row of `warranty.yaml`."""

    regime: Regime
    starts: Literal["reception", "keys"]
    years: int
    list_months: int | None = None
    debtor: Responsible
    also: tuple[Responsible, ...] = ()
    """Who owes it beside the debtor, each for the whole."""
    part: Literal["private", "any"] = "any"
    elements: Literal["all", "listed"] = "all"
    symptoms: tuple[str, ...] | None = None
    tenures: tuple[Tenure, ...] | None = None
    other_than: tuple[Tenure, ...] = ()
    """Tenures that have a row of their own."""
    basis: str

    def concerns(self, tenure: Tenure | None) -> bool:
        return (self.tenures is None or tenure in self.tenures) and tenure not in self.other_than


class InstallerTerms(BaseModel):
    """What holds for equipment under its installer's contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    debtor: Responsible
    supposed_years: int
    """For how long it is supposed to run where nobody recorded its end."""
    soon_days: int
    basis: str
    source: str
    verified: bool


def covers(terms: Terms, element: str, symptom: str | None, tenure: Tenure | None, is_common: bool) -> bool:
    """Whether a row answers for that symptom of that element, whatever the day."""
    if not terms.concerns(tenure):
        return False
    if terms.part == "private" and is_common:
        return False
    if terms.symptoms is not None and symptom not in terms.symptoms:
        return False
    table = load("warranty")
    if terms.regime is Regime.DECENNALE and symptom in table["minor_symptoms"]:
        return False
    if terms.regime is Regime.DECENNALE and symptom in table["serious_symptoms"]["codes"]:
        return True
    return terms.elements == "all" or element in table[terms.regime.value]


def list_end(keys_on: date, months: int, reception_on: date | None) -> date:
    """Last day of the list of visible defects: the vendor is not released before the later of the réception
    and the end of that month (art. 1642-1). Without a réception date the earlier day is kept."""
    month_ends_on = plus_months(keys_on, months)
    return max(month_ends_on, reception_on or month_ends_on)


@cache
def installer_terms() -> InstallerTerms:
    """The row `installer` of `warranty.yaml`."""
    return InstallerTerms.model_validate(load("warranty")["installer"])


@cache
def regime_terms() -> tuple[Terms, ...]:
    """The rows of `warranty.yaml`, in its order."""
    return TypeAdapter(tuple[Terms, ...]).validate_python(load("warranty")["regimes"])
